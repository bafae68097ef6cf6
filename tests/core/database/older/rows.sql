-- The rows of the older database: one of each kind that a migration could stumble over.

INSERT INTO core_user (id, email, display_name, password_hash, site_roles, last_login_at) VALUES
    ('00000000-0000-7000-8000-000000000001', 'admin@example.org', 'Élise Aubert', '$argon2id$x', '{administrator}', '2026-10-01 08:00+02'),
    ('00000000-0000-7000-8000-000000000002', 'leo@example.org', 'Léo', NULL, '{}', NULL);

INSERT INTO core_organisation (id, slug, name, kind, parent_id, commune, verified_at) VALUES
    ('00000000-0000-7000-8000-000000000011', 'collectif-du-trieves', 'Collectif du Trièves', 'collective', NULL, 'Mens', '2026-09-01 00:00+02'),
    ('00000000-0000-7000-8000-000000000012', 'ecole-de-mens', 'École de Mens', 'school', '00000000-0000-7000-8000-000000000011', 'Mens', NULL);

INSERT INTO core_membership (id, user_id, organisation_id, role) VALUES
    ('00000000-0000-7000-8000-000000000021', '00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000011', 'editor'),
    ('00000000-0000-7000-8000-000000000022', '00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000012', 'contributor');

INSERT INTO core_session (token_hash, user_id, csrf_token, expires_at) VALUES
    ('\x01', '00000000-0000-7000-8000-000000000002', 'token', '2026-12-01 00:00+01');

INSERT INTO core_invitation (token_hash, email, organisation_id, role, site_roles, expires_at) VALUES
    ('\x02', 'nina@example.org', '00000000-0000-7000-8000-000000000012', 'owner', '{}', '2026-12-01 00:00+01'),
    ('\x03', 'moderatrice@example.org', NULL, NULL, '{moderator}', '2026-12-01 00:00+01');

INSERT INTO core_venue (id, slug, name, commune, latitude, longitude, accessibility, match_key, commune_slug, merged_into_id) VALUES
    ('00000000-0000-7000-8000-000000000031', 'halle-de-mens', 'Halle de Mens', 'Mens', 44.8167, 5.7511, '{mi,hi}', 'halle de mens', 'mens', NULL),
    ('00000000-0000-7000-8000-000000000032', 'la-halle', 'La Halle', 'Mens', NULL, NULL, '{}', 'la halle', 'mens', '00000000-0000-7000-8000-000000000031');

INSERT INTO core_event (id, uid, slug, organisation_id, parent_id, publication, status, title, description, translations, time_zone,
                        starts_at, ends_at, starts_on, ends_on, rrule, exdates, overrides, venue_id, categories, category_slugs,
                        audience, price, accessibility, created_by_id, changed_at, published_at, gone_at, first_at, last_at) VALUES
    ('00000000-0000-7000-8000-000000000041', 'soiree@example.org', 'soiree-contes', '00000000-0000-7000-8000-000000000011', NULL, 'published', 'scheduled',
     'Soirée contes', E'Contes d’ici,\net d’ailleurs.', '{"en": {"title": "Tales", "description": ""}}', 'Europe/Paris',
     '2026-11-14 18:30+01', '2026-11-14 20:00+01', NULL, NULL, '', '{}', '[]', '00000000-0000-7000-8000-000000000031', '{Contes,"Forêt, bois"}', '{contes,foret-bois}',
     'families', 'open', '{mi}', '00000000-0000-7000-8000-000000000002', '2026-11-01 10:00+01', '2026-11-01 10:00+01', NULL, '2026-11-14 18:30+01', '2026-11-14 20:00+01'),
    ('00000000-0000-7000-8000-000000000042', 'marche@example.org', 'marche-du-mardi', '00000000-0000-7000-8000-000000000012', '00000000-0000-7000-8000-000000000041', 'draft', 'scheduled',
     'Marche du mardi', '', '{}', 'Europe/Paris',
     '2026-11-17 09:00+01', NULL, NULL, NULL, 'FREQ=WEEKLY;COUNT=5', '{20261124T090000}', '[{"original": "20261201T090000", "cancelled": true}]', NULL, '{}', '{}',
     'everyone', 'unknown', '{}', NULL, '2026-11-02 10:00+01', NULL, NULL, '2026-11-17 09:00+01', '2026-12-15 09:00+01'),
    ('00000000-0000-7000-8000-000000000043', 'semaine@example.org', 'semaine-de-la-foret', '00000000-0000-7000-8000-000000000011', NULL, 'withdrawn', 'cancelled',
     'Semaine de la forêt', '', '{}', 'Europe/Paris',
     NULL, NULL, '2026-11-14', '2026-11-21', '', '{}', '[]', NULL, '{}', '{}',
     'everyone', 'free', '{}', NULL, '2026-11-03 10:00+01', '2026-10-01 10:00+02', '2026-11-03 10:00+01', '2026-11-14 00:00+01', '2026-11-21 00:00+01');

INSERT INTO core_co_organiser (event_id, organisation_id) VALUES
    ('00000000-0000-7000-8000-000000000041', '00000000-0000-7000-8000-000000000012');

INSERT INTO core_occurrence (event_id, original, all_day, starts_at, ends_at, first_day, last_day, cancelled, title, venue_id) VALUES
    ('00000000-0000-7000-8000-000000000041', '', false, '2026-11-14 18:30+01', '2026-11-14 20:00+01', '2026-11-14', '2026-11-14', false, NULL, '00000000-0000-7000-8000-000000000031'),
    ('00000000-0000-7000-8000-000000000042', '20261117T090000', false, '2026-11-17 09:00+01', '2026-11-17 09:00+01', '2026-11-17', '2026-11-17', false, NULL, NULL),
    ('00000000-0000-7000-8000-000000000042', '20261201T090000', false, '2026-12-01 09:00+01', '2026-12-01 09:00+01', '2026-12-01', '2026-12-01', true, NULL, NULL);

INSERT INTO core_event_revision (event_id, version, action, actor_id, content) VALUES
    ('00000000-0000-7000-8000-000000000041', 1, 'created', '00000000-0000-7000-8000-000000000002', '{"title": "Soirée contes"}');
