-- depends: core/0041_import_jobs
-- What plugins' fields say of an event, by plugin and field: {"hebergement": {"beds": 12}}.

ALTER TABLE core_event ADD COLUMN extras jsonb NOT NULL DEFAULT '{}';
