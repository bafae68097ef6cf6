-- Lists that plugins narrow: the names that addresses may hold, and how feeds hear of changes.

-- The filters that plugins ever had. A calendar subscribed to one must never show all events because
-- the plugin is away: as long as its name is here, such an address says so instead.
CREATE TABLE core_list_filter (
    name text PRIMARY KEY,
    plugin text NOT NULL,
    label text NOT NULL,
    -- when the plugin was purged: the list is closed for good
    closed_at timestamptz
);

-- Let the feeds look again at which of their lists these events belong to.
CREATE FUNCTION core_refresh_lists(touched uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE core_fragment f SET xid = pg_current_xact_id()
    FROM (SELECT event_id FROM core_fragment
          WHERE event_id = ANY(touched) AND in_feeds AND xid <> pg_current_xact_id()
          ORDER BY event_id FOR UPDATE) AS held  -- in one order: two writers can't wait for each other
    WHERE f.event_id = held.event_id;
    IF FOUND THEN
        PERFORM pg_notify('palabre_changes', '');
    END IF;
END $$;

CREATE FUNCTION core_lists_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched uuid[];
    source text := CASE TG_OP
        WHEN 'INSERT' THEN 'SELECT %1$I FROM new_rows'
        WHEN 'DELETE' THEN 'SELECT %1$I FROM old_rows'
        ELSE 'SELECT %1$I FROM old_rows UNION SELECT %1$I FROM new_rows' END;
BEGIN
    EXECUTE format('SELECT array_agg(id) FROM (' || source || ') AS ids (id)', TG_ARGV[0])
        INTO touched;
    PERFORM core_refresh_lists(touched);
    RETURN NULL;
END $$;

-- For a plugin's migration: SELECT core_follow_lists('couchage_stay', 'event_id');
-- From then on, whatever changes in that table reaches the lists and feeds at its commit.
CREATE FUNCTION core_follow_lists(followed regclass, event_column name) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    called text := format(' FOR EACH STATEMENT EXECUTE FUNCTION core_lists_changed(%L)', event_column);
BEGIN
    EXECUTE format('CREATE TRIGGER lists_on_insert AFTER INSERT ON %s', followed)
        || ' REFERENCING NEW TABLE AS new_rows' || called;
    EXECUTE format('CREATE TRIGGER lists_on_update AFTER UPDATE ON %s', followed)
        || ' REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows' || called;
    EXECUTE format('CREATE TRIGGER lists_on_delete AFTER DELETE ON %s', followed)
        || ' REFERENCING OLD TABLE AS old_rows' || called;
END $$;
