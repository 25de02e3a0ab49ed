-- +goose Up

-- Several providers for one channel (notify). provider is chosen when a try begins and
-- written before anything is sent; chosen_ms and chosen_try say since when and since
-- which try it may have the message, so that the message stays with it while that is
-- not known. operator is a closed word for where the message goes, a hint for the
-- choice and never personal. typed_ms: when the code was really typed; 0 until then.
ALTER TABLE message ADD COLUMN operator TEXT NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN chosen_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN chosen_try INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN typed_ms BIGINT NOT NULL DEFAULT 0;

-- What became of the codes of one minute, the minute in which they were queued. Codes
-- alone are counted, messages with a fill: of others nobody types anything, so their
-- silence says nothing. A process adds what it counted every few seconds; a kill loses
-- seconds of this, never a message.
CREATE TABLE delivery_count (
    channel        TEXT   NOT NULL,
    operator       TEXT   NOT NULL,
    provider       TEXT   NOT NULL,
    minute_ms      BIGINT NOT NULL,
    sent           BIGINT NOT NULL, -- the provider took it
    confirmed      BIGINT NOT NULL, -- a receipt says that it arrived
    confirmed_soon BIGINT NOT NULL, -- the same within one minute of queuing, by our clock
    typed          BIGINT NOT NULL, -- the code was typed, or the mail's button pressed
    typed_soon     BIGINT NOT NULL,
    arrived_soon   BIGINT NOT NULL, -- confirmed or typed within one minute: once per message
    failed         BIGINT NOT NULL, -- tries that the provider did not take, and failures that it reported; the address's own faults are none
    silent         BIGINT NOT NULL, -- no receipt came in time
    cost           BIGINT NOT NULL, -- rupiah
    PRIMARY KEY (channel, operator, provider, minute_ms)
);
CREATE INDEX delivery_count_minute ON delivery_count (minute_ms);

-- What was learnt of a provider; without a row its configured weight holds.
CREATE TABLE route_weight (
    channel  TEXT    NOT NULL,
    operator TEXT    NOT NULL,
    provider TEXT    NOT NULL,
    weight   INTEGER NOT NULL CHECK (weight > 0),
    since_ms BIGINT  NOT NULL,
    PRIMARY KEY (channel, operator, provider)
);

-- Every change of a weight, and why.
CREATE TABLE route_change (
    id       BIGINT  PRIMARY KEY,
    at_ms    BIGINT  NOT NULL,
    channel  TEXT    NOT NULL,
    operator TEXT    NOT NULL,
    provider TEXT    NOT NULL,
    was      INTEGER NOT NULL,
    becomes  INTEGER NOT NULL,
    reason   TEXT    NOT NULL CHECK (reason IN ('slow', 'recovered', 'configured'))
);

-- When the weights were last looked at: whoever moves this on does it, the others don't.
CREATE TABLE route_turn (
    id    SMALLINT PRIMARY KEY CHECK (id = 1),
    at_ms BIGINT   NOT NULL
);
INSERT INTO route_turn (id, at_ms) VALUES (1, 0);
