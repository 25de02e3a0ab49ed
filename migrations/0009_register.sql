-- +goose Up

-- A budget may have a second, longer window of the same uses (limit), so that an
-- hour and a day of sendings are one row. A budget without one never fills it.
ALTER TABLE limit_use ADD COLUMN long_ends_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE limit_use ADD COLUMN long_used INTEGER NOT NULL DEFAULT 0 CHECK (long_used >= 0);
ALTER TABLE limit_use ADD COLUMN long_most INTEGER NOT NULL DEFAULT 1073741824;
DROP INDEX limit_use_ends;
CREATE INDEX limit_use_ends ON limit_use (long_ends_ms);

-- The table register_token is written no more: which challenge a form stands for is
-- computed from the form's token (account). It stays for one release, as nodes of the
-- one before still use it while they are restarted in turn.
