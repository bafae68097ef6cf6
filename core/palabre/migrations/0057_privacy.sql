-- depends: core/0041_import_jobs
-- Erasures that are asked for and not done yet; each goes with its account, and so does its row.
CREATE TABLE core_erasure (
    user_id uuid PRIMARY KEY REFERENCES core_user ON DELETE CASCADE,
    reason text NOT NULL CHECK (reason IN ('own', 'administrator', 'inactivity')),
    asked_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz NOT NULL,
    tried_at timestamptz,
    -- what it failed on last time: 'owner', 'administrator', or names of plugins after 'plugin:'
    obstacles text[] NOT NULL DEFAULT '{}'
);
CREATE INDEX core_erasure_due ON core_erasure (due_at);

-- When each kind of data was last looked through for what has had its time.
CREATE TABLE core_retention (
    name text PRIMARY KEY,
    ran_at timestamptz NOT NULL,
    removed bigint NOT NULL DEFAULT 0,
    failed boolean NOT NULL DEFAULT false
);
