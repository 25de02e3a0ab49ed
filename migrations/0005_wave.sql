-- +goose Up

-- A wave: dates, places, and what was fixed when it opened (wave). It knows no person.
CREATE TABLE wave (
    id             BIGINT   PRIMARY KEY,
    name           TEXT     NOT NULL UNIQUE,
    title          TEXT     NOT NULL,
    state          TEXT     NOT NULL CHECK (state IN ('scheduled', 'open', 'settling', 'frozen', 'drawn', 'released', 'void')),
    opens_ms       BIGINT   NOT NULL,
    closes_ms      BIGINT   NOT NULL CHECK (closes_ms > opens_ms),
    settled_by_ms  BIGINT   NOT NULL CHECK (settled_by_ms >= closes_ms),
    freeze_by_ms   BIGINT   NOT NULL CHECK (freeze_by_ms >= settled_by_ms),
    announce_ms    BIGINT   NOT NULL,
    terms          TEXT     NOT NULL,
    rules          TEXT     NOT NULL,
    chain          TEXT     NOT NULL,
    round          BIGINT   NOT NULL,
    round_at_ms    BIGINT   NOT NULL,
    round_fixed_ms BIGINT   NOT NULL,
    round_why      TEXT     NOT NULL CHECK (round_why IN ('', 'opening', 'moved_demo')),
    void_reason    TEXT     NOT NULL CHECK (void_reason IN ('', 'late_freeze', 'reveal_missing', 'missed')),
    CHECK ((state = 'void') = (void_reason <> '')),
    CHECK (state IN ('scheduled', 'void') OR round > 0)
);

-- What a person declares; one answer per statement of the programme (application).
CREATE TABLE statements (
    account BIGINT NOT NULL PRIMARY KEY,
    answers TEXT   NOT NULL,
    at_ms   BIGINT NOT NULL
);

-- Every receipt ever issued, with what became of it (application). A person has
-- one live place in a wave at most; receipts taken back stay.
CREATE TABLE place (
    id             BIGINT   PRIMARY KEY,
    wave           BIGINT   NOT NULL,
    account        BIGINT   NOT NULL,
    state          TEXT     NOT NULL CHECK (state IN ('joined', 'withdrawn', 'carried', 'refused')),
    reason         TEXT     NOT NULL,
    stratum        TEXT     NOT NULL,
    joined_ms      BIGINT   NOT NULL,
    settled_ms     BIGINT   NOT NULL,
    carried_from   BIGINT   NOT NULL,
    token          TEXT     NOT NULL,
    receipt        BYTEA    NOT NULL,
    commitment     TEXT     NOT NULL,
    household      TEXT     NOT NULL,
    household_left INTEGER  NOT NULL,
    kk_version     INTEGER  NOT NULL,
    kk_sum         TEXT     NOT NULL,
    age            SMALLINT NOT NULL,
    sex            TEXT     NOT NULL
);
CREATE UNIQUE INDEX place_live ON place (wave, account) WHERE state = 'joined';
CREATE INDEX place_wave ON place (wave, id);
CREATE INDEX place_account ON place (account, id);

-- One place per wave and NIK: taken when the registry matched, under every key version.
CREATE TABLE place_claim (
    wave        BIGINT  NOT NULL,
    key_version INTEGER NOT NULL,
    sum         TEXT    NOT NULL,
    place       BIGINT  NOT NULL,
    PRIMARY KEY (wave, key_version, sum)
);
CREATE INDEX place_claim_place ON place_claim (place);

-- Who was selected in a released wave, by blind index: a person receives once.
CREATE TABLE recipient (
    key_version INTEGER NOT NULL,
    sum         TEXT    NOT NULL,
    wave        BIGINT  NOT NULL,
    PRIMARY KEY (key_version, sum)
);

-- The family card of each recipient, one row per place taken: the cap counts over all waves.
CREATE TABLE recipient_household (
    key_version INTEGER NOT NULL,
    sum         TEXT    NOT NULL,
    place       BIGINT  NOT NULL,
    PRIMARY KEY (key_version, sum, place)
);

-- The draw of a wave: the frozen list's head, where the randomness came from, the outcome (draw).
CREATE TABLE draw (
    wave        BIGINT  PRIMARY KEY,
    header      TEXT    NOT NULL,
    root        TEXT    NOT NULL,
    checkpoint  TEXT    NOT NULL,
    listed      BIGINT  NOT NULL,
    taking_part BIGINT  NOT NULL,
    frozen_ms   BIGINT  NOT NULL,
    source      TEXT    NOT NULL CHECK (source IN ('', 'beacon', 'officials', 'void')),
    source_json TEXT    NOT NULL,
    source_ms   BIGINT  NOT NULL,
    ranked      BIGINT  NOT NULL,
    cutoffs     TEXT    NOT NULL,
    gate        TEXT    NOT NULL,
    ran_ms      BIGINT  NOT NULL,
    inquiry     TEXT    NOT NULL,
    inquired_by BIGINT  NOT NULL,
    inquired_ms BIGINT  NOT NULL,
    released_ms BIGINT  NOT NULL
);

-- The values that two officials fixed before the freeze, for a beacon round that stays missing.
CREATE TABLE draw_official (
    wave       BIGINT   NOT NULL,
    official   SMALLINT NOT NULL CHECK (official IN (1, 2)),
    commitment TEXT     NOT NULL,
    value      TEXT     NOT NULL,
    staff      BIGINT   NOT NULL,
    at_ms      BIGINT   NOT NULL,
    PRIMARY KEY (wave, official),
    UNIQUE (wave, commitment)
);

-- The frozen list: commitments only, so that erasing a person never changes it.
CREATE TABLE draw_entry (
    wave       BIGINT NOT NULL,
    commitment TEXT   NOT NULL,
    household  TEXT   NOT NULL,
    stratum    TEXT   NOT NULL,
    state      TEXT   NOT NULL CHECK (state IN ('in', 'withdrawn', 'refused', 'carried')),
    place      BIGINT NOT NULL,
    PRIMARY KEY (wave, commitment)
);

CREATE TABLE draw_household (
    wave BIGINT  NOT NULL,
    tag  TEXT    NOT NULL,
    left_places INTEGER NOT NULL CHECK (left_places >= 0),
    PRIMARY KEY (wave, tag)
);

-- Rank and outcome of each entry that took part.
CREATE TABLE draw_result (
    wave       BIGINT  NOT NULL,
    stratum    TEXT    NOT NULL,
    rank       INTEGER NOT NULL CHECK (rank > 0),
    commitment TEXT    NOT NULL,
    place      BIGINT  NOT NULL UNIQUE,
    outcome    TEXT    NOT NULL CHECK (outcome IN ('selected', 'reserve', 'household_full', 'not_selected')),
    PRIMARY KEY (wave, stratum, rank)
);

-- Staff who looked at the outcome and agreed to its release, each once.
CREATE TABLE draw_approval (
    wave  BIGINT NOT NULL,
    staff BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (wave, staff)
);

-- How far the announcement of a wave has come, and who was told (announce).
CREATE TABLE announcement (
    wave        BIGINT PRIMARY KEY,
    told        BIGINT NOT NULL,
    started_ms  BIGINT NOT NULL,
    finished_ms BIGINT NOT NULL
);
CREATE TABLE announced (
    wave    BIGINT NOT NULL,
    account BIGINT NOT NULL,
    at_ms   BIGINT NOT NULL,
    PRIMARY KEY (wave, account)
);
