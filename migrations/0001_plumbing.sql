-- +goose Up

-- A process's share of the id space (internal/sqldb/ids.go).
CREATE TABLE node (
    number   SMALLINT PRIMARY KEY CHECK (number >= 0 AND number < 1024),
    owner    TEXT     NOT NULL,
    until_ms BIGINT   NOT NULL
);

-- The outbox: work that became true in some transaction and is done outside of it.
CREATE TABLE job (
    id            BIGINT   PRIMARY KEY,
    kind          TEXT     NOT NULL,
    queue         TEXT     NOT NULL,
    args          TEXT     NOT NULL,
    state         TEXT     NOT NULL CHECK (state IN ('ready', 'running', 'dead')),
    priority      SMALLINT NOT NULL,
    run_at_ms     BIGINT   NOT NULL,
    attempts      INTEGER  NOT NULL DEFAULT 0,
    fence         BIGINT   NOT NULL DEFAULT 0,
    lease_until_ms BIGINT  NOT NULL DEFAULT 0,
    last_error    TEXT     NOT NULL DEFAULT '',
    created_ms    BIGINT   NOT NULL,
    once_key      TEXT     UNIQUE
);
CREATE INDEX job_ready ON job (queue, priority, run_at_ms, id) WHERE state = 'ready';
CREATE INDEX job_lease ON job (lease_until_ms) WHERE state = 'running';
CREATE INDEX job_dead ON job (id) WHERE state = 'dead';

-- Whoever is signed in; no row for a visitor (internal/session).
CREATE TABLE session (
    token_hash TEXT   PRIMARY KEY,
    realm      TEXT   NOT NULL,
    subject    BIGINT NOT NULL,
    data       BYTEA  NOT NULL,
    expiry_ms  BIGINT NOT NULL
);
CREATE INDEX session_subject ON session (realm, subject);
CREATE INDEX session_expiry ON session (expiry_ms);

-- What the keyset must be able to open; see internal/seal.
CREATE TABLE canary (
    id     SMALLINT PRIMARY KEY CHECK (id = 1),
    sealed BYTEA    NOT NULL
);
