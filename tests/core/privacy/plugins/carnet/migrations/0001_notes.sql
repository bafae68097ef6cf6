CREATE TABLE carnet_note (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    phone text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
