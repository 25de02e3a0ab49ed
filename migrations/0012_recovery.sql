-- +goose Up

-- A code may be for three more things: a new password, getting an account back, and
-- taking a change back. SQLite alters no CHECK, so the table is made anew. It is renamed
-- before it is copied: on PostgreSQL that keeps the other nodes from writing to it until
-- the copy is whole. The columns keep their order, as the release before goes on with it.
DROP INDEX challenge_dest;
DROP INDEX challenge_expires;
DROP INDEX challenge_account;
ALTER TABLE challenge RENAME TO challenge_before;
CREATE TABLE challenge (
    id           BIGINT   PRIMARY KEY,
    purpose      TEXT     NOT NULL CHECK (purpose IN ('prove_email', 'prove_phone', 'sign_in', 'reset', 'recover', 'undo')),
    channel      TEXT     NOT NULL CHECK (channel IN ('email', 'sms')),
    dest_version INTEGER  NOT NULL,
    dest_index   TEXT     NOT NULL,
    dest_sealed  BYTEA    NOT NULL,
    account      BIGINT   NOT NULL, -- 0: nobody's
    browser_hash TEXT     NOT NULL, -- '': asked without a browser
    lang         TEXT     NOT NULL,
    text_key     TEXT     NOT NULL,
    link         TEXT     NOT NULL, -- '': the challenge's own
    key_version  INTEGER  NOT NULL,
    digits       SMALLINT NOT NULL,
    state        TEXT     NOT NULL CHECK (state IN ('open', 'proven', 'void', 'exhausted')),
    guesses      INTEGER  NOT NULL,
    guesses_most INTEGER  NOT NULL,
    created_ms   BIGINT   NOT NULL,
    expires_ms   BIGINT   NOT NULL,
    last_sent_ms BIGINT   NOT NULL, -- 0: the last sending failed
    sends        INTEGER  NOT NULL CHECK (sends >= 0),
    message      BIGINT   NOT NULL,
    asker        BIGINT   NOT NULL DEFAULT 0,
    known        SMALLINT NOT NULL DEFAULT 0,
    CHECK (guesses >= 0 AND guesses <= guesses_most)
);
INSERT INTO challenge (id, purpose, channel, dest_version, dest_index, dest_sealed, account, browser_hash, lang, text_key, link,
        key_version, digits, state, guesses, guesses_most, created_ms, expires_ms, last_sent_ms, sends, message, asker, known)
    SELECT id, purpose, channel, dest_version, dest_index, dest_sealed, account, browser_hash, lang, text_key, link,
        key_version, digits, state, guesses, guesses_most, created_ms, expires_ms, last_sent_ms, sends, message, asker, known
    FROM challenge_before;
DROP TABLE challenge_before;
CREATE INDEX challenge_dest ON challenge (dest_index, expires_ms);
CREATE INDEX challenge_expires ON challenge (expires_ms);
CREATE INDEX challenge_account ON challenge (account);

-- A change of who can open an account, for as long as it can be taken back (account):
-- an address that replaced another, or a recovery by identity data. Times are 0 until
-- they are known.
CREATE TABLE handover (
    id            BIGINT   PRIMARY KEY,
    account       BIGINT   NOT NULL REFERENCES account (id),
    kind          TEXT     NOT NULL CHECK (kind IN ('contact', 'recovery')),
    channel       TEXT     NOT NULL CHECK (channel IN ('email', 'sms')), -- contact: that changed; recovery: that is left
    former_sealed BYTEA,             -- contact: the address before; its claim is kept while this waits
    browser_hash  TEXT     NOT NULL, -- recovery: who may look at it without being signed in
    state         TEXT     NOT NULL CHECK (state IN ('asked', 'waiting', 'granted', 'cancelled', 'over')),
    asked_ms      BIGINT   NOT NULL,
    began_ms      BIGINT   NOT NULL,
    due_ms        BIGINT   NOT NULL,
    ended_ms      BIGINT   NOT NULL,
    told          SMALLINT NOT NULL  -- recovery: reminders sent
);
CREATE INDEX handover_account ON handover (account, id);
CREATE INDEX handover_asked ON handover (asked_ms);
CREATE UNIQUE INDEX handover_recovery ON handover (account) WHERE state = 'waiting' AND kind = 'recovery';
CREATE UNIQUE INDEX handover_contact ON handover (account, channel) WHERE state = 'waiting' AND kind = 'contact';
