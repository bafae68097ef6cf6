import json

from palabre.errors import Refused
from palabre.importing.ical.model import Note
from palabre.importing.report import MAX_NOTES, Report, nothing_new, refused


def test_json_holds_integers_and_lists() -> None:
    report = Report(created=2, skipped=1)
    report.warn([Note(12, "a@b", "Événement sans titre.")])

    assert json.loads(report.to_json()) == {
        "created": 2,
        "updated": 0,
        "unchanged": 0,
        "cancelled": 0,
        "skipped": 1,
        "kept": 0,
        "dry_run": False,
        "warnings": [{"line": 12, "uid": "a@b", "message": "Événement sans titre."}],
        "errors": [],
    }


def test_people_read_counts_and_remarks_grouped() -> None:
    report = Report(created=1, unchanged=2, kept=1)
    report.warn(
        [
            *(Note(line, "", "Heure sans fuseau.") for line in range(10, 17)),
            Note(3, "", "x"),
            Note(0, "", "y"),
        ]
    )

    assert list(report.sentences()) == [
        "Import terminé :",
        "  1 événement ajouté",
        "  2 événements inchangés",
        "  1 événement absent de la source, gardé ici",
        "À vérifier :",
        "  • Heure sans fuseau. (7 fois, lignes 10, 11, 12, 13, 14…)",
        "  • x (ligne 3)",
        "  • y",
    ]


def test_a_refusal_says_why() -> None:
    report = refused(Refused("Ce fichier est vide : rien n’a été changé."))

    assert not report.taken
    assert list(report.sentences()) == [
        "Rien n’a été importé.",
        "Ce fichier est vide : rien n’a été changé.",
    ]


def test_a_dry_run_and_an_empty_source_say_so() -> None:
    assert list(Report(dry_run=True).sentences()) == [
        "Essai, rien n’est enregistré :",
        "  aucun événement dans cette source",
    ]
    assert nothing_new(3).unchanged == 3


def test_remarks_cannot_speak_to_a_terminal() -> None:
    report = Report()
    report.warn([Note(1, "a\x1b[2J", "« \x1b]0;x\x07\u202e\0 » n’est pas une date.")])

    assert report.warnings == [Note(1, "a[2J", "« ]0;x » n’est pas une date.")]


def test_thousands_of_remarks_are_counted() -> None:
    report = Report()
    report.warn(Note(line, "", "x") for line in range(1, MAX_NOTES + 3))

    warnings = json.loads(report.to_json())["warnings"]
    assert len(report.warnings) == MAX_NOTES
    assert warnings[-1]["message"] == "et 2 autres remarques"
    assert list(report.sentences())[-1] == "  • et 2 autres remarques"
