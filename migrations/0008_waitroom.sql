-- +goose Up

-- The one room: the present crowd, or the last one when why is empty. Moved by whoever
-- finds beat as it was read; rates and the front are thousandths (waitroom).
CREATE TABLE waiting_room (
    id          SMALLINT PRIMARY KEY CHECK (id = 1),
    beat        BIGINT   NOT NULL,
    episode     BIGINT   NOT NULL,
    why         TEXT     NOT NULL CHECK (why IN ('', 'opening', 'load')),
    opens_ms    BIGINT   NOT NULL,
    drawn       SMALLINT NOT NULL CHECK (drawn IN (0, 1)),
    early       BIGINT   NOT NULL CHECK (early >= 0),
    front_milli BIGINT   NOT NULL CHECK (front_milli >= 0),
    rate_milli  BIGINT   NOT NULL CHECK (rate_milli >= 0),
    pace_milli  BIGINT   NOT NULL CHECK (pace_milli >= 0),
    cut_ms      BIGINT   NOT NULL,
    quiet_ms    BIGINT   NOT NULL,
    at_ms       BIGINT   NOT NULL,
    CHECK (why <> 'opening' OR opens_ms > 0)
);
INSERT INTO waiting_room (id, beat, episode, why, opens_ms, drawn, early, front_milli, rate_milli, pace_milli, cut_ms, quiet_ms, at_ms)
VALUES (1, 0, 0, '', 0, 0, 0, 0, 0, 0, 0, 0, 0);

-- What each node has counted of its crowd, and its load. seen is the room's beat when
-- the node last wrote: a node that is behind is gone, and its counts stay.
CREATE TABLE waiting_node (
    node      BIGINT PRIMARY KEY,
    episode   BIGINT NOT NULL,
    early     BIGINT NOT NULL,
    late      BIGINT NOT NULL,
    entered   BIGINT NOT NULL,
    commit_ms BIGINT NOT NULL,
    queue_ms  BIGINT NOT NULL,
    seen      BIGINT NOT NULL
);

-- Where the front was, every few seconds: who lapsed, and how many of the called came.
CREATE TABLE waiting_front (
    episode BIGINT NOT NULL,
    beat    BIGINT NOT NULL,
    at_ms   BIGINT NOT NULL,
    front   BIGINT NOT NULL,
    entered BIGINT NOT NULL,
    PRIMARY KEY (episode, beat)
);

-- One row per ticket that became a pass; a copied ticket finds the row of the first.
CREATE TABLE admission (
    ticket   BIGINT  PRIMARY KEY,
    episode  BIGINT  NOT NULL,
    at_ms    BIGINT  NOT NULL,
    until_ms BIGINT  NOT NULL,
    used     INTEGER NOT NULL DEFAULT 0 CHECK (used >= 0)
);
CREATE INDEX admission_until ON admission (until_ms);
