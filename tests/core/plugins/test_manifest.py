"""A manifest is checked before anything of the plugin is used."""

from dataclasses import replace
from typing import Any

import pytest

from palabre.hookvalues import Basis, Manifest, Permission, PersonalData
from palabre.people.models import Role
from palabre.plugins.given import Unfit
from palabre.plugins.loading import check_manifest

WELL = Manifest(
    name="jardin",
    title="Jardins partagés",
    version="1.2",
    api=1,
    url="/jardins-partages",
    permissions={"jardin.manage": Permission("Gérer les jardins", (Role.OWNER,))},
    personal_data=(
        PersonalData("jardin_gardener", "prénom", "tenir la liste", "un an", Basis.CONSENT),
    ),
    hosts=("meteo.example.org",),
)


def test_a_good_one_passes() -> None:
    assert check_manifest(WELL, "jardin") is WELL


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"api": 2}, "API 2"),
        ({"name": "verger"}, "point d’entrée"),
        ({"title": " "}, "`title`"),
        ({"title": "x" * 61}, "`title`"),
        ({"version": ""}, "`version`"),
        ({"url": "jardins"}, "`url`"),
        ({"url": "/jardins/partages"}, "`url`"),
        ({"url": "/Jardins"}, "`url`"),
        ({"url": "/agenda"}, "celle du cœur"),
        ({"permissions": {"event.edit": Permission("Tout")}}, "permission"),
        ({"permissions": {"jardin.manage": Permission("")}}, "permission"),
        ({"permissions": {"jardin.manage": "Gérer"}}, "permission"),
        ({"permissions": {"jardin.manage": Permission("Gérer", ("chef",))}}, "permission"),
        ({"personal_data": (PersonalData("core_user", "a", "b", "c", Basis.CONSENT),)}, "jardin_"),
        ({"personal_data": (PersonalData("jardin_x", "a", "", "c", Basis.CONSENT),)}, "pourquoi"),
        ({"hosts": ("https://meteo.example.org/",)}, "`hosts`"),
    ],
)
def test_each_fault_is_named(change: dict[str, Any], word: str) -> None:
    with pytest.raises(Unfit, match=word):
        check_manifest(replace(WELL, **change), "jardin")


@pytest.mark.parametrize(
    "name", ["core", "pg", "Jardin", "1jardin", "j", "jardin-partage", "x" * 31]
)
def test_bad_names_are_refused(name: str) -> None:
    with pytest.raises(Unfit, match="`name`"):
        check_manifest(replace(WELL, name=name, permissions={}, personal_data=()), name)
