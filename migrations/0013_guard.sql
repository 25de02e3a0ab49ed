-- +goose Up

-- How many codes were typed right and wrong in one minute, over the whole programme
-- (otp): what a rise of wrong ones is found by. A process adds what it counted every few
-- seconds; a kill loses seconds of this, never a guess, which is counted elsewhere.
CREATE TABLE guess_count (
    minute_ms BIGINT PRIMARY KEY,
    correct   BIGINT NOT NULL,
    wrong     BIGINT NOT NULL
);

-- The last verdict on a rise, with the figures that it rests on. looked_ms is when it
-- was last asked: whoever moves it on does it, the others don't. until_ms: how long
-- unknown browsers are asked for a second proof at least; 0: there was no rise yet.
CREATE TABLE guess_rise (
    id        SMALLINT PRIMARY KEY CHECK (id = 1),
    looked_ms BIGINT   NOT NULL,
    since_ms  BIGINT   NOT NULL,
    until_ms  BIGINT   NOT NULL,
    wrong     BIGINT   NOT NULL,
    guesses   BIGINT   NOT NULL,
    usual     INTEGER  NOT NULL -- wrong ones in a hundred, as is usual
);
INSERT INTO guess_rise (id, looked_ms, since_ms, until_ms, wrong, guesses, usual) VALUES (1, 0, 0, 0, 0, 0, 0);

-- The class of limits that a challenge was issued under; '': the programme's own.
ALTER TABLE challenge ADD COLUMN class TEXT NOT NULL DEFAULT '';

-- A right code that did not sign in alone: this browser, which the account did not know,
-- proved one channel while wrong codes were rising, and gives another proof next.
CREATE TABLE first_proof (
    account      BIGINT NOT NULL REFERENCES account (id),
    browser_hash TEXT   NOT NULL,
    channel      TEXT   NOT NULL CHECK (channel IN ('email', 'sms')),
    purpose      TEXT   NOT NULL,
    at_ms        BIGINT NOT NULL,
    PRIMARY KEY (account, browser_hash, channel)
);
CREATE INDEX first_proof_browser ON first_proof (browser_hash, at_ms);
