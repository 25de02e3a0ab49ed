-- +goose Up

-- Why a parked submission is not asked about: '' it is; 'review': too many accounts tried
-- its NIK, and an official looks first. For the release before, it is parked.
ALTER TABLE identity ADD COLUMN held TEXT NOT NULL DEFAULT '' CHECK (held IN ('', 'review'));
-- The change of mode (identity_mode) under which it was accepted unchecked; 0: none. It
-- stays when the registry has judged it after all.
ALTER TABLE identity ADD COLUMN waived BIGINT NOT NULL DEFAULT 0;
-- When the wave that the account is in closes; 0: it is in none.
ALTER TABLE identity ADD COLUMN closes_ms BIGINT NOT NULL DEFAULT 0;
-- The priority of its question; 0: the usual one; -1: there is no question under way.
ALTER TABLE identity ADD COLUMN urgency SMALLINT NOT NULL DEFAULT 0;
CREATE INDEX identity_closes ON identity (closes_ms) WHERE state = 'parked' AND closes_ms > 0;
CREATE INDEX identity_idle ON identity (submitted_ms, account) WHERE state = 'parked' AND urgency < 0;
CREATE INDEX identity_held ON identity (since_ms) WHERE held <> '';

-- Which accounts had the registry asked about a NIK, so that a correction of an old
-- hand is told from a newcomer. No foreign key: the rows may live with the NIK.
CREATE TABLE nik_try (
    key_version INTEGER NOT NULL,
    sum         TEXT    NOT NULL,
    account     BIGINT  NOT NULL,
    tried_ms    BIGINT  NOT NULL,
    PRIMARY KEY (key_version, sum, account)
);
CREATE INDEX nik_try_account ON nik_try (account);

-- How identities are checked; the newest row holds. staff 0: the system.
CREATE TABLE identity_mode (
    id     BIGINT PRIMARY KEY,
    mode   TEXT   NOT NULL CHECK (mode IN ('online', 'park', 'file', 'off')),
    staff  BIGINT NOT NULL,
    reason TEXT   NOT NULL,
    at_ms  BIGINT NOT NULL
);

-- The timeline's younger kinds: SQLite alters no CHECK, and identity_event is long.
CREATE TABLE identity_remark (
    id      BIGINT PRIMARY KEY,
    account BIGINT NOT NULL REFERENCES account (id),
    at_ms   BIGINT NOT NULL,
    kind    TEXT   NOT NULL CHECK (kind IN ('review', 'admitted', 'waived', 'moved', 'given'))
);
CREATE INDEX identity_remark_account ON identity_remark (account, id);

-- The registry's pace, for the page of those who wait: replies that were a verdict, and
-- questions without one, of each minute.
CREATE TABLE registry_minute (
    minute_ms BIGINT PRIMARY KEY,
    answers   BIGINT NOT NULL,
    silent    BIGINT NOT NULL
);
