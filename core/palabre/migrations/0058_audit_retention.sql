-- depends: core/0040_audit
-- The journal still only grows, with one exception: what is more than a year old may go, and only
-- for a program that says that this is what it does (palabre.audit.domain.forget_old).
CREATE OR REPLACE FUNCTION core_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('palabre.audit_retention', true) = 'on'
       AND OLD.at < now() - interval '365 days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'core_audit only grows: % refused', TG_OP;
END $$;
