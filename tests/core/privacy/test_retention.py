"""Each kind of data goes when its time is over, and not before: the clock is moved."""

from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import TYPE_CHECKING

import asyncpg
import pytest

from palabre.audit import domain as audit
from palabre.audit.domain import entries, record, verify
from palabre.database.connection import execute, fetchval
from palabre.people.models import User
from palabre.people.permissions import SYSTEM
from palabre.privacy.retention import INACTIVE, PERIODS, WARNED, forget_old, last_runs
from palabre.settings import Settings
from tests.core.privacy.conftest import EMAIL, Life

if TYPE_CHECKING:
    pass

DAY = timedelta(days=1)
# What is kept how long, in days, for a life of which everything happens now.
PLACES = {
    "core_session": 14,
    "core_way_in": 1,
    "core_invitation": 37,
    "core_mail": 30,
    "core_import_job": 7,
}


async def _rows(table: str) -> int:
    return int(await fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608  a name of ours


@pytest.mark.parametrize(("table", "days"), PLACES.items())
async def test_it_goes_on_its_day_and_not_before(
    life: Life, settings: Settings, table: str, days: int
) -> None:
    now = datetime.now(UTC)
    assert await _rows(table) > 0

    await forget_old(settings, now + timedelta(days=days) - timedelta(minutes=10))
    assert await _rows(table) > 0

    await forget_old(settings, now + timedelta(days=days, minutes=10))
    assert await _rows(table) == 0


async def test_a_plugin_forgets_by_the_same_clock(
    life: Life, settings: Settings, carnet: ModuleType
) -> None:
    now = datetime.now(UTC)

    await forget_old(settings, now + 729 * DAY)
    assert await _rows("carnet_note") == 1
    carnet.failing.add("forget_old")
    await forget_old(settings, now + 731 * DAY)
    assert (await last_runs())["plugin:carnet"].failed

    carnet.failing.clear()
    await forget_old(settings, now + 731 * DAY)
    assert await _rows("carnet_note") == 0


async def test_an_inactive_account_is_warned_then_erased(life: Life, settings: Settings) -> None:
    then = datetime.now(UTC) + INACTIVE + DAY
    await execute("UPDATE core_user SET last_login_at = now() WHERE email <> $1", EMAIL)
    await execute("DELETE FROM core_mail")

    await forget_old(settings, then - 2 * DAY)
    assert await _rows("core_mail") == 0
    await forget_old(settings, then)
    letter = await fetchval("SELECT text_body FROM core_mail WHERE recipient = $1", EMAIL)
    assert "http://agenda.exemple.fr/connexion" in letter
    await forget_old(settings, then + DAY)
    warned = [entry.object async for entry in entries() if entry.action == "account.warned"]
    assert warned.count(str(life.user.id)) == 1
    assert await User.exists(email=EMAIL)

    await forget_old(settings, then + WARNED + DAY)
    assert not await User.exists(email=EMAIL)


async def test_whoever_comes_back_after_the_warning_stays(life: Life, settings: Settings) -> None:
    then = datetime.now(UTC) + INACTIVE + DAY
    await forget_old(settings, then)
    await execute("UPDATE core_user SET last_login_at = $1", then + DAY)

    await forget_old(settings, then + WARNED + DAY)

    assert await User.exists(email=EMAIL)
    assert await _rows("core_erasure") == 0


async def test_nobody_is_erased_who_could_not_be_warned(life: Life, settings: Settings) -> None:
    silent = settings.model_copy(update={"smtp_url": None})
    then = datetime.now(UTC) + INACTIVE + DAY

    await forget_old(silent, then)
    await forget_old(silent, then + WARNED + DAY)

    assert await User.exists(email=EMAIL)


async def test_each_kind_says_when_it_was_looked_through(life: Life, settings: Settings) -> None:
    await forget_old(settings)

    runs = await last_runs()
    acting = {name for name, period in PERIODS.items() if period.forget is not None}
    assert runs.keys() == acting | {"inactive", "plugin:carnet"}
    assert not any(run.failed for run in runs.values())


async def test_one_kind_that_fails_does_not_keep_the_others(
    life: Life, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    async def fail(_now: datetime) -> int:
        raise RuntimeError

    broken = replace(PERIODS["erasures"], forget=fail)
    monkeypatch.setitem(PERIODS, "erasures", broken)  # type: ignore[arg-type]  # a dict indeed

    await forget_old(settings, datetime.now(UTC) + 15 * DAY)

    runs = await last_runs()
    assert (runs["erasures"].failed, runs["sessions"].failed) == (True, False)
    assert await _rows("core_session") == 0


class _Times(type):
    def __instancecheck__(cls, thing: object) -> bool:
        return isinstance(thing, datetime)


class _Clock(metaclass=_Times):
    """Stands for `datetime` where the journal reads the clock."""

    at = datetime(2026, 1, 1, tzinfo=UTC)

    @classmethod
    def now(cls, _zone: object) -> datetime:
        return cls.at


async def test_the_journal_forgets_after_a_year_and_stays_verifiable(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    monkeypatch.setattr(audit, "datetime", _Clock)
    for days in (500, 450, 366, 364, 10):
        _Clock.at = now - timedelta(days=days)
        await record(SYSTEM, "test", kind="x", object_id=days)
    _Clock.at = now

    assert await audit.forget_old(now) == 3
    assert [entry.object async for entry in entries()] == ["364", "10", "3"]
    assert (await verify()).broken_at is None
    assert await audit.forget_old(now) == 0

    _Clock.at = now + DAY
    await record(SYSTEM, "test", kind="x", object_id="next")
    assert (await verify()).broken_at is None


async def test_the_journal_refuses_to_lose_what_is_younger(database: str) -> None:
    for number in range(3):
        await record(SYSTEM, "test", kind="x", object_id=number)

    with pytest.raises(asyncpg.RaiseError):
        await execute(
            "WITH s AS (SELECT set_config('palabre.audit_retention', 'on', true))"
            " DELETE FROM core_audit USING s"
        )
    assert (await verify()).count == 3


async def test_entries_taken_off_the_beginning_show(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        await record(SYSTEM, "test", kind="x", object_id=number)
    await execute("ALTER TABLE core_audit DISABLE TRIGGER USER")
    await execute("DELETE FROM core_audit WHERE id = 1")

    assert (await verify()).broken_at == 2
