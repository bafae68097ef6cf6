from datetime import date

from palabre.events.recurrence import expand
from palabre.events.values import Content, Status
from palabre.importing.ical.model import ImportedEvent
from tests.core.importing.writing import EVENING, calendar, event, messages, read, read_one

DAILY = (EVENING, "DTEND;TZID=Europe/Paris:20261114T200000", "RRULE:FREQ=DAILY;COUNT=5")


def changed(day: int, *lines: str, title: str = "Veillée", more: str = "") -> str:
    start = f"RECURRENCE-ID{more};TZID=Europe/Paris:202611{day}T183000"
    return event(start, *lines, title=title)


def dates(content: Content) -> list[tuple[str, str, bool]]:
    return [
        (
            f"{single.when.starts:%m%d %H%M}",
            single.override.title or "" if single.override else "",
            single.cancelled,
        )
        for single in expand(content, today=date(2026, 11, 1))
    ]


def only(*parts: str) -> ImportedEvent:
    (item,) = read(*parts).events
    return item


def test_a_moved_a_renamed_and_a_cancelled_date_join_their_series() -> None:
    item = only(
        changed(15, "DTSTART;TZID=Europe/Paris:20261115T150000", title="À quinze heures"),
        event(*DAILY),
        changed(16, "DTSTART;TZID=Europe/Paris:20261116T183000", "STATUS:CANCELLED"),
        changed(
            17,
            "DTSTART;TZID=Europe/Paris:20261117T183000",
            "DTEND;TZID=Europe/Paris:20261117T200000",
        ),
    )

    assert dates(item.content) == [
        ("1114 1830", "", False),
        ("1115 1500", "À quinze heures", False),
        ("1116 1830", "", True),
        ("1117 1830", "", False),
        ("1118 1830", "", False),
    ]
    assert [entry.key for entry in item.entries] == [
        "veillee@example.org\n",
        "veillee@example.org\n20261115T183000",
        "veillee@example.org\n20261116T183000",
        "veillee@example.org\n20261117T183000",
    ]
    assert item.content.overrides[2].when is None


def test_a_date_in_utc_or_in_days_finds_its_place() -> None:
    item = only(
        event(*DAILY),
        event("RECURRENCE-ID:20261115T173000Z", "DTSTART:20261115T183000Z", title="Plus tard"),
        event("RECURRENCE-ID;VALUE=DATE:20261116", "DTSTART:20261116T183000Z", title="Aussi"),
    )

    assert dates(item.content)[1:3] == [
        ("1115 1930", "Plus tard", False),
        ("1116 1930", "Aussi", False),
    ]


def test_a_date_elsewhere_waits_for_its_venue() -> None:
    item = only(
        event(*DAILY, "LOCATION:Salle des fêtes"),
        changed(15, "DTSTART;TZID=Europe/Paris:20261115T183000", "LOCATION:Gymnase"),
    )

    ((original, place),) = item.override_places
    assert (f"{original:%m%d}", place.name) == ("1115", "Gymnase")
    assert item.place is not None
    assert item.place.name == "Salle des fêtes"


def test_dates_without_their_series_are_events_of_their_own() -> None:
    reading = read(
        changed(15, "DTSTART;TZID=Europe/Paris:20261115T150000"),
        changed(16, "DTSTART;TZID=Europe/Paris:20261116T150000"),
    )

    assert [item.uid for item in reading.events] == [
        "veillee@example.org/20261115T183000",
        "veillee@example.org/20261116T183000",
    ]
    assert (
        messages(reading)
        == ["Date d’une série absente du fichier : prise comme un événement à part."] * 2
    )


def test_this_date_and_all_later_ones_cut_the_series_in_two() -> None:
    reading = read(
        event(*DAILY),
        changed(
            16,
            "DTSTART;TZID=Europe/Paris:20261116T150000",
            "DTEND;TZID=Europe/Paris:20261116T160000",
            title="L’après-midi",
            more=";RANGE=THISANDFUTURE",
        ),
        changed(17, "DTSTART;TZID=Europe/Paris:20261117T183000", "STATUS:CANCELLED"),
    )

    before, after = reading.events
    assert [day for day, _title, _cancelled in dates(before.content)] == ["1114 1830", "1115 1830"]
    assert dates(after.content) == [
        ("1116 1500", "", False),
        ("1117 1830", "", True),
        ("1118 1500", "", False),
    ]
    assert (before.content.title, after.content.title) == ("Veillée", "L’après-midi")


