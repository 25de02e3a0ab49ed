-- +goose Up

-- A mail may fail for two more reasons: its domain takes no mail, and its server could
-- not be reached for as long as it was tried. SQLite alters no CHECK, so the table is
-- made anew, as that of codes was: renamed before it is copied, which on PostgreSQL keeps
-- other nodes from writing until the copy is whole, and with its columns in their order,
-- as the release before goes on with it.
DROP INDEX message_owner;
DROP INDEX message_provider_ref;
ALTER TABLE message RENAME TO message_before;
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
    reason       TEXT     NOT NULL DEFAULT '' CHECK (reason IN ('', 'no_such_mailbox', 'no_such_domain', 'mailbox_full', 'server_unreachable',
                     'no_such_number', 'operator_failed', 'operator_unreachable', 'rejected', 'blocked', 'expired')),
    provider     TEXT     NOT NULL DEFAULT '',
    provider_ref TEXT     NOT NULL DEFAULT '',
    created_ms   BIGINT   NOT NULL,
    state_ms     BIGINT   NOT NULL,
    attempts     INTEGER  NOT NULL DEFAULT 0,
    priority     SMALLINT NOT NULL,
    operator     TEXT     NOT NULL DEFAULT '',
    chosen_ms    BIGINT   NOT NULL DEFAULT 0,
    chosen_try   INTEGER  NOT NULL DEFAULT 0,
    typed_ms     BIGINT   NOT NULL DEFAULT 0,
    CHECK ((state = 'failed') = (reason <> ''))
);
INSERT INTO message (id, channel, text_key, lang, owner, fill_ref, to_sealed, args_sealed, state, reason, provider, provider_ref,
        created_ms, state_ms, attempts, priority, operator, chosen_ms, chosen_try, typed_ms)
    SELECT id, channel, text_key, lang, owner, fill_ref, to_sealed, args_sealed, state, reason, provider, provider_ref,
        created_ms, state_ms, attempts, priority, operator, chosen_ms, chosen_try, typed_ms
    FROM message_before;
DROP TABLE message_before;
CREATE INDEX message_owner ON message (owner, id);
CREATE INDEX message_provider_ref ON message (provider, provider_ref) WHERE provider_ref <> '';

-- The message that a handover's time waits for (account): it begins to run when that one
-- has provably arrived, or at the latest start, and due_ms is for the latest. 0: the time
-- runs from began_ms, or what it runs from is known and is in due_ms.
ALTER TABLE handover ADD COLUMN notice BIGINT NOT NULL DEFAULT 0;

-- Who was reminded of a wave, once: written with the messages (application).
CREATE TABLE reminder (
    wave    BIGINT NOT NULL,
    account BIGINT NOT NULL,
    at_ms   BIGINT NOT NULL,
    PRIMARY KEY (wave, account)
);
CREATE INDEX reminder_account ON reminder (account);

-- When the one reminder went to an address that nobody has proven; 0: not yet (account).
ALTER TABLE account ADD COLUMN reminded_ms BIGINT NOT NULL DEFAULT 0;
