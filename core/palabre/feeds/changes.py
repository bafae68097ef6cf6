"""Which events have changed since the last look, whatever order the changes were committed in.

A number taken from a sequence would not do: a transaction that took 41 may commit after one that
took 42, and whoever had read up to 42 would never see 41. PostgreSQL knows better. A snapshot's
xmin is the oldest transaction still open in it; everything older was visible. So: each fragment
carries the number of the transaction that wrote it, and the next look asks for all from the last
look's xmin on. What it finds twice it recognises.
"""

from collections import deque
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from palabre.database.connection import Connection

_LOOK = """
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon,
       array_agg(event_id ORDER BY event_id) AS ids,
       array_agg(xid::text::bigint ORDER BY event_id) AS xids
FROM core_fragment WHERE xid >= $1::text::xid8
"""
_HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
# How many changed events are remembered one by one; feeds that lag behind more are built anew.
MAX_REMEMBERED = 20_000


class Changes:
    """The changes seen by this process: numbered steps, each a set of events."""

    def __init__(self) -> None:
        self.step = 0
        self._horizon: int | None = None
        self._seen: dict[UUID, int] = {}
        self._steps: deque[tuple[int, frozenset[UUID]]] = deque()
        self._remembered = 0

    @property
    def oriented(self) -> bool:
        """Whether there was a first look: what is read after it can't miss a change."""
        return self._horizon is not None

    async def look(self, connection: Connection) -> bool:
        """Read what was committed since the last look; returns whether there was anything.

        The first look only takes its bearings: nothing has been built yet that could be stale.
        """
        if self._horizon is None:
            self._horizon = int(await connection.fetchval(_HORIZON))
            return False
        row: Mapping[str, Any] | None = await connection.fetchrow(_LOOK, str(self._horizon))
        if row is None:
            return False
        if row["horizon"] < self._horizon:
            return self._start_anew(row["horizon"])
        found = dict(zip(row["ids"] or (), row["xids"] or (), strict=True))
        fresh = frozenset(
            event_id for event_id, xid in found.items() if self._seen.get(event_id) != xid
        )
        # What is below the new horizon can't come again.
        self._seen = {event_id: xid for event_id, xid in found.items() if xid >= row["horizon"]}
        self._horizon = row["horizon"]
        if fresh:
            self._take(fresh)
        return bool(fresh)

    def since(self, step: int) -> frozenset[UUID] | None:
        """Return the events changed after `step`, or None when that is too long ago to tell."""
        if step == self.step:
            return frozenset()
        if not self._steps or self._steps[0][0] > step + 1:
            return None
        return frozenset().union(*(events for number, events in self._steps if number > step))

    def _take(self, events: frozenset[UUID]) -> None:
        self.step += 1
        self._steps.append((self.step, events))
        self._remembered += len(events)
        while self._remembered > MAX_REMEMBERED:
            self._remembered -= len(self._steps.popleft()[1])

    def _start_anew(self, horizon: int) -> bool:
        """Forget everything: transaction numbers went back, so this is another database."""
        self._horizon, self._seen = horizon, {}
        self._steps.clear()
        self._remembered = 0
        self.step += 1
        return True
