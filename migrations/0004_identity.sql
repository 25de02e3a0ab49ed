-- +goose Up

-- What a person stated about themselves, as last submitted, and what the civil
-- registry made of it. One row per account. Who the person is stands sealed
-- (purpose identity.<column>, row id = account); what only sorts people into
-- strata and rules stands plain.
CREATE TABLE identity (
    account     BIGINT  PRIMARY KEY REFERENCES account (id),
    -- Made anew by every submission: an answer about an older one is dropped.
    submission  BIGINT  NOT NULL DEFAULT 0,
    state       TEXT    NOT NULL CHECK (state IN ('none', 'parked', 'matched', 'differs', 'deceased',
                    'duplicate', 'inactive', 'not_found', 'in_use')),
    name        BYTEA,
    nik         BYTEA,
    kk          BYTEA,
    birth_place BYTEA,
    birth_date  BYTEA,
    sex         BYTEA,
    regency     TEXT    NOT NULL DEFAULT '',
    district    TEXT    NOT NULL DEFAULT '',
    education   TEXT    NOT NULL DEFAULT '',
    employment  TEXT    NOT NULL DEFAULT '',
    -- Blind index of the NIK; not unique: to state a number claims nothing.
    nik_version INTEGER NOT NULL DEFAULT 0,
    nik_index   TEXT    NOT NULL DEFAULT '',
    -- State differs: the fields, as closed words with commas between.
    differs     TEXT    NOT NULL DEFAULT '',
    -- State parked: why the registry gave no answer the last time; never the person's doing.
    cause       TEXT    NOT NULL DEFAULT '' CHECK (cause IN ('', 'timeout', 'unreachable', 'http_error', 'quota',
                    'login', 'ip', 'request', 'garbage', 'busy', 'circuit_open')),
    unanswered  INTEGER NOT NULL DEFAULT 0,
    submitted_ms BIGINT NOT NULL DEFAULT 0,
    since_ms    BIGINT  NOT NULL DEFAULT 0,
    answered_ms BIGINT  NOT NULL DEFAULT 0,
    next_try_ms BIGINT  NOT NULL DEFAULT 0,
    -- When the NIK became this account's; 0 while it is not.
    claimed_ms  BIGINT  NOT NULL DEFAULT 0
);
CREATE INDEX identity_nik ON identity (nik_index, nik_version);
CREATE INDEX identity_parked ON identity (submitted_ms) WHERE state = 'parked';

-- Whose a NIK is: matched by the registry in every field, by an account with a
-- proven phone. One row per version of the index key. No foreign key: claims may
-- live on another node than the account.
CREATE TABLE nik_claim (
    key_version INTEGER NOT NULL,
    sum         TEXT    NOT NULL,
    account     BIGINT  NOT NULL,
    since_ms    BIGINT  NOT NULL,
    PRIMARY KEY (key_version, sum)
);

-- The person's own timeline. A registry that gives no answer is not an event.
CREATE TABLE identity_event (
    id      BIGINT PRIMARY KEY,
    account BIGINT NOT NULL REFERENCES account (id),
    at_ms   BIGINT NOT NULL,
    kind    TEXT   NOT NULL CHECK (kind IN ('submitted', 'corrected', 'matched', 'differs', 'deceased',
                'duplicate', 'inactive', 'not_found', 'in_use', 'nik_tried'))
);
CREATE INDEX identity_event_account ON identity_event (account, id);
