-- depends: core/0082_list_filters
-- Where one may sleep after which event.
CREATE TABLE couchage_valley (
    slug text PRIMARY KEY,
    name text NOT NULL
);
INSERT INTO couchage_valley VALUES ('romanche', 'Romanche'), ('ferrand', 'Ferrand');

CREATE TABLE couchage_stay (
    event_id uuid PRIMARY KEY REFERENCES core_event ON DELETE CASCADE,
    beds integer NOT NULL,
    house text NOT NULL,
    taken integer NOT NULL DEFAULT 0,
    valley text REFERENCES couchage_valley
);
CREATE INDEX couchage_stay_house ON couchage_stay (house);
SELECT core_follow_lists('couchage_stay', 'event_id');
