-- Printed documents, kept by their content: what was laid out once is only read the next time.
-- `source` is there until the PDF is; `subjects` name what the document shows ("event:…"), so that
-- it can be thrown away with it.
CREATE TABLE core_document (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    kind text NOT NULL,
    subjects text[] NOT NULL,
    source bytea,
    pdf bytea,
    pages integer CHECK (pages > 0),
    made_at timestamptz,
    used_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((pdf IS NULL) = (pages IS NULL) AND (pdf IS NULL) = (made_at IS NULL)),
    CHECK (source IS NOT NULL OR pdf IS NOT NULL)
);
ALTER TABLE core_document ALTER COLUMN pdf SET STORAGE EXTERNAL;  -- it is compressed already
CREATE INDEX core_document_subjects ON core_document USING gin (subjects);
CREATE INDEX core_document_used ON core_document (used_at);
