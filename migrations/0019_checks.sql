-- +goose Up

-- Which layers of checking a settled place passed, and which the programme did without:
-- closed words with commas between. '' before settling, and for places of earlier releases.
ALTER TABLE place ADD COLUMN checks TEXT NOT NULL DEFAULT '';
