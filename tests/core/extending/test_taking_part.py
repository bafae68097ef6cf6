"""What a plugin does with its values: its own tables, its lines in feeds, its veto; and when it fails."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

import pytest
import vobject
from couchage.models import Stay

from palabre.api import refresh_events, save_values
from palabre.database.connection import execute, fetch, transaction
from palabre.errors import Refused
from palabre.events.domain import transitions
from palabre.events.domain.repairing import repair
from palabre.events.models import Event
from palabre.events.values import Publication
from palabre.people.permissions import SYSTEM
from palabre.plugins import Plugins, domain
from palabre.plugins.state import State
from palabre.testing import LogIn, Make, Visitor
from palabre.web.site import Site
from tests.interop.readers import READERS

pytestmark = pytest.mark.usefixtures("site")
Read = Callable[[Event], Awaitable[str]]


async def rows() -> Mapping[UUID, int]:
    return {stay.event_id: stay.beds for stay in await Stay.all()}


async def due() -> list[tuple[str, UUID]]:
    await execute("UPDATE core_event_due SET due_at = now()")
    found = await fetch("SELECT plugin, event_id FROM core_event_due")
    return [(row["plugin"], row["event_id"]) for row in found]


@pytest.fixture
def read(client: Visitor, site: Site) -> Read:
    """Read an event's calendar, with everything committed until now."""

    async def text(event: Event) -> str:
        await site.feeds.settle()
        return (await client.get(f"/evenements/{event.slug}.ics")).text

    return text


async def test_its_tables_follow_the_save(make: Make) -> None:
    event = await make.event(extras={"couchage": {"beds": 12, "house": "gite"}})
    await make.event()
    assert await rows() == {event.id: 12}

    await save_values(SYSTEM, event.id, "couchage", {"beds": 3})
    assert await rows() == {event.id: 3}

    await save_values(SYSTEM, event.id, "couchage", {"beds": None, "house": None})
    assert await rows() == {}
    assert (await Event.get(id=event.id)).extras == {}


async def test_its_tables_are_part_of_the_same_transaction(make: Make) -> None:
    async def save_and_fail() -> None:
        async with transaction():
            await make.event(extras={"couchage": {"beds": 12}})
            assert len(await rows()) == 1
            raise KeyError

    with pytest.raises(KeyError):
        await save_and_fail()

    assert await rows() == {}
    assert not await Event.exists()


async def test_values_that_are_none_of_its_fields_are_refused(make: Make) -> None:
    event = await make.event()

    with pytest.raises(ValueError, match="beds"):
        await save_values(SYSTEM, event.id, "couchage", {"beds": "12"})
    with pytest.raises(ValueError, match="sheets"):
        await save_values(SYSTEM, event.id, "couchage", {"sheets": 2})
    with pytest.raises(Refused, match="99"):
        await save_values(SYSTEM, event.id, "couchage", {"beds": 100})


async def test_it_may_refuse_a_save_on_purpose(login: LogIn, make: Make) -> None:
    event = await make.event(extras={"couchage": {"beds": 2}})
    editor = await login("editor", await event.organisation)

    answer = await editor.submit(
        f"/evenements/{event.slug}/modifier",
        {
            "version": "1", "section": "couchage", "couchage-memo": "refuser", "do": "save",
            "title": "Refuge", "start_date": "2026-12-01", "start_time": "9:00",
            "zone": "Europe/Paris",
        },
    )  # fmt: skip

    assert answer.status_code == 422
    assert 'id="f-couchage-house-error">Le gîte est fermé.' in answer.text
    assert 'value="refuser"' in answer.text
    assert (await Event.get(id=event.id)).version == 1


async def test_a_failure_loses_neither_the_event_nor_its_values(make: Make) -> None:
    event = await make.event(extras={"couchage": {"beds": 2}})

    await save_values(SYSTEM, event.id, "couchage", {"beds": 5, "memo": "casser"})
    assert (await Event.get(id=event.id)).extras["couchage"]["beds"] == 5
    assert await rows() == {event.id: 2}  # what it had begun is undone

    assert await due() == [("couchage", event.id)]
    await repair()
    assert await due() == [("couchage", event.id)]  # it fails again: later, and later

    await save_values(SYSTEM, event.id, "couchage", {"memo": "guéri"})
    await due()
    await repair()
    assert await rows() == {event.id: 5}
    assert await due() == []


