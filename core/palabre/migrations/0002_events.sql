-- Events, their dates, the places where they happen and what became of them.

CREATE TABLE core_venue (
    id uuid PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    name text NOT NULL,
    address text NOT NULL DEFAULT '',
    postal_code text NOT NULL DEFAULT '',
    commune text NOT NULL DEFAULT '',
    country text NOT NULL DEFAULT 'FR',
    latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    url text NOT NULL DEFAULT '',
    accessibility text[] NOT NULL DEFAULT '{}'
        CHECK (accessibility <@ ARRAY['hi', 'vi', 'pi', 'mi', 'ii']),
    -- name, address and commune without accents, case and punctuation: finds the same place again
    match_key text NOT NULL,
    commune_slug text NOT NULL DEFAULT '',
    merged_into_id uuid REFERENCES core_venue ON DELETE SET NULL,
    is_demo boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((latitude IS NULL) = (longitude IS NULL)),
    CHECK (merged_into_id <> id)
);
CREATE INDEX core_venue_match ON core_venue (match_key);
CREATE INDEX core_venue_commune ON core_venue (commune_slug);
CREATE INDEX core_venue_merged ON core_venue (merged_into_id);

CREATE TABLE core_event (
    id uuid PRIMARY KEY,
    uid text NOT NULL UNIQUE CHECK (octet_length(uid) BETWEEN 1 AND 255),
    slug text NOT NULL UNIQUE,
    organisation_id uuid NOT NULL REFERENCES core_organisation ON DELETE RESTRICT,
    parent_id uuid REFERENCES core_event ON DELETE SET NULL,
    publication text NOT NULL DEFAULT 'draft'
        CHECK (publication IN ('draft', 'submitted', 'published', 'refused', 'withdrawn')),
    refusal_reason text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT 'scheduled'
        CHECK (status IN ('scheduled', 'rescheduled', 'moved_online', 'postponed', 'full', 'cancelled')),
    language text NOT NULL DEFAULT 'fr',
    title text NOT NULL CHECK (title <> ''),
    description text NOT NULL DEFAULT '',
    translations jsonb NOT NULL DEFAULT '{}',
    -- a timed event has starts_at (and perhaps ends_at); an all-day one starts_on and ends_on, exclusive
    time_zone text NOT NULL,
    floating boolean NOT NULL DEFAULT false,
    starts_at timestamptz,
    ends_at timestamptz,
    starts_on date,
    ends_on date,
    rrule text NOT NULL DEFAULT '',
    rdates text[] NOT NULL DEFAULT '{}',
    exdates text[] NOT NULL DEFAULT '{}',
    overrides jsonb NOT NULL DEFAULT '[]',
    venue_id uuid REFERENCES core_venue ON DELETE SET NULL,
    online_url text NOT NULL DEFAULT '',
    url text NOT NULL DEFAULT '',
    categories text[] NOT NULL DEFAULT '{}',
    category_slugs text[] NOT NULL DEFAULT '{}',
    audience text NOT NULL DEFAULT 'everyone'
        CHECK (audience IN ('everyone', 'families', 'children', 'young', 'adults', 'professionals')),
    price text NOT NULL DEFAULT 'unknown' CHECK (price IN ('unknown', 'free', 'open', 'paid')),
    price_text text NOT NULL DEFAULT '',
    accessibility text[] NOT NULL DEFAULT '{}'
        CHECK (accessibility <@ ARRAY['hi', 'vi', 'pi', 'mi', 'ii']),
    image_url text NOT NULL DEFAULT '',
    image_alt text NOT NULL DEFAULT '',
    image_credit text NOT NULL DEFAULT '',
    -- version counts saves (optimistic locking); sequence counts visible changes (RFC 5545 3.8.7.4)
    version integer NOT NULL DEFAULT 1,
    sequence integer NOT NULL DEFAULT 0,
    created_by_id uuid REFERENCES core_user ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,
    -- set when a published event leaves: it stays in the feeds, cancelled, as a tombstone
    gone_at timestamptz,
    is_demo boolean NOT NULL DEFAULT false,
    -- first and last instant over all dates; lists and tombstones are cut by them
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    search tsvector NOT NULL DEFAULT '',
    CHECK ((starts_at IS NULL) <> (starts_on IS NULL)),
    CHECK (starts_on IS NULL OR (ends_on > starts_on AND starts_at IS NULL AND ends_at IS NULL)),
    CHECK (starts_on IS NOT NULL OR ends_on IS NULL),
    CHECK (ends_at >= starts_at),
    CHECK (parent_id <> id)
);
CREATE INDEX core_event_organisation ON core_event (organisation_id, publication);
CREATE INDEX core_event_publication ON core_event (publication, first_at);
CREATE INDEX core_event_parent ON core_event (parent_id);
CREATE INDEX core_event_venue ON core_event (venue_id);
CREATE INDEX core_event_created_by ON core_event (created_by_id);
CREATE INDEX core_event_categories ON core_event USING gin (category_slugs);
CREATE INDEX core_event_search ON core_event USING gin (search);

CREATE TABLE core_co_organiser (
    event_id uuid NOT NULL REFERENCES core_event ON DELETE CASCADE,
    organisation_id uuid NOT NULL REFERENCES core_organisation ON DELETE CASCADE,
    PRIMARY KEY (event_id, organisation_id)
);
CREATE INDEX core_co_organiser_organisation ON core_co_organiser (organisation_id);

-- Every single date of every event, expanded on save: what lists, months and searches read.
CREATE TABLE core_occurrence (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL REFERENCES core_event ON DELETE CASCADE,
    -- the start that the series gave this date, as RECURRENCE-ID writes it; '' for a single event
    original text NOT NULL DEFAULT '',
    all_day boolean NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    -- first and last day (inclusive) on the calendar of the event's own zone
    first_day date NOT NULL,
    last_day date NOT NULL,
    cancelled boolean NOT NULL DEFAULT false,
    title text,
    venue_id uuid REFERENCES core_venue ON DELETE SET NULL,
    CHECK (ends_at >= starts_at),
    CHECK (last_day >= first_day),
    UNIQUE (event_id, original)
);
CREATE INDEX core_occurrence_starts ON core_occurrence (starts_at, id);
CREATE INDEX core_occurrence_days ON core_occurrence (first_day, last_day);
CREATE INDEX core_occurrence_venue ON core_occurrence (venue_id);

-- What an event said after each save, whole; the page of its history compares neighbours.
CREATE TABLE core_event_revision (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL REFERENCES core_event ON DELETE CASCADE,
    version integer NOT NULL,
    action text NOT NULL,
    actor_id uuid REFERENCES core_user ON DELETE SET NULL,
    at timestamptz NOT NULL DEFAULT now(),
    content jsonb NOT NULL,
    UNIQUE (event_id, version)
);
CREATE INDEX core_event_revision_actor ON core_event_revision (actor_id);
