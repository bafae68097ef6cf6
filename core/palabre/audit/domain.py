"""The audit journal: append-only, hash-chained, without content.

An entry says who (an account's id, "system" or "anonymous"), when, which action, on which object,
and a few facts: ids, roles, counts. Never a title, a text, a name or an address: erasing a person
must not ask for erasing the journal.

Each entry's hash covers its own words and the hash before it (a hash chain as in RFC 6962's
spirit, without the tree), so that changing, removing or inserting an entry breaks the chain from
there on.

Entries go after a year, the oldest first. An entry "audit.pruned" then says up to which one and
with which hash, so that the chain that stays begins with a link that is itself part of it.
"""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from palabre.database.connection import Row, fetch, fetchval, transaction
from palabre.people.permissions import SYSTEM, Actor

GENESIS = bytes(32)
KEPT = timedelta(days=365)  # the trigger on the table knows it too
PRUNED_EVERY = timedelta(days=30)  # so that pruning itself doesn't fill the journal
PRUNED = "audit.pruned"
BATCH = 5_000  # entries read at a time
Fact = str | int | bool | None

_COLUMNS = "id, at, actor, action, kind, object, facts, hash"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal; `facts` is canonical JSON, `hash` the chain's link."""

    id: int
    at: datetime
    actor: str
    action: str
    kind: str
    object: str
    facts: str
    hash: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `verify` found: how many entries, and the first one that doesn't fit, if any."""

    count: int
    broken_at: int | None


async def record(
    actor: Actor,
    action: str,
    *,
    kind: str,
    object_id: object,
    **facts: Fact,
) -> None:
    """Add an entry, inside the caller's transaction where there is one.

    Writers queue for the end of the chain: call it last, just before the transaction ends.
    """
    async with transaction() as connection:
        await connection.one_at_a_time("audit")
        last = await connection.fetchrow("SELECT id, hash FROM core_audit ORDER BY id DESC LIMIT 1")
        words = {
            "id": last["id"] + 1 if last else 1,
            "at": datetime.now(UTC),
            "actor": _name(actor),
            "action": action,
            "kind": kind,
            "object": str(object_id),
            "facts": json.dumps(facts, ensure_ascii=False, sort_keys=True),
        }
        link = _link(last["hash"] if last else GENESIS, words)
        await connection.execute(
            f"INSERT INTO core_audit ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",  # noqa: S608  own names
            *words.values(),
            link,
        )


async def verify() -> Verdict:
    """Walk the whole chain; the verdict names the first entry that doesn't fit."""
    last, previous = await _beginning()
    count = 0
    async for entry in entries():
        count += 1
        words = {name: getattr(entry, name) for name in _COLUMNS.split(", ")[:-1]}
        if entry.id != last + 1 or entry.hash != _link(previous, words):
            return Verdict(count, entry.id)
        last, previous = entry.id, entry.hash
    return Verdict(count, None)


async def forget_old(now: datetime) -> int:
    """Remove the entries that are more than a year old; returns how many.

    Waits until there is a month's worth, and leaves an entry that carries the chain on.
    """
    async with transaction() as connection:
        await connection.one_at_a_time("audit")
        last = await connection.fetchrow(
            "SELECT id, hash, (SELECT min(at) FROM core_audit) AS oldest FROM core_audit"
            " WHERE at < $1 ORDER BY id DESC LIMIT 1",
            now - KEPT,
        )
        if last is None or last["oldest"] >= now - KEPT - PRUNED_EVERY:
            return 0
        await record(SYSTEM, PRUNED, kind="audit", object_id=last["id"], hash=last["hash"].hex())
        await connection.execute("SELECT set_config('palabre.audit_retention', 'on', true)")
        done = await connection.execute("DELETE FROM core_audit WHERE id <= $1", last["id"])
        await connection.execute("SELECT set_config('palabre.audit_retention', '', true)")
    return int(done.rpartition(" ")[2])


async def _beginning() -> tuple[int, bytes]:
    """Return the id and the hash that the first entry must follow."""
    facts = await fetchval(
        "SELECT p.facts FROM core_audit p WHERE p.action = $1 AND p.object ="
        " (SELECT (min(id) - 1)::text FROM core_audit) ORDER BY p.id DESC LIMIT 1",
        PRUNED,
    )
    if facts is None:
        return 0, GENESIS
    first = await fetchval("SELECT min(id) FROM core_audit")
    return first - 1, bytes.fromhex(json.loads(facts)["hash"])


async def entries() -> AsyncIterator[Entry]:
    """Give all entries in order, a batch at a time."""
    after = 0
    while True:
        rows = await fetch(
            f"SELECT {_COLUMNS} FROM core_audit WHERE id > $1 ORDER BY id LIMIT $2",  # noqa: S608  own names
            after,
            BATCH,
        )
        for row in rows:
            yield _entry(row)
        if len(rows) < BATCH:
            return
        after = rows[-1]["id"]


def _entry(row: Row) -> Entry:
    return Entry(**dict(row))


def _name(actor: Actor) -> str:
    if actor.user_id is not None:
        return str(actor.user_id)
    return "system" if actor.is_system else "anonymous"


def _link(previous: bytes, words: Mapping[str, object]) -> bytes:
    """Return the hash of an entry after `previous`; times to the microsecond, in UTC."""
    said = {
        name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for name, value in words.items()
    }
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(previous + text.encode()).digest()
