-- +goose Up

-- The signed-in account that asked for a code, so that its challenge is taken up by
-- nobody else in the same browser; 0: nobody was signed in.
ALTER TABLE challenge ADD COLUMN asker BIGINT NOT NULL DEFAULT 0;

-- 1: asked for by a browser that has signed in before. Its sends and guesses are
-- counted apart from those of strangers, who could use the address's up.
ALTER TABLE challenge ADD COLUMN known SMALLINT NOT NULL DEFAULT 0;
