-- Work that is done later or at its hour, beside the answers; see palabre.jobs.
CREATE TABLE core_job (
    -- unguessable: whoever knows it may read how far the job is
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    number bigint GENERATED ALWAYS AS IDENTITY,
    -- "core", or the plugin whose job it is
    owner text NOT NULL,
    -- the owner's name, a point and the function's: festival.remind
    name text NOT NULL,
    arguments jsonb NOT NULL,
    language text NOT NULL DEFAULT 'fr',
    state text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
    due_at timestamptz NOT NULL DEFAULT now(),
    unique_key text,
    lock_key text,
    leads_to text NOT NULL DEFAULT '',
    attempts integer NOT NULL DEFAULT 0,
    -- the attempt under way, and until when it counts unless its worker says that it is alive
    claim uuid,
    lease_until timestamptz,
    cancel_asked boolean NOT NULL DEFAULT false,
    percent smallint NOT NULL DEFAULT 0,
    sentence text NOT NULL DEFAULT '',
    result jsonb,
    error text NOT NULL DEFAULT '',
    traceback text NOT NULL DEFAULT '',
    enqueued_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    ended_at timestamptz,
    keep_until timestamptz,
    CHECK ((state = 'running') = (claim IS NOT NULL AND lease_until IS NOT NULL)),
    CHECK ((state IN ('done', 'failed', 'cancelled')) = (ended_at IS NOT NULL))
);
CREATE INDEX core_job_waiting ON core_job (due_at, number) WHERE state = 'waiting';
CREATE UNIQUE INDEX core_job_unique ON core_job (name, unique_key)
    WHERE state = 'waiting' AND unique_key IS NOT NULL;
CREATE UNIQUE INDEX core_job_locked ON core_job (owner, lock_key)
    WHERE state = 'running' AND lock_key IS NOT NULL;
CREATE UNIQUE INDEX core_job_running ON core_job (claim) WHERE claim IS NOT NULL;
CREATE INDEX core_job_ended ON core_job (ended_at DESC) WHERE ended_at IS NOT NULL;
CREATE INDEX core_job_owner ON core_job (owner);

-- For each job with a schedule, the last of its hours that was kept.
CREATE TABLE core_schedule (
    name text PRIMARY KEY,
    owner text NOT NULL,
    kept timestamptz NOT NULL
);
