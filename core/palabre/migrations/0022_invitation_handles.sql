-- An invitation gets a name that the organisation's owners may see, to withdraw it.
ALTER TABLE core_invitation ADD COLUMN handle uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE;
