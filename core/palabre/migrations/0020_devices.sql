-- A session gets a name that its owner's page may show, and a few words on the device it is on.
ALTER TABLE core_session
    ADD COLUMN handle uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    ADD COLUMN device text NOT NULL DEFAULT '';
