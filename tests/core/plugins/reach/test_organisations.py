"""A plugin that organisations switch on for themselves: for the others it is as if not there."""

import asyncio
from html import unescape
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from palabre.audit.domain import entries
from palabre.database.connection import execute
from palabre.errors import Refused
from palabre.events.domain.reading import content_of_event
from palabre.events.domain.repairing import repair
from palabre.events.domain.saving import Change, save_event
from palabre.organisations import merging
from palabre.people.models import Organisation
from palabre.people.permissions import SYSTEM
from palabre.plugins import Plugins, active_for, current, domain
from palabre.plugins.extension import Extension
from palabre.testing import LogIn, Make, Visitor

if TYPE_CHECKING:
    from palabre.web.site import Site

pytestmark = pytest.mark.usefixtures("app")
REACH = "/administration/extensions/jardin/portee"


def _path(organisation: Organisation) -> str:
    return f"/organisations/{organisation.slug}/extensions"


async def _feed(client: Visitor, site: "Site", slug: str, *, holds: bool) -> str:
    """Return the event's feed once the plugin's words are in it, or no more."""
    text = ""
    for _time in range(100):
        await execute("UPDATE core_event_due SET due_at = now()")
        await repair()  # the site does so as well, every few seconds
        await site.feeds.settle()
        text = (await client.get(f"/evenements/{slug}.ics")).text
        if ("Bêche" in text) is holds:
            break
        await asyncio.sleep(0.05)
    return text


def _extension() -> Extension:
    return next(each for each in current().extensions if each.name == "jardin")


async def _on(visitor: Visitor, organisation: Organisation) -> None:
    answer = await visitor.submit(_path(organisation), {"plugin": "jardin", "do": "on"})
    assert answer.status_code == 303


async def test_owners_switch_it_on_for_theirs_alone(
    login: LogIn, make: Make, database_url: str
) -> None:
    ours, theirs = await make.organisation(), await make.organisation()
    owner = await login("owner", ours)
    elsewhere = Plugins([each.loaded for each in current().extensions])
    await elsewhere.start(database_url, delivering=False)
    try:
        assert not active_for("jardin", ours.id)
        await _on(owner, ours)

        assert active_for("jardin", ours.id)
        assert not active_for("jardin", theirs.id)
        for _time in range(50):
            if elsewhere.active_for("jardin", ours.id):
                break
            await asyncio.sleep(0.02)
        assert elsewhere.active_for("jardin", ours.id)
    finally:
        await elsewhere.stop()
    assert (await owner.submit(_path(theirs), {"plugin": "jardin", "do": "on"})).status_code == 403
    last = [entry async for entry in entries()][-1]
    assert (last.action, last.object) == ("plugin.switched_on", "jardin")
    assert str(ours.id) in last.facts


async def test_its_hooks_are_not_called_where_it_is_off(
    login: LogIn, make: Make, jardin: ModuleType, client: Visitor, site: "Site"
) -> None:
    ours, theirs = await make.organisation(), await make.organisation()
    await _on(await login("owner", ours), ours)
    jardin.heard.drafts.clear()
    mine = await make.event(organisation=ours, extras={"jardin": {"tool": "Bêche"}})
    other = await make.event(organisation=theirs, extras={"jardin": {"tool": "Bêche"}})
    await site.feeds.settle()

    shown = {
        event.organisation_id: (await client.get(f"/evenements/{event.slug}")).text
        for event in (mine, other)
    }
    feeds = {
        event.organisation_id: (await client.get(f"/evenements/{event.slug}.ics")).text
        for event in (mine, other)
    }

    for texts, word in ((shown, "Jardin de"), (shown, "Bêche"), (feeds, "Bêche")):
        assert word in texts[ours.id]
        assert word not in texts[theirs.id]
    assert {draft.organisation_id for draft in jardin.heard.drafts} == {ours.id}
    content = content_of_event(other)
    await save_event(SYSTEM, Change(content, theirs.id, other.id))
    with pytest.raises(Refused, match="béton"):
        await make.event("Dalle de béton", organisation=ours)
    await make.event("Dalle de béton", organisation=theirs)


async def test_the_form_shows_its_part_only_where_it_is_on(login: LogIn, make: Make) -> None:
    ours, theirs = await make.organisation(), await make.organisation()
    owner, stranger = await login("owner", ours), await login("owner", theirs)
    await _on(owner, ours)

    assert "Outil à apporter" in unescape((await owner.get("/evenements/nouveau")).text)
    assert "Outil à apporter" not in unescape((await stranger.get("/evenements/nouveau")).text)


