-- depends: core/0010_sources
-- An import by the web: first tried, then confirmed; its bytes are kept only until it is done.

CREATE TABLE core_import_job (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES core_organisation ON DELETE CASCADE,
    user_id uuid REFERENCES core_user ON DELETE CASCADE,
    location text NOT NULL DEFAULT '',
    -- set until an address was fetched
    address text NOT NULL DEFAULT '',
    data bytea,
    etag text NOT NULL DEFAULT '',
    last_modified text NOT NULL DEFAULT '',
    repair boolean NOT NULL DEFAULT false,
    state text NOT NULL DEFAULT 'trying'
        CHECK (state IN ('trying', 'tried', 'importing', 'done', 'refused', 'failed')),
    done integer NOT NULL DEFAULT 0,
    total integer NOT NULL DEFAULT 0,
    report jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- moves on while somebody works on it: an old one was interrupted
    touched_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX core_import_job_organisation ON core_import_job (organisation_id);
CREATE INDEX core_import_job_user ON core_import_job (user_id);
CREATE INDEX core_import_job_created ON core_import_job (created_at);
