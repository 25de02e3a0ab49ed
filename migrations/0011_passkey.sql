-- +goose Up

-- A passkey: the public half of a key that a phone, a computer or a password manager
-- keeps for the owner of an account. The key is the credential's id, in base64url, as
-- a browser gives it.
CREATE TABLE passkey (
    credential    TEXT     PRIMARY KEY,
    id            BIGINT   NOT NULL,
    account       BIGINT   NOT NULL REFERENCES account (id),
    public_key    BYTEA    NOT NULL, -- COSE
    aaguid        TEXT     NOT NULL, -- model of the authenticator, in hex; zeroes when it does not tell
    transports    TEXT     NOT NULL, -- separated by spaces
    flags         SMALLINT NOT NULL, -- of the last ceremony: 4 user verified, 8 may be backed up, 16 is backed up
    sign_count    BIGINT   NOT NULL CHECK (sign_count >= 0),
    name_sealed   BYTEA    NOT NULL,
    challenged_ms BIGINT   NOT NULL, -- when the last challenge that it answered was given out: none older is taken
    refused_ms    BIGINT   NOT NULL, -- when a copy of it was noticed; 0: never
    created_ms    BIGINT   NOT NULL,
    used_ms       BIGINT   NOT NULL  -- 0: never
);
CREATE INDEX passkey_account ON passkey (account, id);