def test_a_change_to_the_only_date_of_an_event_is_the_event() -> None:
    item = only(
        event(EVENING),
        changed(14, "DTSTART;TZID=Europe/Paris:20261114T190000", title="Plus tard"),
    )

    assert (item.content.title, f"{item.content.when.starts:%H%M}", len(item.entries)) == (
        "Plus tard",
        "1900",
        2,
    )


def test_an_unreadable_series_leaves_its_dates() -> None:
    reading = read(
        event("DTSTART:20260230T120000", "RRULE:FREQ=DAILY"),
        changed(15, "DTSTART;TZID=Europe/Paris:20261115T150000"),
    )

    assert [item.uid for item in reading.events] == ["veillee@example.org/20261115T183000"]
    assert [entry.key for entry in reading.unreadable] == ["veillee@example.org\n"]


def test_a_cancelling_calendar_says_so() -> None:
    (item,) = read(event(EVENING, "STATUS:CANCELLED"), head=("METHOD:CANCEL",)).events

    assert item.cancels
    assert item.content.status is Status.CANCELLED


def test_our_own_words_in_front_of_a_title_come_off_again() -> None:
    cancelled = read_one(EVENING, "STATUS:CANCELLED").content
    (postponed,) = read(event(EVENING, title="Reporté : Veillée")).events

    assert (cancelled.title, cancelled.status) == ("Veillée", Status.CANCELLED)
    assert (postponed.content.title, postponed.content.status) == ("Veillée", Status.POSTPONED)


def test_details_are_taken_and_people_are_not() -> None:
    item = read_one(
        EVENING,
        "LOCATION:Salle des fêtes\\, 3 place de la Mairie\\, 38500 Voiron",
        "GEO:45.3667;5.5833",
        "URL:https://example.org/veillee",
        "CATEGORIES:Conte,Repas\\, partagé,Conte",
        "CATEGORIES:a\\;b\\\\c",
        "CONFERENCE;VALUE=URI:https://visio.example.org/x",
        "IMAGE;VALUE=URI:https://example.org/a.jpg",
        "CLASS:PRIVATE",
        "SEQUENCE:7",
        "LAST-MODIFIED:20261102T120000Z",
        "ORGANIZER;CN=Jeanne:mailto:jeanne@example.org",
        "ATTENDEE:mailto:x@example.org",
    )

    content, place, entry = item.content, item.place, item.entries[0]
    assert place is not None
    assert (place.name, place.address, place.postal_code, place.commune) == (
        "Salle des fêtes",
        "3 place de la Mairie",
        "38500",
        "Voiron",
    )
    assert (place.latitude, place.longitude) == (45.3667, 5.5833)
    assert (content.url, content.online_url) == (
        "https://example.org/veillee",
        "https://visio.example.org/x",
    )
    assert content.categories == ("Conte", "Repas partagé", "a b c")
    assert content.image is not None
    assert content.image.url == "https://example.org/a.jpg"
    assert (item.private, entry.sequence, f"{entry.modified:%d}") == (True, 7, "02")
    assert "example.org/x@" not in repr(item)
    assert "jeanne" not in repr(item).lower()


def test_places_in_other_forms() -> None:
    def place(*lines: str) -> tuple[str, str, str] | None:
        found = read_one(EVENING, *lines).place
        return (found.name, found.address, found.commune) if found else None

    assert place("LOCATION:Place de la Mairie\\nVoiron") == ("Place de la Mairie, Voiron", "", "")
    assert place("LOCATION:MJC\\, 38000 Grenoble\\, France") == (
        "MJC, 38000 Grenoble, France",
        "",
        "Grenoble",
    )
    assert place("LOCATION:https://visio.example.org/x") is None
    assert place("LOCATION:") is None
    assert place(
        'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-ADDRESS="1 rue X, 38000 Grenoble";X-TITLE="La MJC"'
        ":geo:45.18,5.72"
    ) == ("La MJC", "1 rue X", "Grenoble")


def test_the_zero_point_of_the_ocean_is_no_place() -> None:
    place = read_one(EVENING, "LOCATION:Ici", "GEO:0.0;0.0").place

    assert place is not None
    assert place.latitude is None


def test_calendars_one_after_the_other_keep_their_own_zone() -> None:
    both = calendar(event("DTSTART:20261114T183000", uid="a"), head=("X-WR-TIMEZONE:Africa/Dakar",))
    both += calendar(
        event("DTSTART:20261114T183000", uid="b"), head=("X-WR-TIMEZONE:Asia/Yerevan",)
    )
    from palabre.importing.ical.calendar import read_all

    assert [item.content.when.zone for item in read_all(both).events] == [
        "Africa/Dakar",
        "Asia/Yerevan",
    ]
