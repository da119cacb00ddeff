-- Domains that an organisation had shown to be its own and that were taken away: their data keys are destroyed with the others when it ends.
CREATE TABLE domain_left (
    organisation TEXT NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    PRIMARY KEY (organisation, name)
);
