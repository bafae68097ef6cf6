-- depends: core/0009_co_organisers
-- Where imported events came from, so that the next import finds each of them again.

CREATE TABLE core_source (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES core_organisation ON DELETE CASCADE,
    -- a web address, the path or name of a file, or the name of a calendar given as text
    location text NOT NULL CHECK (octet_length(location) BETWEEN 1 AND 2000),
    title text NOT NULL DEFAULT '',
    product text NOT NULL DEFAULT '',
    -- what the server said, to ask only for what is newer
    etag text NOT NULL DEFAULT '',
    last_modified text NOT NULL DEFAULT '',
    -- each import takes a number; one that finds another number has been overtaken, and stops
    run integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    imported_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organisation_id, location)
);

-- One VEVENT of a source: its key (UID and RECURRENCE-ID) and which event it went into.
CREATE TABLE core_source_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id uuid NOT NULL REFERENCES core_source ON DELETE CASCADE,
    key text NOT NULL,
    -- null when somebody deleted the event here: the next import does not bring it back
    event_id uuid REFERENCES core_event ON DELETE SET NULL,
    -- whether the event is this VEVENT's own, rather than a series of which it changes one date
    leads boolean NOT NULL,
    fingerprint bytea NOT NULL,
    sequence integer NOT NULL DEFAULT 0,
    modified timestamptz,
    -- since when the source doesn't hold it any more
    missing_since timestamptz,
    UNIQUE (source_id, key)
);
CREATE INDEX core_source_event_key ON core_source_event (key);
CREATE INDEX core_source_event_event ON core_source_event (event_id);

-- What the last import said of an event; a field that differs from it was changed by a person.
CREATE TABLE core_imported_content (
    event_id uuid PRIMARY KEY REFERENCES core_event ON DELETE CASCADE,
    content jsonb NOT NULL
);
