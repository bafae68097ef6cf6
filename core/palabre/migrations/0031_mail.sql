-- Letters on their way: written in the transaction that causes them, sent by a serving process.
CREATE TABLE core_mail (
    id uuid PRIMARY KEY,
    recipient text NOT NULL,
    subject text NOT NULL,
    text_body text NOT NULL,
    html_body text NOT NULL,
    queued_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0,
    last_error text NOT NULL DEFAULT '',
    -- one of the two ends a letter's way: it was handed over, or given up
    sent_at timestamptz,
    failed_at timestamptz,
    CHECK (sent_at IS NULL OR failed_at IS NULL)
);
CREATE INDEX core_mail_due ON core_mail (due_at) WHERE sent_at IS NULL AND failed_at IS NULL;
