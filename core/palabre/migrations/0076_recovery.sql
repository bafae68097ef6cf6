-- Keys to the recovery page: a link that opens it once, then the visit that it began.
CREATE TABLE core_recovery (
    key bytea PRIMARY KEY,
    purpose text NOT NULL CHECK (purpose IN ('link', 'visit')),
    expires_at timestamptz NOT NULL
);
