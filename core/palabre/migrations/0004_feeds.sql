-- depends: core/0002_events
-- What subscribers read: each event's part of the feeds, ready to send.

CREATE TABLE core_fragment (
    -- no foreign key: the row outlives a deleted event, so that every process hears of its going
    event_id uuid PRIMARY KEY,
    in_feeds boolean NOT NULL DEFAULT true,
    ics bytea NOT NULL,
    json bytea NOT NULL,
    -- the time zones named in ics, and the years over which they must be right
    zones text[] NOT NULL DEFAULT '{}',
    first_year integer NOT NULL,
    last_year integer NOT NULL,
    last_modified timestamptz NOT NULL,
    sequence integer NOT NULL,
    -- the version of the code that made it; another one makes it anew
    renderer integer NOT NULL,
    -- the transaction that wrote it: whoever knows which transactions were still open when they
    -- last looked can ask for all later changes, in whatever order those were committed
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CHECK (last_year >= first_year)
);
CREATE INDEX core_fragment_xid ON core_fragment (xid);
CREATE INDEX core_fragment_renderer ON core_fragment (renderer) WHERE in_feeds;

-- An event can also be deleted by a cascade, a plugin or a hand at the console.
CREATE FUNCTION core_fragment_forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE core_fragment f
    SET in_feeds = false, ics = '', json = '', xid = pg_current_xact_id(),
        last_modified = greatest(date_trunc('second', now()), f.last_modified + interval '1 second')
    WHERE f.in_feeds AND NOT EXISTS (SELECT 1 FROM core_event e WHERE e.id = f.event_id)
      AND f.event_id IN (SELECT id FROM forgotten);
    IF FOUND THEN
        PERFORM pg_notify('palabre_changes', '');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER core_event_deleted AFTER DELETE ON core_event
    REFERENCING OLD TABLE AS forgotten
    FOR EACH STATEMENT EXECUTE FUNCTION core_fragment_forget();
