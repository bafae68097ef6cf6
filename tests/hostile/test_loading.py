"""A plugin that can't be used is refused with its reason; the others are there."""

import pytest

from palabre.plugins.extension import Standing
from tests.hostile.conftest import Load

REASONS = {
    "bad_address": "N’a pas pu être montée : ValueError: Duplicated param name one at path /{one}/{one}",
    "broken_words": "N’a pas pu être traduite (broken_words.po) : PoFileError: missing msgstr for msgid 'roke' on 3",
    "none_title": "NavigationItem.title vaut None au lieu d’un texte",
    "broken_models": "N’a pas pu être liée à ses modèles : ConfigurationError: No model with name 'Nobody' registered in app 'core'.",
    "exits_at_import": "N’a pas pu être importée : SystemExit: 3",
    "fails_at_import": "N’a pas pu être importée : RuntimeError: la configuration manque",
    "foreign_table": "La table 'core_user' de Nest doit commencer par foreign_table_.",
    "hangs_at_import": "N’a pas pu être importée en 1 s.",
    "no_manifest": "Le paquet n’exporte pas `manifest = Manifest(…)` (palabre.api).",
    "no_permission": "La page '/secret' n’a pas de permission : écrivez PUBLIC, MEMBER ou une action.",
    "steals_address": "Manifeste refusé : l’adresse /connexion est celle du cœur.",
    "tomorrow": "Manifeste refusé : l’extension demande l’API 99, ce Palabre offre l’API 1.",
}


@pytest.mark.parametrize("name", REASONS)
def test_refuses_with_the_reason_and_the_cure(load: Load, name: str) -> None:
    plugins = load(name)

    assert [(line.name, line.standing, line.reason) for line in plugins.report()] == [
        (name, Standing.REFUSED, REASONS[name])
    ]


@pytest.mark.parametrize(
    ("name", "typo"), [("unknown_hook", "event_comitted"), ("unknown_argument", "evnt")]
)
def test_a_typo_speaks(load: Load, name: str, typo: str) -> None:
    [line] = load(name).report()

    assert line.standing is Standing.REFUSED
    assert typo in line.reason
    assert "page_slot" in line.reason


def test_the_others_are_there(load: Load) -> None:
    plugins = load("kind", *REASONS)

    assert [line.name for line in plugins.report() if line.standing is Standing.ACTIVE] == ["kind"]
    assert [page.path for page in plugins.pages] == ["/gentille"]
    assert [item.path for item in plugins.navigation] == ["/gentille"]


def test_a_refused_plugin_brings_nothing(load: Load) -> None:
    plugins = load("no_permission", "foreign_table")

    assert plugins.pages == ()
    assert plugins.models() == {}
    assert plugins.packages() == []


def test_the_first_of_two_with_one_name_stays(load: Load) -> None:
    plugins = load("kind", "kind")

    assert [line.standing for line in plugins.report()] == [Standing.ACTIVE, Standing.REFUSED]
