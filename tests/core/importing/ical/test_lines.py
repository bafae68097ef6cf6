import pytest

from palabre.importing.ical.lines import properties
from palabre.importing.ical.notes import Notebook


def read(octets: bytes) -> tuple[dict[str, str], list[str]]:
    notes = Notebook()
    found = properties(octets, 1, notes)
    return {prop.name: prop.value for prop in found}, [note.message for note in notes.notes]


def test_folds_are_joined_before_decoding() -> None:
    octets = "SUMMARY:Fé".encode()[:-1] + b"\n \xa9te\nUID:a\n\tb"

    assert read(octets) == ({"SUMMARY": "Féte", "UID": "ab"}, [])


def test_a_continuation_without_its_space_is_kept_with_a_note() -> None:
    said, notes = read(b"DESCRIPTION:Premier\nHoraires: 14 h\nhttps://example.org\nUID:a")

    assert said == {"DESCRIPTION": "Premier\\nHoraires: 14 h\\nhttps://example.org", "UID": "a"}
    assert notes == ["Suite de ligne sans espace devant : rattachée à la ligne d’avant."]


def test_a_bad_line_spoils_that_line() -> None:
    said, notes = read(b"UID:a\n=====\nDTSTART\nSUMMARY:Bal")

    assert said == {"UID": "a", "SUMMARY": "Bal"}
    assert notes == ["Ligne illisible, laissée de côté."]


def test_parameters_are_unquoted() -> None:
    (prop,) = properties(
        b'DTSTART;TZID="Europe/Paris";X-A="a;b:c^n^^^\'";VALUE=DATE-TIME:20261114T183000',
        1,
        Notebook(),
    )

    assert prop.params == {"TZID": "Europe/Paris", "X-A": 'a;b:c\n^"', "VALUE": "DATE-TIME"}
    assert prop.value == "20261114T183000"


def test_people_and_files_inside_are_not_read() -> None:
    said, notes = read(
        b"ATTENDEE;CN=Jeanne:mailto:jeanne@example.org\nORGANIZER:mailto:j@example.org\n"
        b"ATTACH;ENCODING=BASE64;VALUE=BINARY:QUJD\nCONTACT:Jeanne\nUID:a"
    )

    assert (said, notes) == ({"UID": "a"}, [])


def test_an_endless_line_is_dropped() -> None:
    said, notes = read(b"X-ALT-DESC:" + b"a" * 2_000_000 + b"\nUID:a")

    assert said == {"UID": "a"}
    assert notes == ["Ligne de plus de 1 Mo, laissée de côté."]


def test_quoted_printable_of_old_programs_is_read() -> None:
    said, _notes = read(
        b"SUMMARY;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:F=C3=AAte du =\nvillage\nUID:a"
    )

    assert said == {"SUMMARY": "Fête du village", "UID": "a"}


@pytest.mark.parametrize(
    "octets", [b'A;B="' * 20_000, b";" * 100_000, b"A" * 100_000, b'A;"' * 9999]
)
def test_nonsense_is_read_in_no_time(octets: bytes) -> None:
    said, _notes = read(octets)

    assert said == {}
