-- What an organisation's findings are told to beside people. Of secrets the document has the files' names.
CREATE TABLE channel (
    id {id},
    organisation TEXT NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (organisation, name)
);

-- What happened to findings and has not become notices for channels yet; only of organisations that have some.
CREATE TABLE finding_event (
    id {id},
    organisation TEXT NOT NULL,
    finding BIGINT NOT NULL REFERENCES finding (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    what TEXT NOT NULL,
    state TEXT NOT NULL,
    severity BIGINT NOT NULL
);
CREATE INDEX finding_event_finding ON finding_event (organisation, finding, id);
