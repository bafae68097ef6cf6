"""Merging two organisations that are one; over HTTP, and what subscribers and histories read."""

import asyncio
import json
from html import unescape
from typing import TYPE_CHECKING

import pytest

from palabre.audit.domain import entries
from palabre.errors import Conflict, Denied, Refused
from palabre.events.domain.reading import content_of_event
from palabre.events.domain.saving import Change, save_event
from palabre.events.models import Event, EventRevision
from palabre.events.values import Publication
from palabre.importing.apply import Order, import_calendar
from palabre.importing.models import Source
from palabre.organisations import domain, merging
from palabre.people import domain as people
from palabre.people.models import Invitation, Membership, Organisation, Role
from palabre.people.permissions import SYSTEM
from palabre.people.sessions import actor_of_user
from palabre.testing import LogIn, Make, Visitor, tomorrow_evening
from tests.core.importing.writing import EVENING, calendar
from tests.core.importing.writing import event as vevent

if TYPE_CHECKING:
    from palabre.web.site import Site

pytestmark = pytest.mark.usefixtures("database")


async def _pair(make: Make) -> tuple[Organisation, Organisation]:
    return await make.organisation("Colibris de Mens"), await make.organisation("Les Colibris")


async def _merge(gone: Organisation, kept: Organisation) -> merging.Effects:
    mark = (await merging.effects(gone, kept)).mark
    return await merging.merge(SYSTEM, gone.slug, kept.slug, mark)


async def _again(one: Organisation) -> Organisation:
    return await Organisation.get(id=one.id)


async def test_an_administrator_sees_what_will_happen_and_then_does_it(
    login: LogIn, make: Make
) -> None:
    gone, kept = await _pair(make)
    event = await make.event(organisation=gone)
    await make.event(organisation=gone, publication=Publication.DRAFT)
    await make.member("owner", gone)
    administrator = await login("administrator")
    path = f"/administration/organisations/{gone.slug}/reunir"

    preview = await administrator.get(path, params={"into": kept.slug})
    mark = (await merging.effects(gone, kept)).mark
    untouched = await Event.get(id=event.id)
    backwards = await administrator.get(
        f"/administration/organisations/{kept.slug}/reunir", params={"into": gone.slug}
    )
    done = await administrator.submit(path, {"into": kept.slug, "mark": mark})

    text = unescape(preview.text)
    assert "2 événements changent d’organisation" in text
    assert "dont un est publié" in text
    assert "une personne de plus est responsable" in text
    assert "aucun ne change d’organisation" in unescape(backwards.text)
    assert untouched.organisation_id == gone.id
    assert done.headers["location"].startswith(f"/administration/organisations/{kept.slug}/")
    assert gone.slug in (await administrator.get(done.headers["location"])).text


async def test_what_changed_since_the_preview_is_shown_again_first(
    login: LogIn, make: Make
) -> None:
    gone, kept = await _pair(make)
    administrator = await login("administrator")
    mark = (await merging.effects(gone, kept)).mark
    await make.event(organisation=gone)

    answer = await administrator.submit(
        f"/administration/organisations/{gone.slug}/reunir", {"into": kept.slug, "mark": mark}
    )

    assert answer.status_code == 422
    assert "Quelque chose a changé" in unescape(answer.text)
    assert (await _again(gone)).merged_into_id is None


async def test_subscribers_of_both_go_on(client: Visitor, make: Make, site: "Site") -> None:
    gone, kept = await _pair(make)
    event = await make.event("Semis", organisation=gone)
    for ending in ("ics", "json"):
        assert (await client.get(f"/organisations/{gone.slug}.{ending}")).status_code == 200

    await _merge(gone, kept)
    await site.feeds.settle()

    for ending in ("", ".ics", ".json"):
        moved = await client.get(f"/organisations/{gone.slug}{ending}")
        assert moved.status_code == 308
        assert moved.headers["location"].endswith(f"/organisations/{kept.slug}{ending}")
        there = await client.get(moved.headers["location"])
        assert there.status_code == 200
        assert "Semis" in there.text
    after = await Event.get(id=event.id)
    assert (after.uid, after.slug) == (event.uid, event.slug)
    assert after.sequence == event.sequence + 1
    assert after.changed_at > event.changed_at
    feed = (await client.get(f"/evenements/{event.slug}.ics")).text.replace("\r\n ", "")
    assert "Les Colibris" in feed
    assert "Colibris de Mens" not in feed


async def test_a_filtered_feed_keeps_its_events(client: Visitor, make: Make, site: "Site") -> None:
    gone, kept = await _pair(make)
    await make.event("Semis", organisation=gone)
    address = f"/agenda.ics?organisation={gone.slug}"
    assert "Semis" in (await client.get(address)).text

    await _merge(gone, kept)
    await make.event("Récolte", organisation=kept)
    await site.feeds.settle()

    feed = (await client.get(address)).text
    assert "Semis" in feed
    assert "Récolte" in feed


