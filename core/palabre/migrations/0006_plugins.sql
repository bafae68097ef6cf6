-- What administrators and the circuit breaker decided about plugins, and what plugins are still owed.

CREATE TABLE core_plugin (
    name text PRIMARY KEY,
    enabled boolean NOT NULL DEFAULT true,
    paused_at timestamptz,
    pause_reason text NOT NULL DEFAULT '',
    -- the guards it had when it last loaded: they stay shut when it can't be loaded any more
    guards text[] NOT NULL DEFAULT '{}',
    changed_at timestamptz NOT NULL DEFAULT now()
);

-- One row for each plugin that a committed change is still to be told to (event_committed).
CREATE TABLE core_outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plugin text NOT NULL,
    change jsonb NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    last_error text NOT NULL DEFAULT ''
);
CREATE INDEX core_outbox_due ON core_outbox (plugin, due_at, id);
