-- Whom an identity provider vouches for, as it names them; one person has one identity at each.
CREATE TABLE core_identity (
    issuer text NOT NULL,
    subject text NOT NULL,
    user_id uuid NOT NULL REFERENCES core_user ON DELETE CASCADE,
    provider text NOT NULL,
    -- the last proof of it, which signing out over there asks for; blank when no session is left
    id_token text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (issuer, subject),
    UNIQUE (user_id, issuer)
);

-- Ways to a provider and back, begun in a browser that holds the token of which this is the hash.
CREATE TABLE core_oidc_journey (
    token_hash bytea PRIMARY KEY,
    provider text NOT NULL,
    following text NOT NULL,
    user_id uuid REFERENCES core_user ON DELETE CASCADE,
    invitation bytea,
    expires_at timestamptz NOT NULL
);
CREATE INDEX core_oidc_journey_user ON core_oidc_journey (user_id);
CREATE INDEX core_oidc_journey_expires ON core_oidc_journey (expires_at);