async def test_an_address_without_events_moves_at_once(
    client: Visitor, make: Make, site: "Site"
) -> None:
    gone, kept = await _pair(make)
    paths = [f"/organisations/{gone.slug}", f"/organisations/{gone.slug}.ics"]
    assert [(await client.get(path)).status_code for path in paths] == [200, 200]

    await _merge(gone, kept)
    await site.feeds.settle()

    assert [(await client.get(path)).status_code for path in paths] == [308, 308]


async def test_others_events_name_the_kept_one_and_nobody_twice(make: Make) -> None:
    gone, kept = await _pair(make)
    other, third = await make.organisation(), await make.organisation()
    shared = await make.event(organisation=other, co_organiser_ids=(gone.id, third.id, kept.id))
    own = await make.event(organisation=gone, co_organiser_ids=(kept.id, third.id))

    await _merge(gone, kept)

    assert (await Event.get(id=shared.id)).co_organiser_ids == [kept.id, third.id]
    moved = await Event.get(id=own.id)
    assert (moved.organisation_id, moved.co_organiser_ids) == (kept.id, [third.id])


async def test_members_keep_the_higher_role_and_invitations_lead_to_the_kept_one(
    make: Make,
) -> None:
    gone, kept = await _pair(make)
    both = await make.member("owner", gone)
    await people.add_member(both, kept, Role.CONTRIBUTOR)
    lower = await make.member("contributor", gone)
    await people.add_member(lower, kept, Role.EDITOR)
    new = await make.member("editor", gone)
    token = await people.invite("zoe@example.org", organisation=gone, role=Role.EDITOR)

    done = await _merge(gone, kept)

    roles = {m.user_id: m.role for m in await Membership.filter(organisation_id=kept.id)}
    assert roles == {both.id: Role.OWNER, lower.id: Role.EDITOR, new.id: Role.EDITOR}
    assert not await Membership.exists(organisation_id=gone.id)
    assert (done.members, done.raised, done.owners, done.invitations) == (1, 1, 1, 1)
    zoe = await people.accept_invitation(token, "Zoé", "quatre petits canards bleus")
    assert (await actor_of_user(zoe)).roles == {kept.id: Role.EDITOR}
    assert await Invitation.exists(organisation_id=kept.id)


async def test_the_next_import_finds_its_events_again(make: Make) -> None:
    gone, kept = await _pair(make)
    data = calendar(vevent(EVENING, uid="a"), vevent(EVENING, uid="b", title="Conte"))
    other = calendar(vevent(EVENING, uid="c", title="Marche"))
    for organisation in (gone, kept):
        await import_calendar(SYSTEM, _order(organisation, "https://x.example/a.ics", data))
    await import_calendar(SYSTEM, _order(gone, "https://x.example/b.ics", other))

    done = await _merge(gone, kept)

    assert (done.sources, done.twins) == (2, 2)
    locations = {source.location for source in await Source.filter(organisation_id=kept.id)}
    assert locations == {"https://x.example/a.ics", "https://x.example/b.ics"}
    events = await Event.all().count()
    for location, known in (("a", data), ("b", other)):
        report = await import_calendar(
            SYSTEM, _order(kept, f"https://x.example/{location}.ics", known)
        )
        assert report.created == 0
    assert await Event.all().count() == events


def _order(organisation: Organisation, location: str, data: bytes) -> Order:
    return Order(organisation.id, location, data, "Europe/Paris")


async def test_an_import_for_a_merged_organisation_says_where_to_go(make: Make) -> None:
    gone, kept = await _pair(make)
    await _merge(gone, kept)

    report = await import_calendar(SYSTEM, _order(gone, "x", calendar(vevent(EVENING))))

    assert any("Les Colibris" in note.message for note in report.errors)


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        # who stands below whom before: (child, parent); what the kept one depends on afterwards
        ([("gone", "town")], "town"),
        ([("kept", "town"), ("gone", "other")], "town"),
        ([("kept", "gone"), ("gone", "town")], "town"),
        ([("gone", "kept"), ("kept", "town")], "town"),
        ([("gone", "other"), ("other", "kept")], None),
        ([("kept", "other"), ("other", "gone"), ("gone", "town")], "town"),
        ([("kept", "gone")], None),
    ],
)
async def test_no_circle_comes_of_the_hierarchy(
    make: Make, parents: list[tuple[str, str]], expected: str | None
) -> None:
    gone, kept = await _pair(make)
    all_four = {
        "gone": gone,
        "kept": kept,
        "town": await make.organisation(),
        "other": await make.organisation(),
    }
    child = await make.organisation()
    await Organisation.filter(id=child.id).update(parent_id=gone.id)
    for below, above in parents:
        await Organisation.filter(id=all_four[below].id).update(parent_id=all_four[above].id)

    await _merge(gone, kept)

    assert (await _again(kept)).parent_id == (all_four[expected].id if expected else None)
    assert (await _again(child)).parent_id == kept.id
    assert (await _again(gone)).parent_id is None
    for start in [*all_four.values(), child]:
        steps, at = 0, await _again(start)
        while at.parent_id is not None:
            at, steps = await Organisation.get(id=at.parent_id), steps + 1
            assert steps < 6, "a circle"


