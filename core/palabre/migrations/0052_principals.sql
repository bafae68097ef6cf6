-- depends: core/0051_factors
-- Sessions of people whom a plugin knows and the core doesn't, such as the pupils of a class. `key` is
-- the plugin's name for one of them; nothing here leads to an account, and no account leads here.
CREATE TABLE core_principal_session (
    token_hash bytea PRIMARY KEY,
    plugin text NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 100),
    csrf_token text NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX core_principal_session_key ON core_principal_session (plugin, key);
CREATE INDEX core_principal_session_expires ON core_principal_session (expires_at);
