import pytest

from palabre.errors import Refused
from palabre.importing.ical.calendar import grouped, open_calendar
from palabre.importing.ical.limits import Limits
from palabre.importing.ical.scan import identity
from tests.core.importing.writing import EVENING, calendar, event, messages, read


def test_events_are_cut_out_with_their_lines_and_keys() -> None:
    data = calendar(event(EVENING, uid="a"), event(EVENING, uid="b"))

    file = open_calendar(data)

    assert [(raw.uid, raw.line, raw.key) for raw in file.events] == [
        ("a", 5, "a\n"),
        ("b", 11, "b\n"),
    ]


def test_the_fingerprint_ignores_the_stamp_of_the_export_and_sees_everything_else() -> None:
    def fingerprint(data: bytes) -> bytes:
        return open_calendar(data).events[0].fingerprint

    usual = calendar(event(EVENING))

    assert fingerprint(usual.replace(b"20261101T120000Z", b"20270101T000000Z")) == fingerprint(
        usual
    )
    assert fingerprint(usual.replace(b"\r\n", b"\n")) == fingerprint(usual)
    others = {
        fingerprint(usual.replace(b"183000", b"183001")),
        fingerprint(calendar(event(EVENING), head=("METHOD:CANCEL",))),
        fingerprint(calendar(event(EVENING), head=("X-WR-TIMEZONE:Africa/Dakar",))),
        fingerprint(usual),
    }
    assert len(others) == 4


def test_an_event_without_uid_is_known_by_its_start_and_title() -> None:
    one = identity(b"DTSTART:20261114T183000\nSUMMARY:La  Veill\xc3\xa9e\nDESCRIPTION:x")
    same = identity(b"SUMMARY:la veill\xc3\xa9e\nDTSTART:20261114T183000")
    other = identity(b"SUMMARY:la veill\xc3\xa9e\nDTSTART:20261115T183000")

    assert one[2] == same[2] != other[2]


def test_alarms_and_parts_unknown_are_left_out_of_the_event() -> None:
    alarm = "BEGIN:VALARM\nTRIGGER:-PT15M\nDESCRIPTION:Rappel\nSUMMARY:Rappel\nEND:VALARM"

    reading = read(event(alarm, EVENING, title=""), event(EVENING, uid="b"))

    assert [item.content.title for item in reading.events] == ["Sans titre", "Veillée"]
    assert reading.events[0].content.description == ""


def test_todos_journals_and_busy_times_are_counted_as_skipped() -> None:
    todo = "BEGIN:VTODO\nUID:t\nSUMMARY:Acheter\nEND:VTODO"
    busy = "BEGIN:VFREEBUSY\nUID:f\nEND:VFREEBUSY"

    file = open_calendar(calendar(todo, todo, busy, event(EVENING)))

    assert (len(file.events), file.skipped) == (1, 3)
    assert [note.message for note in file.notes] == [
        "Laissé de côté, car ce ne sont pas des événements : 1 plage d’occupation.",
        "Laissé de côté, car ce ne sont pas des événements : 2 tâches.",
    ]


@pytest.mark.parametrize("kept", [-len(b"END:VCALENDAR\r\n"), -40, 60])
def test_a_truncated_calendar_is_refused(kept: int) -> None:
    with pytest.raises(Refused, match="avant sa fin"):
        open_calendar(calendar(event(EVENING))[:kept])


def test_a_forgotten_end_costs_nothing_but_a_note() -> None:
    data = calendar(event(EVENING, uid="a").removesuffix("\nEND:VEVENT"), event(EVENING, uid="b"))

    file = open_calendar(data)

    assert [raw.uid for raw in file.events] == ["a", "b"]
    assert [note.message for note in file.notes] == ["« END:VEVENT » oublié : ajouté."]


def test_text_after_the_end_is_told_and_two_calendars_are_both_read() -> None:
    two = calendar(event(EVENING, uid="a")) + b"\r\n" + calendar(event(EVENING, uid="b"))

    file = open_calendar(two + b"merci !")

    assert len(file.events) == 2
    assert [note.message for note in file.notes] == [
        "Du texte suit la fin du calendrier : laissé de côté."
    ]


def test_an_event_outside_any_calendar_is_taken() -> None:
    assert len(open_calendar(event(EVENING).encode()).events) == 1


def test_absurd_nesting_and_numbers_are_refused() -> None:
    with pytest.raises(Refused, match="imbrique"):
        open_calendar(calendar("BEGIN:VALARM\n" * 5000))
    with pytest.raises(Refused, match="plus de 2 "):
        open_calendar(calendar(*[event(EVENING)] * 3), Limits(events=2))


def test_an_endless_event_is_left_out_and_the_others_are_taken() -> None:
    long = event(EVENING, *["X-LINE:1"] * 6000, uid="long")

    groups = grouped(open_calendar(calendar(long, event(EVENING))))

    assert [raw.uid for raw in groups.left_out] == ["long"]
    assert len(groups.groups) == 1


def test_a_file_inside_an_event_and_an_endless_line_cost_only_themselves() -> None:
    photo = "ATTACH;ENCODING=BASE64;VALUE=BINARY:" + "\n ".join(["QUJD" * 18] * 20_000)
    endless = "DESCRIPTION:" + "\n ".join(["x" * 73] * 20_000)

    reading = read(event(EVENING, photo, endless, "LOCATION:Salle des fêtes"))

    (item,) = reading.events
    assert item.place is not None
    assert item.place.name == "Salle des fêtes"
    assert messages(reading) == ["Ligne de plus de 1 Mo, laissée de côté."]
    assert reading.notes[0].line == 20_009


def test_the_same_event_twice_is_one_and_with_other_words_it_is_two() -> None:
    reading = read(event(EVENING), event(EVENING), event(EVENING, title="Autre veillée"))

    assert [(item.content.title, item.key) for item in reading.events] == [
        ("Veillée", "veillee@example.org\n"),
        ("Autre veillée", "veillee@example.org\n\n#2"),
    ]
    assert messages(reading) == [
        "Même événement deux fois : pris une fois.",
        "Même UID qu’un autre événement, autre contenu : pris comme un événement à part.",
    ]


def test_a_hole_in_lines_is_no_hole_in_their_numbers() -> None:
    alarm = "BEGIN:VALARM\nTRIGGER:-PT15M\nEND:VALARM"

    reading = read(event(alarm, EVENING, "URL:javascript:x"))

    assert [(note.line, note.message) for note in reading.notes] == [
        (12, "Adresse web inutilisable, laissée de côté.")
    ]