async def test_a_merge_of_merged_ones_leaves_no_chain(client: Visitor, make: Make) -> None:
    first, second = await _pair(make)
    third = await make.organisation("Tous les colibris")
    await _merge(first, second)
    await _merge(second, third)

    assert (await _again(first)).merged_into_id == third.id
    moved = await client.get(f"/organisations/{first.slug}.ics")
    assert moved.headers["location"].endswith(f"/organisations/{third.slug}.ics")
    with pytest.raises(Refused):
        await merging.pair(third.slug, first.slug)


async def test_histories_and_the_journal_remember(make: Make) -> None:
    gone, kept = await _pair(make)
    event = await make.event(organisation=gone)

    await _merge(gone, kept)

    last = await EventRevision.filter(event_id=event.id).order_by("-version").first()
    assert last is not None
    assert (last.action, last.version) == ("organisation_merged", event.version + 1)
    written = [entry async for entry in entries()][-2:]
    assert [(e.action, e.object) for e in written] == [
        ("organisation.merged", str(gone.id)),
        ("organisation.absorbed", str(kept.id)),
    ]
    facts = json.loads(written[0].facts)
    assert (facts["into"], facts["events"]) == (str(kept.id), 1)


async def test_an_old_version_comes_back_with_the_organisation_that_is_there(make: Make) -> None:
    gone, kept = await _pair(make)
    event = await make.event(organisation=await make.organisation(), co_organiser_ids=(gone.id,))
    before = content_of_event(event)
    await _merge(gone, kept)

    await save_event(SYSTEM, Change(before, event.organisation_id, event.id))

    assert (await Event.get(id=event.id)).co_organiser_ids == [kept.id]


async def test_a_merged_organisation_is_in_no_list(login: LogIn, make: Make) -> None:
    gone, kept = await _pair(make)
    await _merge(gone, kept)
    administrator = await login("administrator")

    for path in ("/organisations", "/administration/organisations", "/evenements/nouveau"):
        assert gone.name not in unescape((await administrator.get(path)).text)
    for path in ("modifier", "membres", "import"):
        answer = await administrator.get(f"/organisations/{gone.slug}/{path}")
        assert answer.status_code == 404
    with pytest.raises(Refused):
        await domain.create(
            SYSTEM, domain.Details(gone.name), domain.Standing(gone.kind)
        )  # its address is taken for ever


async def test_nothing_is_written_for_a_merged_organisation(make: Make) -> None:
    gone, kept = await _pair(make)
    event = await make.event(organisation=gone)
    await _merge(gone, kept)

    with pytest.raises(Refused, match="réunie"):
        await save_event(SYSTEM, Change(content_of_event(event), gone.id))


async def test_a_save_and_a_merge_at_once_leave_no_event_behind(make: Make) -> None:
    gone, kept = await _pair(make)
    content = content_of_event(await make.event(when=tomorrow_evening()))
    mark = (await merging.effects(gone, kept)).mark

    results = await asyncio.gather(
        *(save_event(SYSTEM, Change(content, gone.id)) for _ in range(4)),
        merging.merge(SYSTEM, gone.slug, kept.slug, mark),
        *(save_event(SYSTEM, Change(content, gone.id)) for _ in range(4)),
        return_exceptions=True,
    )

    assert all(isinstance(r, Refused) for r in results if isinstance(r, BaseException))
    merged = (await _again(gone)).merged_into_id == kept.id
    assert merged == (not isinstance(results[4], Conflict))
    assert not (merged and await Event.exists(organisation_id=gone.id))


async def test_only_administrators_merge(make: Make) -> None:
    gone, kept = await _pair(make)
    user = await make.member("owner", gone)
    await people.add_member(user, kept, Role.OWNER)

    with pytest.raises(Denied):
        await merging.merge(await actor_of_user(user), gone.slug, kept.slug, "")


async def test_one_organisation_is_not_merged_into_itself(login: LogIn, make: Make) -> None:
    gone, _kept = await _pair(make)
    administrator = await login("administrator")

    answer = await administrator.get(
        f"/administration/organisations/{gone.slug}/reunir", params={"into": gone.slug}
    )

    assert answer.status_code == 422
    assert "deux organisations différentes" in unescape(answer.text)


async def test_an_owner_reads_at_once_what_an_administrator_verified(
    client: Visitor, make: Make, site: "Site"
) -> None:
    """Pages held in memory are dropped though no event changed."""
    organisation = await make.organisation("Colibris")
    assert "vérifiée" not in (await client.get("/organisations/colibris")).text

    await domain.edit(
        SYSTEM,
        organisation.slug,
        domain.Details("Colibris", description="On plante."),
        domain.Standing(organisation.kind, verified=True),
    )
    await site.feeds.settle()

    assert "vérifiée" in (await client.get("/organisations/colibris")).text
