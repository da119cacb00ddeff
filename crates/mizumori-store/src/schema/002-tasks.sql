-- What is to be done to accounts in their directories, and what was. Entries are named as their directory names them: what was done
-- stays when they go.
CREATE TABLE task (
    id {id},
    organisation TEXT NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    finding BIGINT NOT NULL REFERENCES finding (id) ON DELETE CASCADE,
    directory BIGINT NOT NULL,
    entry TEXT NOT NULL,
    action TEXT NOT NULL,
    state TEXT NOT NULL,
    created BIGINT NOT NULL,
    due BIGINT NOT NULL,
    -- When somebody let it go ahead.
    released BIGINT,
    attempts BIGINT NOT NULL,
    taken_by TEXT,
    taken_until BIGINT,
    -- When it took its place among those of its day.
    counted BIGINT,
    -- When the audit log first said that it is asked for.
    asked BIGINT,
    done BIGINT,
    -- When the directory was seen to be as it should.
    verified BIGINT,
    detail TEXT
);
-- However many findings an account has, it is acted upon once.
CREATE UNIQUE INDEX task_open ON task (organisation, directory, entry, action) WHERE state IN ('waiting', 'held');
CREATE INDEX task_due ON task (state, due);
CREATE INDEX task_organisation ON task (organisation, id);

-- By which an administrator knows whom nothing is done to.
ALTER TABLE holder ADD COLUMN login TEXT;

-- A step is taken by whoever shares a fate as well: those are found without a look at all others.
CREATE INDEX finding_same_as ON finding (same_as);
