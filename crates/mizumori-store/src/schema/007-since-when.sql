-- When it was first tried since it last became ready; also when what goes to the same destination was tried in its place.
ALTER TABLE notice ADD COLUMN tried_since BIGINT;