async def test_what_it_adds_for_readers_is_escaped(make: Make, client: Visitor, read: Read) -> None:
    event = await make.event(extras={"couchage": {"beds": 12}})
    await Stay.filter(event_id=event.id).update(taken=7)
    await refresh_events([event.id])

    text = await read(event)
    said = (await client.get(f"/evenements/{event.slug}.json")).json()["events"][0]
    found = (await client.get("/agenda?q=dortoirs")).text

    vevent = vobject.readOne(text).vevent
    assert vevent.contents["x-couchage-taken"][0].value.replace("\\,", ",") == "7, à ce jour"
    assert "Lits pris : 7, à ce jour\nEND:VEVENT" in vevent.description.value
    assert text.count("\r\nEND:VEVENT") == 1
    assert said["extensions"] == {"couchage": {"beds": 12, "taken": 7}}
    assert event.title in found
    assert said["sequence"] == 1


@pytest.mark.interop
@pytest.mark.parametrize("reader", READERS)
async def test_foreign_programs_read_its_words(make: Make, read: Read, reader: str) -> None:
    event = await make.event(extras={"couchage": {"beds": 12, "note": "Clé ; voisine, \\n\n—"}})

    seen = READERS[reader]((await read(event)).encode())

    (found,) = seen.events
    assert found.summary == event.title
    lines = found.description.split("\n")
    assert "Lits : 12" in lines
    assert "Lits pris : 0, à ce jour" in lines
    assert "À savoir : Clé ; voisine, \\n" in lines


async def test_feeds_go_on_without_it_while_it_fails(make: Make, read: Read) -> None:
    event = await make.event(extras={"couchage": {"beds": 12}})
    await save_values(SYSTEM, event.id, "couchage", {"memo": "cacher"})

    text = await read(event)
    assert "Lits : 12" in text
    assert "Lits pris" not in text

    await execute("UPDATE core_event SET extras = extras #- '{couchage,memo}'")
    await due()
    await repair()
    assert "Lits pris" in await read(event)
    assert await due() == []


async def test_a_paused_plugin_catches_up(make: Make, palabre_plugins: Plugins) -> None:
    event = await make.event(publication=Publication.DRAFT)

    palabre_plugins.follow({"couchage": State(paused=True)})
    await save_values(SYSTEM, event.id, "couchage", {"beds": 4})
    with pytest.raises(Refused, match="ne fonctionne pas"):  # its veto stays
        await transitions.publish(SYSTEM, event.id)
    assert await rows() == {}
    await due()
    await repair()  # not its turn yet
    assert len(await due()) == 1

    palabre_plugins.follow({})
    await repair()
    assert await rows() == {event.id: 4}
    assert await due() == []


async def test_it_may_keep_an_event_from_the_public(make: Make) -> None:
    event = await make.event(publication=Publication.DRAFT, extras={"couchage": {"beds": 0}})

    with pytest.raises(Refused, match="Sans lit") as refusal:
        await transitions.publish(SYSTEM, event.id)

    assert refusal.value.field == "couchage-beds"
    await save_values(SYSTEM, event.id, "couchage", {"beds": 1})
    await transitions.publish(SYSTEM, event.id)
    await save_values(SYSTEM, event.id, "couchage", {"beds": 0})  # nothing moves: its other guard's


async def test_disabled_it_leaves_the_feeds_and_enabled_it_comes_back(
    make: Make, read: Read, palabre_plugins: Plugins
) -> None:
    event = await make.event(extras={"couchage": {"beds": 12}})
    assert "X-COUCHAGE-BEDS" in await read(event)

    for enabled in (False, True):
        await (
            domain.enable(SYSTEM, "couchage", []) if enabled else domain.disable(SYSTEM, "couchage")
        )
        await palabre_plugins.refresh()
        assert await due() == [("couchage", event.id)]
        await repair()
        assert ("X-COUCHAGE-BEDS" in await read(event)) is enabled
        assert await due() == []


async def test_a_purge_forgets_its_values_everywhere(
    make: Make, read: Read, palabre_plugins: Plugins
) -> None:
    event = await make.event(extras={"couchage": {"beds": 12}})

    await domain.purge(SYSTEM, "couchage")
    await palabre_plugins.refresh()
    await due()
    await repair()

    revisions = await fetch("SELECT content->'extras' AS extras FROM core_event_revision")
    assert [row["extras"] for row in revisions] == ["{}"]
    assert (await Event.get(id=event.id)).extras == {}
    assert "COUCHAGE" not in await read(event)
    assert await due() == []
