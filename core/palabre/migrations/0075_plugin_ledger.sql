-- What plugins did wrong and what they cost, for administrators; bounded by palabre.plugins.ledger.

-- One row for each place and way of failing. Messages and traces hold words of the program only.
CREATE TABLE core_plugin_error (
    plugin text NOT NULL,
    fingerprint text NOT NULL,
    place text NOT NULL,
    kind text NOT NULL,
    message text NOT NULL,
    trace text NOT NULL,
    count bigint NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (plugin, fingerprint)
);

-- One row for each hook or page and day, added up over all processes.
CREATE TABLE core_plugin_cost (
    plugin text NOT NULL,
    place text NOT NULL,
    day date NOT NULL,
    calls bigint NOT NULL,
    failures bigint NOT NULL,
    seconds double precision NOT NULL,
    slowest double precision NOT NULL,
    queries bigint NOT NULL,
    most_queries integer NOT NULL,
    query_seconds double precision NOT NULL,
    buckets bigint[] NOT NULL,
    PRIMARY KEY (plugin, place, day)
);