async def test_switched_on_it_hears_of_all_events_and_switched_off_of_none(
    login: LogIn, make: Make, jardin: ModuleType, client: Visitor, site: "Site"
) -> None:
    ours = await make.organisation()
    event = await make.event(organisation=ours, extras={"jardin": {"tool": "Bêche"}})
    owner = await login("owner", ours)

    await _on(owner, ours)
    for _time in range(100):
        if jardin.heard.changes:
            break
        await asyncio.sleep(0.05)
    with_it = await _feed(client, site, event.slug, holds=True)
    await owner.submit(_path(ours), {"plugin": "jardin", "do": "off"})
    jardin.heard.changes.clear()
    await make.event(organisation=ours)
    without = await _feed(client, site, event.slug, holds=False)
    await asyncio.sleep(0.3)

    assert "Bêche" in with_it
    assert "Bêche" not in without
    assert jardin.heard.changes == []


async def test_guards_that_protect_minors_cannot_be_switched_off_by_an_owner(
    make: Make, jardin: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = await make.organisation()
    extension = _extension()
    minors = type(jardin.manifest)(
        **{name: getattr(jardin.manifest, name) for name in jardin.manifest.__slots__}
        | {"minors": True}
    )
    monkeypatch.setattr(extension.loaded, "manifest", minors)

    with pytest.raises(Refused, match="béton"):
        await make.event("Dalle de béton", organisation=ours)
    assert not active_for("jardin", ours.id)


async def test_a_guard_that_cannot_answer_shuts_only_where_it_is_on(
    login: LogIn, make: Make
) -> None:
    ours, theirs = await make.organisation(), await make.organisation()
    await _on(await login("owner", ours), ours)
    current().refuse("jardin", "cassée")
    assert _extension().state.guards == {"validate_event"}
    assert _extension().state.guards_where_on

    with pytest.raises(Refused, match="ne fonctionne pas"):
        await make.event(organisation=ours)
    await make.event(organisation=theirs)


async def test_administrators_decide_what_is_offered(login: LogIn, make: Make) -> None:
    ours, theirs = await make.organisation(), await make.organisation()
    owner, stranger = await login("owner", ours), await login("owner", theirs)
    administrator = await login("administrator")
    await _on(owner, ours)

    await administrator.submit(REACH, {"what": "offer", "do": "off"})

    kept = unescape((await owner.get(_path(ours))).text)
    refused = await stranger.submit(_path(theirs), {"plugin": "jardin", "do": "on"})
    assert "ne la propose plus" in kept
    assert "Jardins" not in unescape((await stranger.get(_path(theirs))).text)
    assert refused.status_code == 422
    assert active_for("jardin", ours.id)
    assert not active_for("jardin", theirs.id)
    switched = {"what": "switch", "organisation": theirs.slug, "do": "on"}
    assert (await administrator.submit(REACH, switched)).status_code == 303
    assert active_for("jardin", theirs.id)
    assert theirs.name in unescape((await administrator.get(REACH)).text)


async def test_what_does_not_exist_is_said(login: LogIn, make: Make) -> None:
    ours = await make.organisation()
    owner, administrator = await login("owner", ours), await login("administrator")

    async def owners(plugin: str) -> int:
        return (await owner.submit(_path(ours), {"plugin": plugin, "do": "on"})).status_code

    assert await owners("verger") == 404
    assert await owners("festival") == 422  # for the whole site
    wrong = await administrator.submit(
        REACH, {"what": "switch", "organisation": "rien", "do": "on"}
    )
    assert wrong.status_code == 422
    assert 'id="f-organisation-error"' in wrong.text


async def test_a_disabled_plugin_is_on_for_nobody(login: LogIn, make: Make) -> None:
    ours = await make.organisation()
    owner = await login("owner", ours)
    await _on(owner, ours)

    await domain.disable(SYSTEM, "jardin")
    await current().refresh()

    assert not active_for("jardin", ours.id)
    assert "Jardins" not in unescape((await owner.get(_path(ours))).text)
    await domain.enable(SYSTEM, "jardin", [])
    await current().refresh()
    assert active_for("jardin", ours.id)  # what the owner decided stays


async def test_a_merge_takes_it_along(login: LogIn, make: Make) -> None:
    gone, kept = await make.organisation(), await make.organisation()
    await _on(await login("owner", gone), gone)

    effects = await merging.effects(gone, kept)
    await merging.merge(SYSTEM, gone.slug, kept.slug, effects.mark)
    await current().refresh()

    assert effects.extensions == 1
    assert active_for("jardin", kept.id)
    assert not active_for("jardin", gone.id)
