"""A plugin's own actions: one door, deny by default, fail closed, and the core's stay the core's."""

import asyncio
from html import unescape
from itertools import product
from types import ModuleType
from uuid import uuid4

import pytest
from tortoise.expressions import Q

from palabre.audit.domain import entries
from palabre.database.connection import transaction
from palabre.events.models import Event
from palabre.explaining import domain as explaining
from palabre.hookvalues import PermissionRule
from palabre.people.models import Organisation, Role, SiteRole
from palabre.people.permissions import ANONYMOUS, SYSTEM, Actor, can, may, visible, why_may
from palabre.plugins import Plugins, current, domain, scope
from palabre.plugins.declaring import faults_of_rules
from palabre.plugins.extension import Standing
from palabre.testing import LogIn, Make, Visitor

pytestmark = pytest.mark.usefixtures("app")
PAGE = "/administration/extensions/jardin/portee"
HOST = uuid4()
ACTIONS = ("jardin.view", "jardin.edit", "jardin.broken")


async def _switch(organisation: Organisation, *, on: bool = True) -> None:
    async with transaction() as connection:
        await scope.switch(connection, "jardin", organisation.id, on=on)
    await current().refresh()


async def _actors(ours: Organisation, theirs: Organisation) -> dict[str, Actor]:
    roles = {str(role): Actor(user_id=uuid4(), roles={ours.id: role}) for role in Role}
    site = {str(role): Actor(user_id=uuid4(), site_roles=frozenset({role})) for role in SiteRole}
    return {
        "anonymous": ANONYMOUS,
        "system": SYSTEM,
        "nobody": Actor(user_id=uuid4()),
        "host": Actor(user_id=HOST),
        "stranger": Actor(user_id=uuid4(), roles={theirs.id: Role.OWNER}),
        "both": Actor(user_id=HOST, roles={ours.id: Role.CONTRIBUTOR, theirs.id: Role.EDITOR}),
        "coordinator": Actor(user_id=uuid4(), below=frozenset({ours.id})),
        **roles,
        **site,
    }


async def _beds(jardin: ModuleType, *organisations: Organisation) -> list[object]:
    things: list[object] = []
    for organisation, secret, host in product(organisations, (True, False), (None, HOST)):
        bed = await jardin.Bed.create(organisation_id=organisation.id, secret=secret, host_id=host)
        things += [bed, await jardin.Note.create(bed_id=bed.id)]
    return things


@pytest.mark.parametrize("on", ["ours", "both", "none"])
async def test_the_query_shows_exactly_what_the_door_admits(
    make: Make, jardin: ModuleType, on: str
) -> None:
    ours, theirs = await make.organisation(), await make.organisation()
    things = await _beds(jardin, ours, theirs)
    for organisation in {"ours": [ours], "both": [ours, theirs], "none": []}[on]:
        await _switch(organisation)

    for (name, actor), action in product((await _actors(ours, theirs)).items(), ACTIONS):
        for model in (jardin.Bed, jardin.Note):
            listed = {each.pk for each in await model.filter(visible(actor, model, action))}
            own = [thing for thing in things if isinstance(thing, model)]
            admitted = {thing.pk for thing in own if await may(actor, action, thing)}
            reasons = {t.pk for t in own if (await why_may(actor, action, t)).allows}
            assert listed == admitted == reasons, (name, action, model)


async def test_roles_and_the_rule_decide_together(make: Make, jardin: ModuleType) -> None:
    ours, theirs = await make.organisation(), await make.organisation()
    await _switch(ours)
    open_bed = await jardin.Bed.create(organisation_id=ours.id)
    secret = await jardin.Bed.create(organisation_id=ours.id, secret=True, host_id=HOST)
    off = await jardin.Bed.create(organisation_id=theirs.id, host_id=HOST)
    actors = await _actors(ours, theirs)

    async def who(action: str, bed: object) -> set[str]:
        return {name for name, actor in actors.items() if await may(actor, action, bed)}

    members = {"owner", "editor", "contributor", "both"}
    administrators = {"administrator", "system"}
    assert await who("jardin.view", open_bed) == members | administrators
    assert await who("jardin.view", secret) == {"host", "both"}
    assert await who("jardin.view", off) == set()
    assert await who("jardin.edit", open_bed) == {"owner", "editor", "moderator"} | administrators
    somewhere = {name for name, actor in actors.items() if can(actor, "jardin.edit")}
    assert somewhere == {"owner", "editor", "moderator"} | administrators


async def test_a_rule_that_fails_covers_nothing_and_is_counted(
    make: Make, jardin: ModuleType
) -> None:
    ours = await make.organisation()
    await _switch(ours)
    bed = await jardin.Bed.create(organisation_id=ours.id)
    extension = next(each for each in current().extensions if each.name == "jardin")

    assert not await may(SYSTEM, "jardin.broken", bed)
    assert await may(SYSTEM, "jardin.edit", bed)
    for _time in range(4):
        assert not await jardin.Bed.filter(visible(SYSTEM, jardin.Bed, "jardin.broken")).exists()

    assert extension.standing is Standing.PAUSED
    assert not await may(SYSTEM, "jardin.edit", bed)  # paused: nobody has its rights
    assert "permission_rules" in extension.reason


