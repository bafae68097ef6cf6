"""A person is erased whole: nothing of them is left anywhere, and what isn't theirs stays."""

from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from palabre.audit.domain import entries, verify
from palabre.database.connection import execute, fetch, fetchval, transaction
from palabre.errors import Refused
from palabre.events.models import Event
from palabre.people.domain import add_member
from palabre.people.models import Membership, Role, Session, SiteRole, User
from palabre.people.permissions import SYSTEM
from palabre.privacy import erasure
from palabre.privacy.erasure import Alone, Reason, Unfinished, erase, erase_due, want, wish_of
from palabre.privacy.traces import find
from tests.core.privacy.conftest import EMAIL, NAME, PHONE, Life

if TYPE_CHECKING:
    from palabre.plugins import Plugins
    from palabre.testing import Make

LATER = timedelta(days=8)


async def test_nothing_of_the_person_is_left_in_any_column_of_any_table(life: Life) -> None:
    before = {f"{trace.table}.{trace.column}" for trace in await find(*life.strings)}
    assert {
        "core_user.email",
        "core_user.display_name",
        "core_invitation.email",
        "core_mail.recipient",
        "core_way_in.email",
        "core_import_job.data",
        "core_import_job.location",
        "core_event.created_by_id",
        "core_event_revision.actor_id",
        "carnet_note.phone",
    } <= before

    await erase(SYSTEM, life.user)

    left = {f"{trace.table}.{trace.column}" for trace in await find(*life.strings)}
    assert left == {"core_audit.actor", "core_audit.object", "core_audit.facts"}
    assert await find(EMAIL, NAME, PHONE) == []


async def test_what_belongs_to_the_organisation_stays(life: Life) -> None:
    await erase(SYSTEM, life.user)

    event = await Event.get(id=life.event.id)
    assert event.title == "Soirée contes"
    assert event.publication == life.event.publication
    assert await fetchval("SELECT count(*) FROM core_event_revision") == 2


async def test_the_journal_stays_whole_and_says_that_it_was_done(life: Life) -> None:
    await erase(SYSTEM, life.user)

    found = [entry async for entry in entries()]
    assert (found[-1].action, found[-1].object) == ("account.erased", str(life.user.id))
    assert (await verify()).broken_at is None
    assert not any(NAME in str(entry) or EMAIL in str(entry) for entry in found)


async def test_an_organisation_keeps_an_owner(life: Life, make: "Make") -> None:
    own = await make.organisation("La Remise")
    await add_member(life.user, own, Role.OWNER)

    with pytest.raises(Alone) as refusal:
        await erase(SYSTEM, life.user)

    assert refusal.value.organisations == {own.slug: "La Remise"}
    assert (await User.get(id=life.user.id)).is_active
    assert await Session.exists(user_id=life.user.id)

    heir = await make.user("Suite")
    await erase(SYSTEM, life.user, heir=heir)
    assert (await Membership.get(organisation_id=own.id)).user_id == heir.id


async def test_the_site_keeps_an_administrator(make: "Make", asked: "Plugins") -> None:
    only = await make.user(site_role=SiteRole.ADMINISTRATOR)

    with pytest.raises(Refused):
        await erase(SYSTEM, only)

    await make.user(site_role=SiteRole.ADMINISTRATOR)
    await erase(SYSTEM, only)
    assert not await User.exists(id=only.id)


async def test_a_plugin_that_fails_is_said_and_asked_again(life: Life, carnet: ModuleType) -> None:
    carnet.failing.add("erase_person")

    with pytest.raises(Unfinished, match="carnet"):
        await erase(SYSTEM, life.user)

    closed = await User.get(id=life.user.id)
    wish = await wish_of(life.user.id)
    assert wish is not None
    assert (closed.is_active, wish.obstacles) == (False, ("plugin:carnet",))
    assert not await Session.exists(user_id=life.user.id)
    assert await fetchval("SELECT count(*) FROM carnet_note") == 1

    carnet.failing.clear()
    assert await erase_due(datetime.now(UTC)) == 1
    assert await find(EMAIL, NAME, PHONE) == []


@pytest.mark.parametrize("state", ["paused", "gone"])
async def test_a_plugin_that_cannot_be_asked_is_not_forgotten(
    life: Life, asked: "Plugins", state: str
) -> None:
    await execute(
        "INSERT INTO core_plugin (name, guards) VALUES ('carnet', '{erase_person}')"
        " ON CONFLICT (name) DO UPDATE SET guards = excluded.guards"
    )
    if state == "paused":
        asked.extensions[0].state = asked.extensions[0].state.with_pause("essai")
    else:
        asked.extensions.clear()

    with pytest.raises(Unfinished, match="carnet"):
        await erase(SYSTEM, life.user)

    assert await User.exists(id=life.user.id)


async def test_a_disabled_plugin_forgets_too(life: Life, asked: "Plugins") -> None:
    from dataclasses import replace

    extension = asked.extensions[0]
    extension.state = replace(extension.state, enabled=False)

    await erase(SYSTEM, life.user)

    assert await find(PHONE) == []


async def test_a_wish_waits_for_its_day_and_can_be_undone(life: Life) -> None:
    now = datetime.now(UTC)
    async with transaction() as connection:
        await want(connection, life.user.id, Reason.OWN, now, now + erasure.UNDO)

    assert await erase_due(now + timedelta(days=6)) == 0
    await erasure.cancel(SYSTEM, life.user.id)
    assert await erase_due(now + LATER) == 0
    assert await User.exists(id=life.user.id)


async def test_what_is_in_the_way_on_the_day_is_noted_and_tried_again(
    life: Life, make: "Make"
) -> None:
    own = await make.organisation()
    await add_member(life.user, own, Role.OWNER)
    now = datetime.now(UTC)
    async with transaction() as connection:
        await want(connection, life.user.id, Reason.OWN, now, now)

    assert await erase_due(now + LATER) == 0
    wish = await wish_of(life.user.id)
    assert wish is not None
    assert wish.obstacles == ("owner",)

    await add_member(await make.user(), own, Role.OWNER)
    assert await erase_due(now + LATER) == 1


async def test_two_owners_erased_at_once_leave_one(make: "Make", asked: "Plugins") -> None:
    import asyncio

    organisation = await make.organisation()
    both = [await make.member("owner", organisation) for _ in range(2)]

    done = await asyncio.gather(*(erase(SYSTEM, u) for u in both), return_exceptions=True)

    assert sorted(isinstance(each, Alone) for each in done) == [False, True]
    owners = await fetch("SELECT user_id FROM core_membership WHERE role = 'owner'")
    assert len(owners) == 1
