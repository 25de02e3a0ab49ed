-- +goose Up

-- A code that was asked for: what it proves, to whom it went, how many tries are
-- left (otp). The code itself is nowhere: it is computed from the row and a key.
CREATE TABLE challenge (
    id           BIGINT   PRIMARY KEY,
    purpose      TEXT     NOT NULL CHECK (purpose IN ('prove_email', 'prove_phone', 'sign_in')),
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
    CHECK (guesses >= 0 AND guesses <= guesses_most)
);
CREATE INDEX challenge_dest ON challenge (dest_index, expires_ms);
CREATE INDEX challenge_expires ON challenge (expires_ms);
CREATE INDEX challenge_account ON challenge (account);

-- A person's account. It has at most one e-mail and one phone; unproven ones
-- hold no credential and nothing of a person but the sealed address.
CREATE TABLE account (
    id              BIGINT PRIMARY KEY,
    state           TEXT   NOT NULL CHECK (state IN ('unproven', 'active')),
    lang            TEXT   NOT NULL,
    consent_version TEXT   NOT NULL,
    consent_ms      BIGINT NOT NULL,
    created_ms      BIGINT NOT NULL,
    email_sealed    BYTEA,
    email_proven_ms BIGINT NOT NULL, -- 0: not proven
    phone_sealed    BYTEA,
    phone_proven_ms BIGINT NOT NULL
);
CREATE INDEX account_unproven ON account (created_ms) WHERE state = 'unproven';

-- Whose e-mail this is. The key is the blind index of the normalised address under
-- one key version. An unproven claim (proven_ms = 0) goes to the first who proves it.
CREATE TABLE email_claim (
    key_version INTEGER NOT NULL,
    sum         TEXT    NOT NULL,
    account     BIGINT  NOT NULL,
    proven_ms   BIGINT  NOT NULL,
    PRIMARY KEY (key_version, sum)
);

-- Whose phone this is; written at proof only.
CREATE TABLE phone_claim (
    key_version INTEGER NOT NULL,
    sum         TEXT    NOT NULL,
    account     BIGINT  NOT NULL,
    proven_ms   BIGINT  NOT NULL,
    PRIMARY KEY (key_version, sum)
);

-- A form that was sent: sending it again gives the same challenge.
CREATE TABLE register_token (
    token_hash TEXT   PRIMARY KEY,
    challenge  BIGINT NOT NULL,
    until_ms   BIGINT NOT NULL
);
CREATE INDEX register_token_until ON register_token (until_ms);

-- Passwords are set after a proof and hashed with argon2id (PHC string).
CREATE TABLE password (
    account    BIGINT PRIMARY KEY REFERENCES account (id),
    hash       TEXT   NOT NULL,
    changed_ms BIGINT NOT NULL
);

-- Browsers that have signed in: they have a budget of tries that strangers cannot use up.
CREATE TABLE known_browser (
    account      BIGINT NOT NULL REFERENCES account (id),
    browser_hash TEXT   NOT NULL,
    seen_ms      BIGINT NOT NULL,
    PRIMARY KEY (account, browser_hash)
);

-- What happened to an account, as its owner reads it: catalog keys.
CREATE TABLE account_event (
    id      BIGINT PRIMARY KEY,
    account BIGINT NOT NULL REFERENCES account (id),
    at_ms   BIGINT NOT NULL,
    key     TEXT   NOT NULL
);
CREATE INDEX account_event_account ON account_event (account, id);
