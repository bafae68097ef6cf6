-- What an event says of its co-organisers is part of its row (and history); core_co_organiser
-- follows from it, for lists that ask the other way round.
ALTER TABLE core_event ADD COLUMN co_organiser_ids uuid[] NOT NULL DEFAULT '{}';
