-- +goose Up

-- Who did what to which subject, and why. Rows are added, never changed: the store
-- has no statement for it. Ids, closed words and the official's reason only.
CREATE TABLE audit_entry (
    id           BIGINT PRIMARY KEY,
    at_ms        BIGINT NOT NULL,
    actor_kind   TEXT   NOT NULL CHECK (actor_kind IN ('staff', 'citizen', 'system')),
    actor_id     BIGINT NOT NULL,
    action       TEXT   NOT NULL,
    subject_kind TEXT   NOT NULL CHECK (subject_kind IN ('', 'account', 'wave', 'staff', 'job', 'message')),
    subject_id   BIGINT NOT NULL,
    reason       TEXT   NOT NULL
);
CREATE INDEX audit_entry_subject ON audit_entry (subject_kind, subject_id, id);

-- Officials who work in the console. The e-mail is their sign-in name, not sealed:
-- it is an office address that colleagues see.
CREATE TABLE staff (
    id             BIGINT PRIMARY KEY,
    email          TEXT   NOT NULL UNIQUE,
    name           TEXT   NOT NULL,
    role           TEXT   NOT NULL CHECK (role IN ('operator', 'supervisor', 'agent', 'auditor')),
    password_hash  TEXT   NOT NULL,
    totp_sealed    BYTEA  NOT NULL,
    totp_last_step BIGINT NOT NULL DEFAULT 0,
    created_ms     BIGINT NOT NULL,
    disabled_ms    BIGINT NOT NULL DEFAULT 0
);
