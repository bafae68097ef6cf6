-- Who did what to what: a list that only grows. Each entry carries the hash of the one before, so
-- that a byte changed anywhere shows; the trigger refuses changes even to the program itself.

CREATE TABLE core_audit (
    id bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    kind text NOT NULL,
    object text NOT NULL,
    facts text NOT NULL,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32)
);
CREATE INDEX core_audit_object ON core_audit (kind, object, id);
CREATE INDEX core_audit_actor ON core_audit (actor, id);

CREATE FUNCTION core_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'core_audit only grows: % refused', TG_OP;
END $$;

CREATE TRIGGER core_audit_append_only BEFORE UPDATE OR DELETE ON core_audit
    FOR EACH ROW EXECUTE FUNCTION core_audit_is_append_only();
CREATE TRIGGER core_audit_no_truncate BEFORE TRUNCATE ON core_audit
    FOR EACH STATEMENT EXECUTE FUNCTION core_audit_is_append_only();
