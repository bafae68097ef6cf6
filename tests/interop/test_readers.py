"""Our calendars read by programs that are not ours: every event, every field, every date."""

from collections.abc import Callable

import pytest

from palabre.feeds import lines
from tests.core.feeds.examples import calendar

from .agenda import EVENTS, dates, master, without_description
from .readers import READERS, Reading

pytestmark = pytest.mark.interop
# x-wr-timezone 2.0, which recurring-ical-events asks, takes UTC times to X-WR-TIMEZONE and there
# confuses the two passes of the hour that autumn repeats.
KNOWN_FAULTS = {"icalendar": {"Seconde 2 h 30"}}
Read = Callable[[bytes], Reading]


@pytest.fixture(scope="module")
def raw() -> bytes:
    return calendar(*EVENTS)


@pytest.fixture(scope="module", params=READERS)
def reading(request: pytest.FixtureRequest, raw: bytes) -> Reading:
    return READERS[request.param](raw)


def test_every_event_arrives_with_every_field(reading: Reading) -> None:
    seen = {without_description(event) for event in reading.events if event.original is None}

    assert seen == {master(event) for event in EVENTS}


def test_descriptions_arrive_whole(reading: Reading) -> None:
    seen = {event.uid: event.description for event in reading.events if event.original is None}

    for event in EVENTS:
        if not event.gone:
            assert lines.clean(event.content.description).strip() in seen[event.uid]
        assert ("Page de l’événement : https://" in seen[event.uid]) is not event.gone


def test_every_date_is_where_our_own_pages_have_it(
    reading: Reading, request: pytest.FixtureRequest
) -> None:
    faults = KNOWN_FAULTS.get(request.node.callspec.params["reading"], set())
    ours = set().union(*(dates(event) for event in EVENTS if event.content.title not in faults))
    theirs = {occurrence for occurrence in reading.occurrences if occurrence[3] not in faults}

    assert theirs - ours == set()
    assert ours - theirs == set()
    assert len(ours) > 150


def test_changed_dates_arrive_as_changes_of_their_own(reading: Reading) -> None:
    seen = {
        (event.original, event.summary, event.location)
        for event in reading.events
        if event.original
    }

    hall = "Salle « des fêtes », 1, rue du Puits, 38420 Domène"
    title = "Soirée « Regards croisés » ; échanges, thé"
    assert seen == {
        ("2026-11-24T19:00:00Z", f"Annulé : {title}", hall),
        ("2026-12-01T19:00:00Z", "Soirée spéciale", 'Chez "Awa", Kédougou, Sénégal'),
        ("2026-12-08T19:00:00Z", f"Complet : {title}", hall),
        ("2026-11-03", "Annulé : Semaine de jeux", None),
        ("2026-11-05", "Semaine de jeux", None),
        ("2026-12-09T19:00:00Z", "Changement sans date", None),
    }


def test_every_reader_sees_the_same(raw: bytes) -> None:
    readings = [read(raw) for read in READERS.values()]

    assert readings[0].events == readings[1].events == readings[2].events
