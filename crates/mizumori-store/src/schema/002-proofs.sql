-- What the last look for a proof found: there, missing or unasked; and since when there is a clear no.
ALTER TABLE domain ADD COLUMN found TEXT;
ALTER TABLE domain ADD COLUMN missing_since BIGINT;

-- The code that was mailed to a role address of a domain last. Of the code its hash is kept.
CREATE TABLE domain_code (
    organisation TEXT NOT NULL,
    domain TEXT NOT NULL,
    role TEXT NOT NULL,
    hash {bytes} NOT NULL,
    sent BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    PRIMARY KEY (organisation, domain),
    FOREIGN KEY (organisation, domain) REFERENCES domain (organisation, name) ON DELETE CASCADE
);
