-- When it was first tried since it last became ready; also when what goes to the same destination was tried in its place.
ALTER TABLE notice ADD COLUMN tried_since BIGINT;

-- Since when an action may have been done, of which nobody has heard.
ALTER TABLE task ADD COLUMN begun BIGINT;
UPDATE task SET begun = asked WHERE state = 'waiting';
