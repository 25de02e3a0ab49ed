-- +goose Up

-- An upload under way. What has arrived is sealed in the object store, in parts; the row
-- says how much of it counts. The form's token makes a repeated beginning the same one.
CREATE TABLE photo_upload (
    id         BIGINT PRIMARY KEY,
    account    BIGINT NOT NULL REFERENCES account (id),
    token      TEXT   NOT NULL,
    size       BIGINT NOT NULL CHECK (size > 0),
    received   BIGINT NOT NULL DEFAULT 0 CHECK (received <= size),
    parts      TEXT   NOT NULL DEFAULT '', -- where each part begins, with commas between
    done       INTEGER NOT NULL DEFAULT 0, -- 1: it is a photo now, of the same id
    created_ms BIGINT NOT NULL,
    UNIQUE (account, token)
);
CREATE INDEX photo_upload_created ON photo_upload (created_ms);

-- A photo of an identity card and what became of it. The picture is sealed in the object
-- store under the id; what was read from it is sealed here (purpose photo.nik_read).
CREATE TABLE photo (
    id         BIGINT PRIMARY KEY,
    account    BIGINT NOT NULL REFERENCES account (id),
    state      TEXT   NOT NULL CHECK (state IN ('checking', 'accepted', 'refused', 'differs', 'review', 'declined', 'replaced', 'lost')),
    verdict    TEXT   NOT NULL DEFAULT '', -- of the check, a closed word
    nik_match  TEXT   NOT NULL DEFAULT '' CHECK (nik_match IN ('', 'same', 'differs', 'unreadable', 'absent')),
    differs_at INTEGER NOT NULL DEFAULT 0, -- the first digit that differs, from 1
    nik_read   BYTEA,
    scores     TEXT   NOT NULL DEFAULT '', -- what the check measured, as JSON
    why        TEXT   NOT NULL DEFAULT '', -- of a review: a closed word
    failures   INTEGER NOT NULL DEFAULT 0, -- refused in a row, this one included
    second     INTEGER NOT NULL DEFAULT 0, -- 1: another look was asked for
    officer    BIGINT NOT NULL DEFAULT 0,  -- who decided last
    reason     TEXT   NOT NULL DEFAULT '', -- of a person's decision: a closed word
    sent_ms    BIGINT NOT NULL,
    since_ms   BIGINT NOT NULL,
    gone_ms    BIGINT NOT NULL DEFAULT 0   -- when the picture was deleted; 0 while it is kept
);
CREATE INDEX photo_account ON photo (account, id);
CREATE INDEX photo_review ON photo (since_ms) WHERE state = 'review';
CREATE INDEX photo_kept ON photo (since_ms) WHERE gone_ms = 0;

-- The person's own timeline.
CREATE TABLE photo_event (
    id      BIGINT PRIMARY KEY,
    account BIGINT NOT NULL REFERENCES account (id),
    at_ms   BIGINT NOT NULL,
    kind    TEXT   NOT NULL
);
CREATE INDEX photo_event_account ON photo_event (account, id);
