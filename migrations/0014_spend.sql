-- +goose Up

-- The codes by SMS that were queued in one stretch of ten minutes, by the beginning of
-- their numbers (notify): the country's code, and of our own country four digits more.
-- Such a beginning is shared by millions and personal to nobody. A process adds what it
-- counted every few seconds; a kill loses seconds of this, never a message.
CREATE TABLE spend_count (
    slot_ms   BIGINT NOT NULL,
    prefix    TEXT   NOT NULL,
    sent      BIGINT NOT NULL, -- a provider took it
    confirmed BIGINT NOT NULL, -- a receipt says that it arrived
    typed     BIGINT NOT NULL, -- the code was typed
    cost      BIGINT NOT NULL, -- rupiah
    PRIMARY KEY (slot_ms, prefix)
);

-- Since when and until when SMS that anybody may ask for are held back, and what that
-- rests on. A prefix is judged by what came after its last hold alone, so a row is kept
-- for a while after its end.
CREATE TABLE spend_hold (
    rule     TEXT   NOT NULL CHECK (rule IN ('spend.prefix', 'spend.hour', 'spend.day')),
    prefix   TEXT   NOT NULL, -- '': all numbers
    began_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    sent     BIGINT NOT NULL,
    typed    BIGINT NOT NULL,
    cost     BIGINT NOT NULL,
    PRIMARY KEY (rule, prefix)
);

-- When this was last looked at: whoever moves this on does it, the others don't.
CREATE TABLE spend_turn (
    id    SMALLINT PRIMARY KEY CHECK (id = 1),
    at_ms BIGINT   NOT NULL
);
INSERT INTO spend_turn (id, at_ms) VALUES (1, 0);
