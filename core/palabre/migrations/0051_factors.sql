-- depends: core/0050_session_factors
-- Second factors. An authenticator application's secret is sealed with the installation's key;
-- recovery codes are there as hashes only; a passkey is a public key.

-- A first factor was passed, the second is awaited: this opens nothing but the second step.
CREATE TABLE core_second_step (
    token_hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES core_user ON DELETE CASCADE,
    factors text[] NOT NULL,
    following text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX core_second_step_user ON core_second_step (user_id);
CREATE INDEX core_second_step_expires ON core_second_step (expires_at);

CREATE TABLE core_totp (
    user_id uuid PRIMARY KEY REFERENCES core_user ON DELETE CASCADE,
    secret bytea NOT NULL,
    last_step bigint NOT NULL DEFAULT 0, -- of the last code taken: none serves twice
    created_at timestamptz NOT NULL DEFAULT now(),
    confirmed_at timestamptz
);

CREATE TABLE core_recovery_code (
    code_hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES core_user ON DELETE CASCADE
);
CREATE INDEX core_recovery_code_user ON core_recovery_code (user_id);

CREATE TABLE core_passkey (
    credential_id bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES core_user ON DELETE CASCADE,
    handle uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    transports text[] NOT NULL DEFAULT '{}',
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz
);
CREATE INDEX core_passkey_user ON core_passkey (user_id);

-- What a passkey is asked to sign: once, within minutes.
CREATE TABLE core_challenge (
    challenge bytea PRIMARY KEY,
    purpose text NOT NULL CHECK (purpose IN ('register', 'enter', 'step', 'prove')),
    user_id uuid REFERENCES core_user ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX core_challenge_user ON core_challenge (user_id);
CREATE INDEX core_challenge_expires ON core_challenge (expires_at);
