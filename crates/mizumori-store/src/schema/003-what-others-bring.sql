-- Who sent a list.
ALTER TABLE finding_source ADD COLUMN sender TEXT;

-- Of each key with which bundles are signed: the last that was written here, and the last that came here.
CREATE TABLE bundle (
    sender TEXT NOT NULL,
    way TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    -- Of what came: its hash, so that the same is known again.
    digest TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (sender, way)
);
