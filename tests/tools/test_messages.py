"""The catalogue check: every sentence said in French has its English."""

from pathlib import Path

import pytest

from tools import messages

SOURCE = """
from palabre.i18n import gettext as _, ngettext

def greet(name, number):
    return _("Bonjour {name}").format(name=name) + ngettext("un jour", "des jours", number)
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "palabre_sample"
    (folder / "templates").mkdir(parents=True)
    (folder / "code.py").write_text(SOURCE)
    (folder / "templates/page.html").write_text("<p>{{ _('Au revoir') }}</p>")
    return folder


def faults(package: Path) -> list[str]:
    source, catalogue = messages.sentences(package), messages.read_catalogue(package, "en")
    return sorted(messages.faults(source, catalogue))


def write(package: Path, text: str) -> None:
    path = messages.catalogue_path(package, "en")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_new_sentence_is_missing(package: Path) -> None:
    assert faults(package) == [
        "no translation of “Au revoir”",
        "no translation of “Bonjour {name}”",
        "no translation of “un jour”",
    ]


def test_update_adds_empty_entries_and_is_stable(package: Path) -> None:
    messages.update(package, "en")
    first = messages.catalogue_path(package, "en").read_text()
    messages.update(package, "en")

    assert messages.catalogue_path(package, "en").read_text() == first
    assert len(faults(package)) == 3


def test_a_complete_catalogue_has_no_fault(package: Path) -> None:
    write(
        package,
        'msgid "Bonjour {name}"\nmsgstr "Hello {name}"\n\n'
        'msgid "un jour"\nmsgid_plural "des jours"\nmsgstr[0] "a day"\nmsgstr[1] "days"\n\n'
        'msgid "Au revoir"\nmsgstr "Goodbye"\n',
    )

    assert faults(package) == []


def test_guessed_stale_and_misquoted_entries_are_named(package: Path) -> None:
    write(
        package,
        'msgid "Bonjour {name}"\nmsgstr "Hello {nom}"\n\n'
        'msgid "un jour"\nmsgid_plural "des jours"\nmsgstr[0] "a day"\nmsgstr[1] ""\n\n'
        '#, fuzzy\nmsgid "Au revoir"\nmsgstr "Goodbye"\n\n'
        'msgid "Plus dit"\nmsgstr "No longer said"\n',
    )

    assert faults(package) == [
        "guessed translation of “Au revoir”",
        "no translation of “un jour”",
        "nobody says “Plus dit” any more; run `make messages`",
        "other placeholders in the translation of “Bonjour {name}”",
    ]
