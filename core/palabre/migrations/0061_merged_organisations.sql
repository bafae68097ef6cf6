-- An organisation that was the same as another one stays as a pointer to it: its address leads
-- there for ever, and what others remember of it (history, journal, plugins' tables) keeps its hold.
ALTER TABLE core_organisation
    ADD COLUMN merged_into_id uuid REFERENCES core_organisation ON DELETE SET NULL,
    ADD CONSTRAINT core_organisation_not_into_itself CHECK (merged_into_id <> id);
CREATE INDEX core_organisation_merged ON core_organisation (merged_into_id);
