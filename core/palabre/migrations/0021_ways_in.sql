-- Links sent by mail that open something once, for a short time. Here is only the SHA-256 of each.
-- A link asked for an address without an account belongs to nobody and opens nothing: it is kept
-- all the same, so that asking costs the same whether or not there is an account.
CREATE TABLE core_way_in (
    token_hash bytea PRIMARY KEY,
    purpose text NOT NULL CHECK (purpose IN ('reset', 'link', 'registration')),
    user_id uuid REFERENCES core_user ON DELETE CASCADE,
    email text CHECK (email = lower(email)),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    -- only somebody who has no account yet is known by an address
    CHECK (email IS NULL OR (user_id IS NULL AND purpose = 'registration'))
);
CREATE INDEX core_way_in_user ON core_way_in (user_id);
CREATE INDEX core_way_in_expires ON core_way_in (expires_at);
