-- +goose Up

-- One counter per budget and key; a use is counted and compared in one statement (limit).
CREATE TABLE limit_use (
    name    TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    ends_ms BIGINT  NOT NULL,
    used    INTEGER NOT NULL CHECK (used >= 0),
    most    INTEGER NOT NULL,
    granted INTEGER NOT NULL CHECK (granted >= 0),
    PRIMARY KEY (name, key)
);
CREATE INDEX limit_use_ends ON limit_use (ends_ms);

-- Every message to a person, and where it stands now (notify).
CREATE TABLE message (
    id           BIGINT   PRIMARY KEY,
    channel      TEXT     NOT NULL CHECK (channel IN ('email', 'sms')),
    text_key     TEXT     NOT NULL,
    lang         TEXT     NOT NULL,
    owner        BIGINT   NOT NULL,
    fill_ref     BIGINT   NOT NULL,
    to_sealed    BYTEA    NOT NULL,
    args_sealed  BYTEA    NOT NULL,
    state        TEXT     NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'confirmed', 'failed', 'unconfirmed')),
    reason       TEXT     NOT NULL DEFAULT '' CHECK (reason IN ('', 'no_such_mailbox', 'mailbox_full', 'no_such_number',
                     'operator_failed', 'operator_unreachable', 'rejected', 'blocked', 'expired')),
    provider     TEXT     NOT NULL DEFAULT '',
    provider_ref TEXT     NOT NULL DEFAULT '',
    created_ms   BIGINT   NOT NULL,
    state_ms     BIGINT   NOT NULL,
    attempts     INTEGER  NOT NULL DEFAULT 0,
    priority     SMALLINT NOT NULL,
    CHECK ((state = 'failed') = (reason <> ''))
);
CREATE INDEX message_owner ON message (owner, id);
CREATE INDEX message_provider_ref ON message (provider, provider_ref) WHERE provider_ref <> '';

-- What happened to a message after it was queued, which is its row's created_ms.
CREATE TABLE message_event (
    message BIGINT NOT NULL,
    id      BIGINT NOT NULL,
    at_ms   BIGINT NOT NULL,
    state   TEXT   NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'confirmed', 'failed', 'unconfirmed')),
    reason  TEXT   NOT NULL,
    route   TEXT   NOT NULL,
    detail  TEXT   NOT NULL,
    PRIMARY KEY (message, id)
);
