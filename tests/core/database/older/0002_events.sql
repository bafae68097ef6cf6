SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.core_co_organiser (
    event_id uuid NOT NULL,
    organisation_id uuid NOT NULL
);
CREATE TABLE public.core_event (
    id uuid NOT NULL,
    uid text NOT NULL,
    slug text NOT NULL,
    organisation_id uuid NOT NULL,
    parent_id uuid,
    publication text DEFAULT 'draft'::text NOT NULL,
    refusal_reason text DEFAULT ''::text NOT NULL,
    status text DEFAULT 'scheduled'::text NOT NULL,
    language text DEFAULT 'fr'::text NOT NULL,
    title text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    translations jsonb DEFAULT '{}'::jsonb NOT NULL,
    time_zone text NOT NULL,
    floating boolean DEFAULT false NOT NULL,
    starts_at timestamp with time zone,
    ends_at timestamp with time zone,
    starts_on date,
    ends_on date,
    rrule text DEFAULT ''::text NOT NULL,
    rdates text[] DEFAULT '{}'::text[] NOT NULL,
    exdates text[] DEFAULT '{}'::text[] NOT NULL,
    overrides jsonb DEFAULT '[]'::jsonb NOT NULL,
    venue_id uuid,
    online_url text DEFAULT ''::text NOT NULL,
    url text DEFAULT ''::text NOT NULL,
    categories text[] DEFAULT '{}'::text[] NOT NULL,
    category_slugs text[] DEFAULT '{}'::text[] NOT NULL,
    audience text DEFAULT 'everyone'::text NOT NULL,
    price text DEFAULT 'unknown'::text NOT NULL,
    price_text text DEFAULT ''::text NOT NULL,
    accessibility text[] DEFAULT '{}'::text[] NOT NULL,
    image_url text DEFAULT ''::text NOT NULL,
    image_alt text DEFAULT ''::text NOT NULL,
    image_credit text DEFAULT ''::text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    sequence integer DEFAULT 0 NOT NULL,
    created_by_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    published_at timestamp with time zone,
    gone_at timestamp with time zone,
    is_demo boolean DEFAULT false NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    search tsvector DEFAULT ''::tsvector NOT NULL,
    CONSTRAINT core_event_accessibility_check CHECK ((accessibility <@ ARRAY['hi'::text, 'vi'::text, 'pi'::text, 'mi'::text, 'ii'::text])),
    CONSTRAINT core_event_audience_check CHECK ((audience = ANY (ARRAY['everyone'::text, 'families'::text, 'children'::text, 'young'::text, 'adults'::text, 'professionals'::text]))),
    CONSTRAINT core_event_check CHECK (((starts_at IS NULL) <> (starts_on IS NULL))),
    CONSTRAINT core_event_check1 CHECK (((starts_on IS NULL) OR ((ends_on > starts_on) AND (starts_at IS NULL) AND (ends_at IS NULL)))),
    CONSTRAINT core_event_check2 CHECK (((starts_on IS NOT NULL) OR (ends_on IS NULL))),
    CONSTRAINT core_event_check3 CHECK ((ends_at >= starts_at)),
    CONSTRAINT core_event_check4 CHECK ((parent_id <> id)),
    CONSTRAINT core_event_price_check CHECK ((price = ANY (ARRAY['unknown'::text, 'free'::text, 'open'::text, 'paid'::text]))),
    CONSTRAINT core_event_publication_check CHECK ((publication = ANY (ARRAY['draft'::text, 'submitted'::text, 'published'::text, 'refused'::text, 'withdrawn'::text]))),
    CONSTRAINT core_event_status_check CHECK ((status = ANY (ARRAY['scheduled'::text, 'rescheduled'::text, 'moved_online'::text, 'postponed'::text, 'full'::text, 'cancelled'::text]))),
    CONSTRAINT core_event_title_check CHECK ((title <> ''::text)),
    CONSTRAINT core_event_uid_check CHECK (((octet_length(uid) >= 1) AND (octet_length(uid) <= 255)))
);
CREATE TABLE public.core_event_revision (
    id bigint NOT NULL,
    event_id uuid NOT NULL,
    version integer NOT NULL,
    action text NOT NULL,
    actor_id uuid,
    at timestamp with time zone DEFAULT now() NOT NULL,
    content jsonb NOT NULL
);
ALTER TABLE public.core_event_revision ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.core_event_revision_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.core_invitation (
    token_hash bytea NOT NULL,
    email text NOT NULL,
    organisation_id uuid,
    role text,
    site_roles text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT core_invitation_check CHECK (((organisation_id IS NULL) = (role IS NULL))),
    CONSTRAINT core_invitation_email_check CHECK ((email = lower(email))),
    CONSTRAINT core_invitation_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'editor'::text, 'contributor'::text]))),
    CONSTRAINT core_invitation_site_roles_check CHECK ((site_roles <@ ARRAY['administrator'::text, 'moderator'::text]))
);
CREATE TABLE public.core_membership (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    role text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT core_membership_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'editor'::text, 'contributor'::text])))
);
CREATE TABLE public.core_migration (
    package text NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.core_occurrence (
    id bigint NOT NULL,
    event_id uuid NOT NULL,
    original text DEFAULT ''::text NOT NULL,
    all_day boolean NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL,
    cancelled boolean DEFAULT false NOT NULL,
    title text,
    venue_id uuid,
    CONSTRAINT core_occurrence_check CHECK ((ends_at >= starts_at)),
    CONSTRAINT core_occurrence_check1 CHECK ((last_day >= first_day))
);
ALTER TABLE public.core_occurrence ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.core_occurrence_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.core_organisation (
    id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    kind text DEFAULT 'association'::text NOT NULL,
    parent_id uuid,
    description text DEFAULT ''::text NOT NULL,
    commune text DEFAULT ''::text NOT NULL,
    url text DEFAULT ''::text NOT NULL,
    verified_at timestamp with time zone,
    is_demo boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT core_organisation_check CHECK ((parent_id <> id)),
    CONSTRAINT core_organisation_kind_check CHECK ((kind = ANY (ARRAY['association'::text, 'collective'::text, 'authority'::text, 'school'::text, 'venue'::text, 'group'::text, 'company'::text, 'other'::text])))
);
CREATE TABLE public.core_session (
    token_hash bytea NOT NULL,
    user_id uuid NOT NULL,
    csrf_token text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    seen_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE public.core_user (
    id uuid NOT NULL,
    email text NOT NULL,
    display_name text NOT NULL,
    password_hash text,
    language text DEFAULT 'fr'::text NOT NULL,
    site_roles text[] DEFAULT '{}'::text[] NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    is_demo boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_login_at timestamp with time zone,
    CONSTRAINT core_user_email_check CHECK ((email = lower(email))),
    CONSTRAINT core_user_site_roles_check CHECK ((site_roles <@ ARRAY['administrator'::text, 'moderator'::text]))
);
CREATE TABLE public.core_venue (
    id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    address text DEFAULT ''::text NOT NULL,
    postal_code text DEFAULT ''::text NOT NULL,
    commune text DEFAULT ''::text NOT NULL,
    country text DEFAULT 'FR'::text NOT NULL,
    latitude double precision,
    longitude double precision,
    url text DEFAULT ''::text NOT NULL,
    accessibility text[] DEFAULT '{}'::text[] NOT NULL,
    match_key text NOT NULL,
    commune_slug text DEFAULT ''::text NOT NULL,
    merged_into_id uuid,
    is_demo boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT core_venue_accessibility_check CHECK ((accessibility <@ ARRAY['hi'::text, 'vi'::text, 'pi'::text, 'mi'::text, 'ii'::text])),
    CONSTRAINT core_venue_check CHECK (((latitude IS NULL) = (longitude IS NULL))),
    CONSTRAINT core_venue_check1 CHECK ((merged_into_id <> id)),
    CONSTRAINT core_venue_latitude_check CHECK (((latitude >= ('-90'::integer)::double precision) AND (latitude <= (90)::double precision))),
    CONSTRAINT core_venue_longitude_check CHECK (((longitude >= ('-180'::integer)::double precision) AND (longitude <= (180)::double precision)))
);
INSERT INTO public.core_co_organiser VALUES ('00000000-0000-7000-8000-000000000041', '00000000-0000-7000-8000-000000000012');
INSERT INTO public.core_event VALUES ('00000000-0000-7000-8000-000000000041', 'soiree@example.org', 'soiree-contes', '00000000-0000-7000-8000-000000000011', NULL, 'published', '', 'scheduled', 'fr', 'Soirée contes', 'Contes d’ici,
et d’ailleurs.', '{"en": {"title": "Tales", "description": ""}}', 'Europe/Paris', false, '2026-11-14 17:30:00+00', '2026-11-14 19:00:00+00', NULL, NULL, '', '{}', '{}', '[]', '00000000-0000-7000-8000-000000000031', '', '', '{Contes,"Forêt, bois"}', '{contes,foret-bois}', 'families', 'open', '', '{mi}', '', '', '', 1, 0, '00000000-0000-7000-8000-000000000002', '2026-11-23 08:11:00.71257+00', '2026-11-01 09:00:00+00', '2026-11-01 09:00:00+00', NULL, false, '2026-11-14 17:30:00+00', '2026-11-14 19:00:00+00', '');
INSERT INTO public.core_event VALUES ('00000000-0000-7000-8000-000000000042', 'marche@example.org', 'marche-du-mardi', '00000000-0000-7000-8000-000000000012', '00000000-0000-7000-8000-000000000041', 'draft', '', 'scheduled', 'fr', 'Marche du mardi', '', '{}', 'Europe/Paris', false, '2026-11-17 08:00:00+00', NULL, NULL, NULL, 'FREQ=WEEKLY;COUNT=5', '{}', '{20261124T090000}', '[{"original": "20261201T090000", "cancelled": true}]', NULL, '', '', '{}', '{}', 'everyone', 'unknown', '', '{}', '', '', '', 1, 0, NULL, '2026-11-23 08:11:00.71257+00', '2026-11-02 09:00:00+00', NULL, NULL, false, '2026-11-17 08:00:00+00', '2026-12-15 08:00:00+00', '');
INSERT INTO public.core_event VALUES ('00000000-0000-7000-8000-000000000043', 'semaine@example.org', 'semaine-de-la-foret', '00000000-0000-7000-8000-000000000011', NULL, 'withdrawn', '', 'cancelled', 'fr', 'Semaine de la forêt', '', '{}', 'Europe/Paris', false, NULL, NULL, '2026-11-14', '2026-11-21', '', '{}', '{}', '[]', NULL, '', '', '{}', '{}', 'everyone', 'free', '', '{}', '', '', '', 1, 0, NULL, '2026-11-23 08:11:00.71257+00', '2026-11-03 09:00:00+00', '2026-10-01 08:00:00+00', '2026-11-03 09:00:00+00', false, '2026-11-13 23:00:00+00', '2026-11-20 23:00:00+00', '');
INSERT INTO public.core_event_revision OVERRIDING SYSTEM VALUE VALUES (1, '00000000-0000-7000-8000-000000000041', 1, 'created', '00000000-0000-7000-8000-000000000002', '2026-11-23 08:11:00.71257+00', '{"title": "Soirée contes"}');
INSERT INTO public.core_invitation VALUES ('\x02', 'nina@example.org', '00000000-0000-7000-8000-000000000012', 'owner', '{}', '2026-11-23 08:11:00.71257+00', '2026-11-30 23:00:00+00', NULL);
INSERT INTO public.core_invitation VALUES ('\x03', 'moderatrice@example.org', NULL, NULL, '{moderator}', '2026-11-23 08:11:00.71257+00', '2026-11-30 23:00:00+00', NULL);
INSERT INTO public.core_membership VALUES ('00000000-0000-7000-8000-000000000021', '00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000011', 'editor', '2026-11-23 08:11:00.71257+00');
INSERT INTO public.core_membership VALUES ('00000000-0000-7000-8000-000000000022', '00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000012', 'contributor', '2026-11-23 08:11:00.71257+00');
INSERT INTO public.core_migration VALUES ('core', '0001_people', 'e9d822a45bad67e3fc3d2853e4edf1303d822a1702a6e3802d072134599d3401', '2026-11-23 08:11:00.676419+00');
INSERT INTO public.core_migration VALUES ('core', '0002_events', '9e93153ca4aa6c19d1b3b89b53aadcae24e147f15633ab1ed535f2defda3a704', '2026-11-23 08:11:00.688799+00');
INSERT INTO public.core_occurrence OVERRIDING SYSTEM VALUE VALUES (1, '00000000-0000-7000-8000-000000000041', '', false, '2026-11-14 17:30:00+00', '2026-11-14 19:00:00+00', '2026-11-14', '2026-11-14', false, NULL, '00000000-0000-7000-8000-000000000031');
INSERT INTO public.core_occurrence OVERRIDING SYSTEM VALUE VALUES (2, '00000000-0000-7000-8000-000000000042', '20261117T090000', false, '2026-11-17 08:00:00+00', '2026-11-17 08:00:00+00', '2026-11-17', '2026-11-17', false, NULL, NULL);
INSERT INTO public.core_occurrence OVERRIDING SYSTEM VALUE VALUES (3, '00000000-0000-7000-8000-000000000042', '20261201T090000', false, '2026-12-01 08:00:00+00', '2026-12-01 08:00:00+00', '2026-12-01', '2026-12-01', true, NULL, NULL);
INSERT INTO public.core_organisation VALUES ('00000000-0000-7000-8000-000000000011', 'collectif-du-trieves', 'Collectif du Trièves', 'collective', NULL, '', 'Mens', '', '2026-08-31 22:00:00+00', false, '2026-11-23 08:11:00.71257+00');
INSERT INTO public.core_organisation VALUES ('00000000-0000-7000-8000-000000000012', 'ecole-de-mens', 'École de Mens', 'school', '00000000-0000-7000-8000-000000000011', '', 'Mens', '', NULL, false, '2026-11-23 08:11:00.71257+00');
INSERT INTO public.core_session VALUES ('\x01', '00000000-0000-7000-8000-000000000002', 'token', '2026-11-23 08:11:00.71257+00', '2026-11-23 08:11:00.71257+00', '2026-11-30 23:00:00+00');
INSERT INTO public.core_user VALUES ('00000000-0000-7000-8000-000000000001', 'admin@example.org', 'Élise Aubert', '$argon2id$x', 'fr', '{administrator}', true, false, '2026-11-23 08:11:00.71257+00', '2026-10-01 06:00:00+00');
INSERT INTO public.core_user VALUES ('00000000-0000-7000-8000-000000000002', 'leo@example.org', 'Léo', NULL, 'fr', '{}', true, false, '2026-11-23 08:11:00.71257+00', NULL);
INSERT INTO public.core_venue VALUES ('00000000-0000-7000-8000-000000000031', 'halle-de-mens', 'Halle de Mens', '', '', 'Mens', 'FR', 44.8167, 5.7511, '', '{mi,hi}', 'halle de mens', 'mens', NULL, false, '2026-11-23 08:11:00.71257+00');
INSERT INTO public.core_venue VALUES ('00000000-0000-7000-8000-000000000032', 'la-halle', 'La Halle', '', '', 'Mens', 'FR', NULL, NULL, '', '{}', 'la halle', 'mens', '00000000-0000-7000-8000-000000000031', false, '2026-11-23 08:11:00.71257+00');
SELECT pg_catalog.setval('public.core_event_revision_id_seq', 1, true);
SELECT pg_catalog.setval('public.core_occurrence_id_seq', 3, true);
ALTER TABLE ONLY public.core_co_organiser
    ADD CONSTRAINT core_co_organiser_pkey PRIMARY KEY (event_id, organisation_id);
ALTER TABLE ONLY public.core_event
    ADD CONSTRAINT core_event_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.core_event_revision
    ADD CONSTRAINT core_event_revision_event_id_version_key UNIQUE (event_id, version);
ALTER TABLE ONLY public.core_event_revision
    ADD CONSTRAINT core_event_revision_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.core_event
    ADD CONSTRAINT core_event_slug_key UNIQUE (slug);
ALTER TABLE ONLY public.core_event
    ADD CONSTRAINT core_event_uid_key UNIQUE (uid);
ALTER TABLE ONLY public.core_invitation
    ADD CONSTRAINT core_invitation_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.core_membership
    ADD CONSTRAINT core_membership_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.core_membership
    ADD CONSTRAINT core_membership_user_id_organisation_id_key UNIQUE (user_id, organisation_id);
ALTER TABLE ONLY public.core_migration
    ADD CONSTRAINT core_migration_pkey PRIMARY KEY (package, name);
ALTER TABLE ONLY public.core_occurrence
    ADD CONSTRAINT core_occurrence_event_id_original_key UNIQUE (event_id, original);
ALTER TABLE ONLY public.core_occurrence
    ADD CONSTRAINT core_occurrence_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.core_organisation
    ADD CONSTRAINT core_organisation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.core_organisation
    ADD CONSTRAINT core_organisation_slug_key UNIQUE (slug);
ALTER TABLE ONLY public.core_session
    ADD CONSTRAINT core_session_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.core_user
    ADD CONSTRAINT core_user_email_key UNIQUE (email);
ALTER TABLE ONLY public.core_user
    ADD CONSTRAINT core_user_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.core_venue
    ADD CONSTRAINT core_venue_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.core_venue
    ADD CONSTRAINT core_venue_slug_key UNIQUE (slug);
CREATE INDEX core_co_organiser_organisation ON public.core_co_organiser USING btree (organisation_id);
CREATE INDEX core_event_categories ON public.core_event USING gin (category_slugs);
CREATE INDEX core_event_created_by ON public.core_event USING btree (created_by_id);
CREATE INDEX core_event_organisation ON public.core_event USING btree (organisation_id, publication);
CREATE INDEX core_event_parent ON public.core_event USING btree (parent_id);
CREATE INDEX core_event_publication ON public.core_event USING btree (publication, first_at);
CREATE INDEX core_event_revision_actor ON public.core_event_revision USING btree (actor_id);
CREATE INDEX core_event_search ON public.core_event USING gin (search);
CREATE INDEX core_event_venue ON public.core_event USING btree (venue_id);
CREATE INDEX core_invitation_organisation ON public.core_invitation USING btree (organisation_id);
CREATE INDEX core_membership_organisation ON public.core_membership USING btree (organisation_id);
CREATE INDEX core_occurrence_days ON public.core_occurrence USING btree (first_day, last_day);
CREATE INDEX core_occurrence_starts ON public.core_occurrence USING btree (starts_at, id);
CREATE INDEX core_occurrence_venue ON public.core_occurrence USING btree (venue_id);
CREATE INDEX core_organisation_parent ON public.core_organisation USING btree (parent_id);
CREATE INDEX core_session_expires ON public.core_session USING btree (expires_at);
CREATE INDEX core_session_user ON public.core_session USING btree (user_id);
CREATE INDEX core_venue_commune ON public.core_venue USING btree (commune_slug);
CREATE INDEX core_venue_match ON public.core_venue USING btree (match_key);
CREATE INDEX core_venue_merged ON public.core_venue USING btree (merged_into_id);
ALTER TABLE ONLY public.core_co_organiser
    ADD CONSTRAINT core_co_organiser_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.core_event(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.core_co_organiser
    ADD CONSTRAINT core_co_organiser_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES public.core_organisation(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.core_event
    ADD CONSTRAINT core_event_created_by_id_fkey FOREIGN KEY (created_by_id) REFERENCES public.core_user(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.core_event
    ADD CONSTRAINT core_event_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES public.core_organisation(id) ON DELETE RESTRICT;
ALTER TABLE ONLY public.core_event
    ADD CONSTRAINT core_event_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES public.core_event(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.core_event_revision
    ADD CONSTRAINT core_event_revision_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.core_user(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.core_event_revision
    ADD CONSTRAINT core_event_revision_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.core_event(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.core_event
    ADD CONSTRAINT core_event_venue_id_fkey FOREIGN KEY (venue_id) REFERENCES public.core_venue(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.core_invitation
    ADD CONSTRAINT core_invitation_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES public.core_organisation(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.core_membership
    ADD CONSTRAINT core_membership_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES public.core_organisation(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.core_membership
    ADD CONSTRAINT core_membership_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.core_user(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.core_occurrence
    ADD CONSTRAINT core_occurrence_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.core_event(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.core_occurrence
    ADD CONSTRAINT core_occurrence_venue_id_fkey FOREIGN KEY (venue_id) REFERENCES public.core_venue(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.core_organisation
    ADD CONSTRAINT core_organisation_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES public.core_organisation(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.core_session
    ADD CONSTRAINT core_session_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.core_user(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.core_venue
    ADD CONSTRAINT core_venue_merged_into_id_fkey FOREIGN KEY (merged_into_id) REFERENCES public.core_venue(id) ON DELETE SET NULL;
