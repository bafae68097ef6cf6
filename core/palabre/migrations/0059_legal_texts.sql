-- depends: core/0001_people
-- Every version of the legal pages; the newest counts. Without a text, the page is the starting one.
CREATE TABLE core_legal_text (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    page text NOT NULL,
    source text,
    author_id uuid REFERENCES core_user ON DELETE SET NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX core_legal_text_page ON core_legal_text (page, id DESC);
CREATE INDEX core_legal_text_author ON core_legal_text (author_id);