async def test_a_disabled_plugin_gives_nobody_anything(make: Make, jardin: ModuleType) -> None:
    ours = await make.organisation()
    await _switch(ours)
    bed = await jardin.Bed.create(organisation_id=ours.id)

    await domain.disable(SYSTEM, "jardin")
    await current().refresh()

    assert not await may(SYSTEM, "jardin.view", bed)
    assert not can(SYSTEM, "jardin.edit", ours)
    assert not await jardin.Bed.filter(visible(SYSTEM, jardin.Bed, "jardin.view")).exists()


async def test_the_cores_rules_are_never_a_plugins(make: Make, jardin: ModuleType) -> None:
    draft = await make.event(publication="draft")

    def everything(_actor: Actor, _granted: Q) -> Q:
        return Q()

    def faults(rule: PermissionRule) -> list[str]:
        return list(faults_of_rules("jardin.models", jardin.manifest.permissions, [rule]))

    assert faults(PermissionRule("event.view", jardin.Bed, where=everything))
    assert faults(PermissionRule("jardin.view", Event, where=everything))
    assert faults(PermissionRule("jardin.view", jardin.Note, where=everything))
    assert not faults(PermissionRule("jardin.view", jardin.Bed, where=everything))
    for action in ("jardin.view", "event.edit"):
        with pytest.raises(KeyError):
            visible(SYSTEM, Event, action)
    with pytest.raises(KeyError):
        visible(SYSTEM, jardin.Bed, "event.view")
    assert not can(ANONYMOUS, "event.view", draft)
    with pytest.raises(TypeError):
        can(SYSTEM, "jardin.view", jardin.Bed())
    for unknown in ("jardin.explode", "verger.view"):
        with pytest.raises(KeyError):
            can(SYSTEM, unknown)


async def test_a_page_asks_for_the_plugins_own_right(login: LogIn, make: Make) -> None:
    ours = await make.organisation()
    contributor, editor = await login("contributor", ours), await login("editor", ours)

    assert (await editor.get("/jardins/outils")).status_code == 403
    await _switch(ours)

    assert (await editor.get("/jardins/outils")).text == "Outils"
    assert (await contributor.get("/jardins/outils")).status_code == 403


async def test_an_administrator_grants_and_all_processes_follow(
    login: LogIn, make: Make, database_url: str, jardin: ModuleType
) -> None:
    ours = await make.organisation()
    await _switch(ours)
    administrator, contributor = await login("administrator"), await login("contributor", ours)
    assert jardin
    elsewhere = Plugins([each.loaded for each in current().extensions])
    await elsewhere.start(database_url, delivering=False)
    try:
        wanted = {"what": "grants", "jardin.view": ["contributor"], "jardin.edit": ["contributor"]}
        answer = await administrator.submit(PAGE, wanted)

        assert answer.status_code == 303
        assert contributor.actor is not None
        assert can(contributor.actor, "jardin.edit", ours)
        assert not can(Actor(roles={ours.id: Role.OWNER}), "jardin.edit", ours)
        action = await _within_a_second(elsewhere)
        assert action == {Role.CONTRIBUTOR}
    finally:
        await elsewhere.stop()
    written = [entry async for entry in entries()]
    granted = [entry.facts for entry in written if entry.action == "plugin.granted"]
    assert '{"permission": "jardin.edit", "roles": "contributor"}' in granted
    page = unescape((await administrator.get(PAGE)).text)
    assert "changé ici" in page


async def _within_a_second(plugins: Plugins) -> frozenset[Role]:
    roles: frozenset[Role] = frozenset()
    for _time in range(50):
        action = plugins.action("jardin.edit")
        assert action is not None
        roles = action.roles
        if roles == {Role.CONTRIBUTOR}:
            break
        await asyncio.sleep(0.02)
    return roles


async def test_only_known_roles_are_granted(login: LogIn) -> None:
    administrator = await login("administrator")

    answer = await administrator.submit(PAGE, {"what": "grants", "jardin.edit": ["administrator"]})

    assert answer.status_code == 422


async def test_nobody_else_grants(login: LogIn, client: Visitor, make: Make) -> None:
    ours = await make.organisation()
    await _switch(ours)
    for role in ("owner", "moderator"):
        visitor = await login(role, ours) if role == "owner" else await login(role)
        answer = await visitor.submit(PAGE, {"what": "grants", "jardin.edit": ["contributor"]})
        assert answer.status_code == 403
    assert (await client.get(PAGE)).status_code == 303


async def test_reasons_are_told_in_words(make: Make, jardin: ModuleType) -> None:
    ours = await make.organisation("Les Colibris")
    await _switch(ours)
    member = await make.member("contributor", ours)
    bed = await jardin.Bed.create(organisation_id=ours.id, secret=True)
    path = f"jardin_bed/{bed.id}"

    async def told(action: str, address: str) -> str:
        question = await explaining.ask(member.email, address)
        return (await explaining.answers(question, action))[0].sentence

    assert "mais « Jardins » le refuse pour cet objet" in await told("jardin.view", path)
    assert "Ni un rôle" in await told("jardin.edit", path)
    assert "Aucun rôle de Ana Martin dans « Les Colibris »" in await told(
        "jardin.edit", f"/organisations/{ours.slug}"
    )
    question = await explaining.ask(member.email, path)
    assert {a.action for a in await explaining.answers(question)} == set(ACTIONS)
    await _switch(ours, on=False)
    here = f"/organisations/{ours.slug}"
    assert "n’est pas activée pour « Les Colibris »" in await told("jardin.view", here)
