-- An owner who names another in their place: the invitation says who steps down when it is accepted,
-- and to which role ('' : they leave). It goes when their account does.
ALTER TABLE core_invitation
    ADD COLUMN hands_over_id uuid REFERENCES core_user ON DELETE CASCADE,
    ADD COLUMN keeps text NOT NULL DEFAULT '' CHECK (keeps IN ('', 'editor', 'contributor')),
    ADD CONSTRAINT core_invitation_hands_over_to_an_owner
        CHECK (hands_over_id IS NULL OR role = 'owner');
CREATE INDEX core_invitation_hands_over ON core_invitation (hands_over_id);
