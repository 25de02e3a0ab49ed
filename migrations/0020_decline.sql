-- +goose Up

-- An official's "no" to having the registry asked about a newcomer: the submission that it
-- is about, 0: none. The row stays parked and held, which is what the release before makes
-- of it: an official looks, and the registry is not asked.
ALTER TABLE identity ADD COLUMN declined BIGINT NOT NULL DEFAULT 0;
CREATE INDEX identity_desk ON identity (since_ms, account) WHERE held <> '' AND declined <> submission;

-- Which accounts an official declined a NIK for, who it was, and why, as the person reads
-- it. It outlives a correction, so that coming back to the number is no way around the
-- official. second: the one other look was asked for. No foreign key: the rows may live
-- with the NIK.
CREATE TABLE nik_decline (
    key_version INTEGER NOT NULL,
    sum         TEXT    NOT NULL,
    account     BIGINT  NOT NULL,
    officer     BIGINT  NOT NULL,
    reason      TEXT    NOT NULL,
    second      INTEGER NOT NULL DEFAULT 0,
    at_ms       BIGINT  NOT NULL,
    PRIMARY KEY (key_version, sum, account)
);
CREATE INDEX nik_decline_account ON nik_decline (account);

-- What an official handed on to another: the item of the review desk, by its address. It
-- holds for what waited at that time; what comes back later is led to them again.
CREATE TABLE review_pass (
    item   TEXT   NOT NULL,
    staff  BIGINT NOT NULL,
    reason TEXT   NOT NULL,
    at_ms  BIGINT NOT NULL,
    PRIMARY KEY (item, staff)
);
CREATE INDEX review_pass_staff ON review_pass (staff);
CREATE INDEX review_pass_at ON review_pass (at_ms);

-- How many items an official decided on a day of the programme's calendar.
CREATE TABLE review_done (
    staff BIGINT NOT NULL,
    day   TEXT   NOT NULL,
    n     BIGINT NOT NULL,
    PRIMARY KEY (staff, day)
);
