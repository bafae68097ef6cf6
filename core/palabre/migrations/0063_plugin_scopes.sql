-- How far a plugin reaches: which roles have its own actions, which organisations switched it on.
ALTER TABLE core_plugin
    -- whether organisations may switch it on for themselves, where it is such a plugin
    ADD COLUMN offered boolean NOT NULL DEFAULT true,
    -- what it said when it last loaded: its guards concern only those for which it is on
    ADD COLUMN guards_where_on boolean NOT NULL DEFAULT false;

-- What an administrator decided; an action without a row goes to the roles that the plugin says.
CREATE TABLE core_plugin_permission (
    action text PRIMARY KEY,
    plugin text NOT NULL,
    roles text[] NOT NULL CHECK (roles <@ ARRAY['owner', 'editor', 'contributor', 'moderator'])
);
CREATE INDEX core_plugin_permission_plugin ON core_plugin_permission (plugin);

CREATE TABLE core_plugin_organisation (
    plugin text NOT NULL,
    organisation_id uuid NOT NULL REFERENCES core_organisation ON DELETE CASCADE,
    since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (plugin, organisation_id)
);
CREATE INDEX core_plugin_organisation_organisation ON core_plugin_organisation (organisation_id);
