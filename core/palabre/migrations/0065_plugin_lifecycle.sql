-- What the database knows of each plugin beside the decisions: its settings, with the secret ones
-- apart so that an export needs no code to leave them out; the version whose migrations ran here
-- last; and whether its data were purged (its migrations then wait until it is enabled).

ALTER TABLE core_plugin
    ADD COLUMN settings jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN secrets jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN settings_version integer NOT NULL DEFAULT 0,
    ADD COLUMN version text NOT NULL DEFAULT '',
    ADD COLUMN purged_at timestamptz;
