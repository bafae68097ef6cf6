-- People, the organisations they act for, and the ways they come in.

CREATE TABLE core_user (
    id uuid PRIMARY KEY,
    email text NOT NULL CHECK (email = lower(email)),
    display_name text NOT NULL,
    password_hash text,
    language text NOT NULL DEFAULT 'fr',
    site_roles text[] NOT NULL DEFAULT '{}'
        CHECK (site_roles <@ ARRAY['administrator', 'moderator']),
    is_active boolean NOT NULL DEFAULT true,
    is_demo boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_login_at timestamptz,
    CONSTRAINT core_user_email_key UNIQUE (email)
);

CREATE TABLE core_organisation (
    id uuid PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    name text NOT NULL,
    kind text NOT NULL DEFAULT 'association'
        CHECK (kind IN ('association', 'collective', 'authority', 'school', 'venue', 'group', 'company', 'other')),
    parent_id uuid REFERENCES core_organisation ON DELETE SET NULL,
    description text NOT NULL DEFAULT '',
    commune text NOT NULL DEFAULT '',
    url text NOT NULL DEFAULT '',
    verified_at timestamptz,
    is_demo boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (parent_id <> id)
);
CREATE INDEX core_organisation_parent ON core_organisation (parent_id);

CREATE TABLE core_membership (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES core_user ON DELETE CASCADE,
    organisation_id uuid NOT NULL REFERENCES core_organisation ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('owner', 'editor', 'contributor')),
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (user_id, organisation_id)
);
CREATE INDEX core_membership_organisation ON core_membership (organisation_id);

-- A session's token lives only in the browser; here is its SHA-256, so a stolen table opens nothing.
CREATE TABLE core_session (
    token_hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES core_user ON DELETE CASCADE,
    csrf_token text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX core_session_user ON core_session (user_id);
CREATE INDEX core_session_expires ON core_session (expires_at);

CREATE TABLE core_invitation (
    token_hash bytea PRIMARY KEY,
    email text NOT NULL CHECK (email = lower(email)),
    organisation_id uuid REFERENCES core_organisation ON DELETE CASCADE,
    role text CHECK (role IN ('owner', 'editor', 'contributor')),
    site_roles text[] NOT NULL DEFAULT '{}'
        CHECK (site_roles <@ ARRAY['administrator', 'moderator']),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CHECK ((organisation_id IS NULL) = (role IS NULL))
);
CREATE INDEX core_invitation_organisation ON core_invitation (organisation_id);
