-- When it was first tried since it last became ready; also when what goes to the same destination was tried in its place.
ALTER TABLE notice ADD COLUMN tried_since BIGINT;

-- Since when an action may have been done, of which nobody has heard.
ALTER TABLE task ADD COLUMN begun BIGINT;
UPDATE task SET begun = asked WHERE state = 'waiting';

-- Findings that nobody was told of yet, because the rules of their organisation made no sense when they came.
CREATE TABLE finding_unjudged (
    finding BIGINT PRIMARY KEY REFERENCES finding (id) ON DELETE CASCADE,
    organisation TEXT NOT NULL
);
