-- depends: core/0081_event_due
-- Where one may sleep after which event.
CREATE TABLE couchage_stay (
    event_id uuid PRIMARY KEY REFERENCES core_event ON DELETE CASCADE,
    beds integer NOT NULL,
    house text NOT NULL,
    taken integer NOT NULL DEFAULT 0
);
CREATE INDEX couchage_stay_house ON couchage_stay (house);
