-- A link may confirm another address for an account: it belongs to the account and to the address.
ALTER TABLE core_way_in
    DROP CONSTRAINT core_way_in_purpose_check,
    DROP CONSTRAINT core_way_in_check,
    ADD CONSTRAINT core_way_in_purpose_check
        CHECK (purpose IN ('reset', 'link', 'registration', 'address')),
    ADD CONSTRAINT core_way_in_check CHECK (
        email IS NULL
        OR (purpose = 'registration' AND user_id IS NULL)
        OR (purpose = 'address' AND user_id IS NOT NULL)
    );
