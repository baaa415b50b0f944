-- How sources and the watch are. source_state.next_due is from here on when a source is asked next by its schedule; a source that fails again and
-- again is asked later. entries and newest: how many articles it listed when it was last read, and when the newest was published. wish_s and
-- quiet_hours: how many seconds apart it wants to be asked, and in which hours (UTC, bit 0 is midnight) not at all.
ALTER TABLE source_state ADD COLUMN entries INTEGER;
ALTER TABLE source_state ADD COLUMN newest TEXT;
ALTER TABLE source_state ADD COLUMN wish_s INTEGER;
ALTER TABLE source_state ADD COLUMN quiet_hours INTEGER NOT NULL DEFAULT 0;

-- One row: the watch that runs, or ran last. beat_at is the heartbeat; ended_at is set when it ended in order.
CREATE TABLE watch (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    pid        INTEGER NOT NULL,
    started_at TEXT NOT NULL,
    beat_at    TEXT NOT NULL,
    ended_at   TEXT
) STRICT;
