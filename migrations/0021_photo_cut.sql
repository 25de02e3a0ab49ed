-- +goose Up

-- Which corners of the card are cut off in a photo: closed words with commas between.
-- For the release before, a cropped photo says no more than that.
ALTER TABLE photo ADD COLUMN cut TEXT NOT NULL DEFAULT '';
