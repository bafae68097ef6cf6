-- Who sees an event, in one value: everybody (all zeros) once it is published, else the organisation
-- that prepares it. Whoever lists events asks for a few of these values, which an index answers
-- alone: an OR over two columns would read every event instead.
ALTER TABLE core_event ADD COLUMN seen_by uuid NOT NULL GENERATED ALWAYS AS (
    CASE WHEN publication = 'published' THEN '00000000-0000-0000-0000-000000000000'::uuid
         ELSE organisation_id END
) STORED;
CREATE INDEX core_event_seen_by ON core_event (seen_by);
