-- What plugins are still to be asked about events: their part of a save, or of a feed, failed or
-- they were paused; or they were enabled or disabled since.

CREATE TABLE core_event_due (
    plugin text NOT NULL,
    -- deferred: what fails inside a first save is written down before the event is
    event_id uuid NOT NULL REFERENCES core_event ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (plugin, event_id)
);
CREATE INDEX core_event_due_at ON core_event_due (due_at);
CREATE INDEX core_event_due_event ON core_event_due (event_id);
