-- depends: core/0041_import_jobs
-- A session knows which factors were passed to open it, and when its person last proved who they
-- are: what changes the ways in asks for a fresh proof.
ALTER TABLE core_session
    ADD COLUMN factors text[] NOT NULL DEFAULT '{}',
    ADD COLUMN proved_at timestamptz NOT NULL DEFAULT now();
UPDATE core_session SET proved_at = created_at;
