-- How often somebody tried something lately; shared by all processes, lost in a crash, no harm.
-- The key is a hash: neither addresses nor accounts are kept here.
CREATE UNLOGGED TABLE core_rate_limit (
    key bytea PRIMARY KEY,
    since timestamptz NOT NULL,
    count integer NOT NULL
);
CREATE INDEX core_rate_limit_since ON core_rate_limit (since);
