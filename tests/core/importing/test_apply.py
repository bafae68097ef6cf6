"""The whole way into the database: what comes in, what comes in twice, what people changed."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from palabre.errors import Denied, Refused
from palabre.events.domain.reading import content_of_event
from palabre.events.domain.saving import Change, save_event
from palabre.events.domain.transitions import delete, withdraw
from palabre.events.models import Event, EventRevision
from palabre.events.values import Publication, Status
from palabre.importing import apply, sources, workers
from palabre.importing.apply import Order, import_calendar
from palabre.importing.models import Source, SourceEvent
from palabre.importing.report import Report
from palabre.people.domain import create_organisation
from palabre.people.models import Organisation, Role
from palabre.people.permissions import ANONYMOUS, SYSTEM, Actor
from tests.core.importing.writing import EVENING, calendar, event

MORNING = "DTSTART;TZID=Europe/Paris:20261115T100000"


@pytest.fixture
async def organisation(database: str) -> Organisation:
    return await create_organisation("Foyer rural")


class Importer:
    """Imports into one organisation, from one source unless another is named."""

    def __init__(self, organisation: Organisation) -> None:
        self.organisation = organisation
        self.order = Order(organisation.id, "agenda.ics", b"")
        self.head: tuple[str, ...] = ()

    async def __call__(self, *parts: str, head: tuple[str, ...] = (), **more: object) -> Report:
        data = calendar(*parts, head=head or self.head)
        actor = more.pop("actor", SYSTEM)
        assert isinstance(actor, Actor)
        order = replace(self.order, data=data, **more)  # type: ignore[arg-type]  # fields of Order
        return await import_calendar(actor, order)


@pytest.fixture
def take(organisation: Organisation) -> Importer:
    return Importer(organisation)


def counts(report: Report) -> tuple[int, int, int, int, int]:
    """Created, updated, unchanged, cancelled, skipped."""
    assert report.errors == []
    return report.created, report.updated, report.unchanged, report.cancelled, report.skipped


def said(report: Report) -> list[str]:
    return [note.message for note in report.warnings]


async def titles() -> list[str]:
    return sorted([found.title for found in await Event.all()])


async def edit(uid: str, **changes: object) -> None:
    found = await Event.get(uid=uid)
    content = replace(content_of_event(found), **changes)  # type: ignore[arg-type]  # fields of Content
    await save_event(SYSTEM, Change(content, found.organisation_id, event_id=found.id))


async def test_events_come_in_published_with_their_uid_and_place(take: Importer) -> None:
    report = await take(event(EVENING, "LOCATION:Salle des fêtes\\, 38500 Voiron", "SEQUENCE:4"))

    found = await Event.get().select_related("venue")
    assert counts(report) == (1, 0, 0, 0, 0)
    assert (found.uid, found.publication, found.sequence) == ("veillee@example.org", "published", 4)
    assert found.venue is not None
    assert (found.venue.name, found.venue.commune) == ("Salle des fêtes", "Voiron")
    assert (await EventRevision.get()).action == "imported"


async def test_the_second_import_changes_nothing(take: Importer) -> None:
    parts = (
        event(EVENING, "RRULE:FREQ=DAILY;COUNT=3"),
        event("RECURRENCE-ID;TZID=Europe/Paris:20261115T183000", MORNING),
    )

    first = await take(*parts)
    before = await Event.get().values()
    again = await take(*parts)
    restamped = await take(*(part.replace("DTSTAMP:2026", "DTSTAMP:2027") for part in parts))

    assert counts(first) == (2, 0, 0, 0, 0)
    assert counts(again) == counts(restamped) == (0, 0, 2, 0, 0)
    assert await Event.get().values() == before


async def test_a_change_in_the_source_changes_that_event(take: Importer) -> None:
    await take(event(EVENING, uid="a"), event(EVENING, uid="b"))

    report = await take(event(EVENING, uid="a"), event(EVENING, uid="b", title="Grande veillée"))

    assert counts(report) == (0, 1, 1, 0, 0)
    assert await titles() == [
        "Grande veillée",
        "Veillée",
    ]
    assert (await Event.get(uid="b")).sequence == 1


async def test_a_persons_correction_survives_and_is_told(take: Importer) -> None:
    await take(event(EVENING))
    await edit("veillee@example.org", title="Veillée de contes", price_text="gratuit")

    same = await take(event(EVENING))
    changed = await take(event(EVENING, "DESCRIPTION:Venez", title="Veillée !"))
    back = await take(event(EVENING, "DESCRIPTION:Venez tous", title="Veillée !"))

    found = await Event.get()
    assert (found.title, found.description, found.price_text) == (
        "Veillée de contes",
        "Venez tous",
        "gratuit",
    )
    assert [counts(report) for report in (same, changed, back)] == [
        (0, 0, 1, 0, 0),
        (0, 1, 0, 0, 0),
        (0, 1, 0, 0, 0),
    ]
    assert said(same) == []
    assert said(changed) == said(back) == ["Corrigé ici, gardé tel quel : titre."]


async def test_what_was_deleted_or_withdrawn_here_does_not_come_back(take: Importer) -> None:
    private = event(EVENING, "CLASS:PRIVATE", uid="draft")
    await take(private, event(EVENING, uid="public"))
    await delete(SYSTEM, (await Event.get(uid="draft")).id)
    await withdraw(SYSTEM, (await Event.get(uid="public")).id)

    report = await take(
        private.replace("Veillée", "Autre"), event(EVENING, uid="public", title="Autre veillée")
    )

    assert counts(report) == (0, 1, 0, 0, 1)
    assert "Supprimé ici depuis le dernier import : pas repris." in said(report)
    assert (await Event.get()).publication == Publication.WITHDRAWN


async def test_absent_events_stay(take: Importer) -> None:
    await take(event(EVENING, uid="a"), event(EVENING, uid="b"))

    without = await take(event(EVENING, uid="a"))
    empty = await take()
    back = await take(event(EVENING, uid="a"), event(EVENING, uid="b"))

    assert (without.kept, empty.kept, back.kept) == (1, 2, 0)
    assert await Event.filter(publication="published", status="scheduled").count() == 2
    assert said(empty) == ["Ce calendrier ne contient aucun événement."]
    assert await SourceEvent.filter(missing_since__isnull=False).count() == 0


async def test_cancelling_in_the_source_cancels_here(take: Importer) -> None:
    await take(event(EVENING), event(EVENING, "RRULE:FREQ=DAILY;COUNT=3", uid="s"))

    report = await take(
        event(EVENING, "STATUS:CANCELLED"),
        event(EVENING, "RRULE:FREQ=DAILY;COUNT=3", uid="s"),
        event(
            "RECURRENCE-ID;TZID=Europe/Paris:20261115T183000",
            "DTSTART;TZID=Europe/Paris:20261115T183000",
            "STATUS:CANCELLED",
            uid="s",
        ),
    )

    assert counts(report) == (0, 0, 1, 2, 0)
    assert (await Event.get(uid="veillee@example.org")).status == Status.CANCELLED
    assert [o["cancelled"] for o in (await Event.get(uid="s")).overrides] == [True]


async def test_a_cancelling_calendar_cancels_what_it_names(take: Importer) -> None:
    cancel = ("METHOD:CANCEL",)
    await take(
        event(EVENING, "DESCRIPTION:Venez"), event(EVENING, "RRULE:FREQ=DAILY;COUNT=3", uid="s")
    )

    whole = await take(event(EVENING, "SEQUENCE:1", title=""), head=cancel, location="mail.ics")
    date = await take(
        event(
            EVENING.replace("14T", "15T"),
            "RECURRENCE-ID;TZID=Europe/Paris:20261115T183000",
            uid="s",
        ),
        head=cancel,
        location="mail2.ics",
    )
    unknown = await take(event(EVENING, uid="x"), head=cancel, location="mail3.ics")

    assert [counts(report) for report in (whole, date, unknown)] == [
        (0, 0, 0, 1, 0),
        (0, 0, 0, 1, 0),
        (0, 0, 0, 0, 1),
    ]
    found = await Event.get(uid="veillee@example.org")
    assert (found.status, found.title, found.description) == ("cancelled", "Veillée", "Venez")
    assert [o["cancelled"] for o in (await Event.get(uid="s")).overrides] == [True]
    assert counts(
        await take(event(EVENING, "SEQUENCE:1", title=""), head=cancel, location="mail.ics")
    ) == (0, 0, 1, 0, 0)


async def test_nothing_goes_back_to_an_older_version(take: Importer) -> None:
    await take(event(EVENING, "SEQUENCE:3", "LAST-MODIFIED:20261103T000000Z"))

    lower = await take(event(EVENING, "SEQUENCE:2", title="Ancien"))
    older = await take(
        event(EVENING, "SEQUENCE:3", "LAST-MODIFIED:20261102T000000Z", title="Ancien")
    )
    newer = await take(
        event(EVENING, "SEQUENCE:3", "LAST-MODIFIED:20261104T000000Z", title="Nouveau")
    )

    assert [counts(report) for report in (lower, older, newer)] == [
        (0, 0, 1, 0, 0),
        (0, 0, 1, 0, 0),
        (0, 1, 0, 0, 0),
    ]
    assert said(lower) == ["Version plus ancienne que celle d’ici : laissée de côté."]
    assert (await Event.get()).title == "Nouveau"


async def test_the_same_calendar_under_another_name_is_the_same(take: Importer) -> None:
    take.head = ("X-WR-CALNAME:Foyer rural",)
    await take(event(EVENING, uid="a"), event(EVENING, uid="b"))

    renamed = await take(
        event(EVENING, uid="a"), event(EVENING, "DESCRIPTION:x", uid="b"), location="agenda (1).ics"
    )
    again = await take(
        event(EVENING, uid="a"), event(EVENING, "DESCRIPTION:x", uid="b"), location="agenda (1).ics"
    )
    first = await take(event(EVENING, uid="a"), event(EVENING, uid="b"))

    assert counts(renamed) == (0, 1, 1, 0, 0)
    assert counts(again) == counts(first) == (0, 0, 2, 0, 0)
    assert await Event.all().count() == 2
    assert await Source.all().count() == 2


async def test_the_same_uid_of_another_event_is_another_event(take: Importer) -> None:
    await take(event(EVENING))

    report = await take(event(MORNING, title="Marché"), location="marche.ics")
    again = await take(event(MORNING, title="Marché"), location="marche.ics")

    assert (counts(report), counts(again)) == ((1, 0, 0, 0, 0), (0, 0, 1, 0, 0))
    assert len(set(await Event.all().values_list("uid", flat=True))) == 2


async def test_calendars_without_a_name_are_the_same_when_they_share_most_of_their_events(
    take: Importer,
) -> None:
    parts = [event(EVENING, uid=f"{n}") for n in range(4)]
    await take(*parts)

    report = await take(
        *parts[:3],
        event(EVENING, uid="new"),
        event(EVENING, "DESCRIPTION:x", uid="3"),
        location="2",
    )

    assert counts(report) == (1, 1, 3, 0, 0)


async def test_one_event_under_another_name_is_the_same_when_it_says_the_same_or_is_newer(
    take: Importer,
) -> None:
    await take(event(EVENING))

    same = await take(event(EVENING), location="2")
    newer = await take(event(EVENING, "SEQUENCE:1", title="Grande veillée"), location="3")
    other = await take(event(EVENING, "DESCRIPTION:Ailleurs"), location="4")

    assert [counts(report) for report in (same, newer, other)] == [
        (0, 0, 1, 0, 0),
        (0, 1, 0, 0, 0),
        (1, 0, 0, 0, 0),
    ]


async def test_other_organisations_have_their_own_events(take: Importer) -> None:
    other = await create_organisation("MJC")
    await take(event(EVENING))

    report = await take(event(EVENING), organisation_id=other.id)

    assert counts(report) == (1, 0, 0, 0, 0)


async def test_uids_that_change_at_each_export_are_seen_through(take: Importer) -> None:
    def export(stamp: str, title: str = "Vacances") -> list[str]:
        days = (f"DTSTART;VALUE=DATE:2026121{n}" for n in range(5))
        return [event(day, uid=f"{n}-{stamp}", title=title) for n, day in enumerate(days)]

    await take(*export("monday"))
    report = await take(*export("tuesday"))
    corrected = await take(
        *export("wednesday")[:4], event("DTSTART;VALUE=DATE:20261220", uid="new")
    )

    assert counts(report) == (0, 0, 5, 0, 0)
    assert (
        "Les UID de cette source changent : ses événements sont reconnus à leur date et à leur titre."
        in said(report)
    )
    assert counts(corrected) == (1, 0, 4, 0, 0)
    assert corrected.kept == 1
    assert await Event.all().count() == 6


async def test_events_without_uid_are_found_again(take: Importer) -> None:
    await take(event(EVENING, uid=""), event(MORNING, uid=""))

    report = await take(event(EVENING, "DESCRIPTION:Venez", uid=""), event(MORNING, uid=""))

    assert counts(report) == (0, 1, 1, 0, 0)


async def test_a_date_that_comes_alone_joins_the_series_known_here(take: Importer) -> None:
    await take(event(EVENING, "RRULE:FREQ=DAILY;COUNT=3"))
    date = event("RECURRENCE-ID:20261115T173000Z", MORNING, title="Exceptionnelle")

    report = await take(date, location="invitation.ics", head=("METHOD:REQUEST",))
    again = await take(date, location="invitation.ics", head=("METHOD:REQUEST",))

    found = await Event.get()
    assert (counts(report), counts(again)) == ((0, 1, 0, 0, 0), (0, 0, 1, 0, 0))
    assert [(o["original"], o["title"]) for o in found.overrides] == [
        ("20261115T173000Z", "Exceptionnelle")
    ]
    later = await take(event(EVENING, "RRULE:FREQ=DAILY;COUNT=4"))
    assert (counts(later), said(later)) == ((0, 1, 0, 0, 0), [])


async def test_a_date_back_to_normal_is_back_to_normal(take: Importer) -> None:
    series = event(EVENING, "RRULE:FREQ=DAILY;COUNT=3")
    await take(series, event("RECURRENCE-ID:20261115T173000Z", MORNING))

    report = await take(series)

    assert (counts(report), report.kept) == ((0, 1, 0, 0, 0), 0)
    assert (await Event.get()).overrides == []
    assert counts(await take(series)) == (0, 0, 1, 0, 0)


async def test_a_dry_run_says_the_same_and_does_nothing(take: Importer) -> None:
    parts = (event(EVENING, "LOCATION:Salle", uid="a"), event("DTSTART:20260230", uid="b"))

    trial = await take(*parts, dry_run=True)

    assert (await Event.all().count(), await Source.all().count()) == (0, 0)
    real = await take(*parts)
    assert (
        (counts(trial), said(trial)) == (counts(real), said(real)) == ((1, 0, 0, 0, 1), said(real))
    )
    assert trial.dry_run
    assert counts(await take(*parts, dry_run=True)) == (0, 0, 1, 0, 1)


async def test_what_is_refused_changes_nothing(take: Importer) -> None:
    await take(event(EVENING))
    order = take.order.holding(b"<html>404</html>")

    report = await import_calendar(SYSTEM, order)

    assert report.errors[0].message.startswith("C’est une page web")
    assert await Event.filter(status="scheduled", publication="published").count() == 1


async def test_rights_decide_what_is_published(take: Importer, organisation: Organisation) -> None:
    def member(role: Role) -> Actor:
        return Actor(user_id=None, roles={organisation.id: role})

    await take(event(EVENING, uid="editor"), actor=member(Role.EDITOR), location="1")
    await take(event(EVENING, uid="contributor"), actor=member(Role.CONTRIBUTOR), location="2")
    await take(event(EVENING, "CLASS:CONFIDENTIAL", uid="private"), location="3")

    states = dict(await Event.all().values_list("uid", "publication"))
    assert states == {"editor": "published", "contributor": "submitted", "private": "draft"}
    with pytest.raises(Denied):
        await take(event(EVENING), actor=ANONYMOUS)


async def test_what_a_contributor_may_not_change_is_left_out(
    take: Importer, organisation: Organisation
) -> None:
    await take(event(EVENING, uid="a"))
    contributor = Actor(user_id=None, roles={organisation.id: Role.CONTRIBUTOR})

    report = await take(
        event(EVENING, uid="a", title="Autre"), event(EVENING, uid="b"), actor=contributor
    )

    assert counts(report) == (1, 0, 0, 0, 1)
    assert (await Event.get(uid="a")).title == "Veillée"


async def test_a_long_calendar_is_read_by_workers_and_stored_in_shares(
    take: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply, "ONE_TRANSACTION", 10)
    monkeypatch.setattr(workers, "SHARE", 20)
    monkeypatch.setattr(workers, "_ALONE", 10)
    parts = [event(EVENING, uid=f"{n}", title=f"Veillée {n}") for n in range(70)]
    steps: list[tuple[int, int]] = []

    report = await import_calendar(
        SYSTEM, take.order.holding(calendar(*parts)), lambda *step: steps.append(step)
    )

    assert counts(report) == (70, 0, 0, 0, 0)
    assert steps == [(0, 70), (20, 70), (40, 70), (60, 70), (70, 70)]
    assert counts(await take(*parts)) == (0, 0, 70, 0, 0)


async def test_an_import_that_stops_half_way_leaves_whole_events_and_goes_on_next_time(
    take: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply, "ONE_TRANSACTION", 10)
    monkeypatch.setattr(workers, "SHARE", 20)
    parts = [event(EVENING, uid=f"{n}", title=f"Veillée {n}") for n in range(50)]

    def stop(done: int, _total: int) -> None:
        if done >= 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await import_calendar(SYSTEM, take.order.holding(calendar(*parts)), stop)

    assert await Event.all().count() == await SourceEvent.all().count() == 40
    assert counts(await take(*parts)) == (10, 0, 40, 0, 0)


async def test_a_short_calendar_is_stored_as_a_whole_or_not_at_all(take: Importer) -> None:
    def stop(done: int, _total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await import_calendar(SYSTEM, take.order.holding(calendar(event(EVENING))), stop)

    assert await Event.all().count() == await Source.all().count() == 0


async def test_imports_at_the_same_time_wait_for_each_other(
    take: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "SHARE", 2)
    placed = [event(EVENING, "LOCATION:Salle", uid=f"a{n}", title=f"a{n}") for n in range(8)]
    bare = [event(EVENING, uid=f"b{n}", title=f"b{n}") for n in range(8)]

    reports = await asyncio.gather(
        take(*placed, *bare, location="1"),
        take(*(part.replace("UID:", "UID:x") for part in (*bare, *placed)), location="2"),
        take(*placed, *bare, location="1"),
    )

    assert sorted(counts(report)[:3] for report in reports) == [(0, 0, 16), (16, 0, 0), (16, 0, 0)]
    assert await Event.all().count() == 32


async def test_an_import_overtaken_by_another_stops(
    take: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply, "ONE_TRANSACTION", 1)
    overtaken = [event(EVENING, uid="a"), event(EVENING, uid="b")]

    async def overtake(*_arguments: object) -> None:
        raise Refused("dépassé")

    monkeypatch.setattr(sources, "still_ours", overtake)
    report = await take(*overtaken)

    assert [note.message for note in report.errors] == ["dépassé"]
    assert await Event.all().count() == 0


async def test_text_that_was_encoded_twice_can_be_repaired(take: Importer) -> None:
    garbled = "Fête".encode().decode("cp1252")

    kept = await take(event(EVENING, title=garbled), location="1")
    repaired = await take(event(MORNING, title=garbled), location="2", repair=True)

    assert said(kept) == [
        "Accents deux fois encodés (« Ã© » pour « é ») : gardés tels quels, réparables."
    ]
    assert said(repaired) == ["Accents deux fois encodés : réparés."]
    assert await titles() == [garbled, "Fête"]


async def test_calendars_given_as_text_are_known_by_their_name(take: Importer) -> None:
    name = ("X-WR-CALNAME:Foyer",)
    await take(event(EVENING), head=name, location="")

    report = await take(event(EVENING), head=name, location="")

    assert counts(report) == (0, 0, 1, 0, 0)
    assert (await Source.get()).location == "text:Foyer"


async def test_bytes_that_no_database_takes_are_no_trouble(take: Importer) -> None:
    nul = event(
        EVENING + "\0", "RECURRENCE-ID:2026\0", "LOCATION:Sal\0le", uid="a\0b", title="Bal\0"
    )
    without = event("DTSTART:\0", uid="", title="\0\ud800".encode("utf-8", "replace").decode())

    report = await take(
        nul, without, event(EVENING), location="a\0.ics", head=("X-WR-CALNAME:a\0",)
    )

    assert counts(report) == (1, 0, 0, 0, 2)


async def test_uids_too_long_or_taken_are_replaced(take: Importer) -> None:
    long = "x" * 300
    await take(event(EVENING, uid=long))

    report = await take(event(EVENING, uid=long))

    assert counts(report) == (0, 0, 1, 0, 0)
    found = await Event.get()
    assert isinstance(found.id, UUID)
    assert found.uid != long
