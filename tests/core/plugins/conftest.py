"""A plugin that can be installed in any version: written to a folder, as pip would leave it."""

import importlib
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

NAME = "gardens"
CODE = '''
"""Gardens that neighbours share."""

from enum import StrEnum

from pydantic import SecretStr, field_validator

from palabre.api import (
    PUBLIC, Check, Manifest, Page, Permission, PluginSettings, hookimpl, setting, settings_of,
)
from starlette.responses import PlainTextResponse


class Season(StrEnum):
    SPRING = "spring"
    AUTUMN = "autumn"


class Options(PluginSettings):
    plots: int = setting(12, title="Parcelles", hint="Combien il y en a.", ge=1, le=99)
    season: Season = setting(Season.SPRING, title="Saison", words={"spring": "printemps", "autumn": "automne"})
    open: bool = setting(False, title="Ouvert à tous")
    tools: tuple[str, ...] = setting((), title="Outils")
    server: str = setting("", title="Serveur de la météo")
    key: SecretStr = setting(SecretStr(""), title="Clé de la météo")

    @field_validator("server")
    @classmethod
    def _https(cls, value):
        if value and not value.startswith("https://"):
            raise ValueError("L’adresse commence par https://.")
        return value


manifest = Manifest(
    name="gardens", title="Jardins", version="VERSION", api=1, url="/jardins",
    permissions={"gardens.dig": Permission("Bêcher")}, hosts=("meteo.example.org",), settings=Options,
)


async def show(request):
    return PlainTextResponse(f"VERSION {settings_of(Options).plots}")


@hookimpl
def routes():
    return [Page("/", show, "gardens", PUBLIC), Page("/becher", show, "dig", "gardens.dig")]


@hookimpl
async def try_settings(settings):
    known = settings.key.get_secret_value() == "sesame"
    return [Check("La météo répond", well=known, cure="Vérifiez la clé.")]
'''
FIRST = """
CREATE TYPE gardens_kind AS ENUM ('herbs', 'trees');
CREATE TABLE gardens_garden (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, kind gardens_kind
);
CREATE TABLE gardens_plot (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    garden_id bigint NOT NULL REFERENCES gardens_garden ON DELETE CASCADE,
    parent_id uuid REFERENCES gardens_plot,
    area numeric(6,2), tags text[] NOT NULL DEFAULT '{}', seen timestamptz, notes jsonb, raw bytea,
    double numeric GENERATED ALWAYS AS (area * 2) STORED
);
CREATE VIEW gardens_all AS SELECT name FROM gardens_garden;
CREATE FUNCTION gardens_count() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM gardens_garden';
"""
Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Return a function that installs the plugin in a version, with its migrations."""
    folder = tmp_path / "site-packages"
    monkeypatch.syspath_prepend(str(folder))

    def put(version: str = "1.0", migrations: Mapping[str, str] | None = None) -> Path:
        _forget()
        package, record = folder / "palabre_gardens", folder / "palabre_gardens.dist-info"
        for path in (package / "migrations", record):
            path.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(package / "__pycache__", ignore_errors=True)  # two versions in one second
        for old in (package / "migrations").iterdir():
            old.unlink()
        (package / "__init__.py").write_text(CODE.replace("VERSION", version))
        for name, sql in (migrations or {"0001_start": FIRST}).items():
            (package / "migrations" / f"{name}.sql").write_text(dedent(sql))
        (record / "METADATA").write_text(f"Name: palabre-gardens\nVersion: {version}\n")
        (record / "entry_points.txt").write_text("[palabre.plugins]\ngardens = palabre_gardens\n")
        return folder

    yield put
    _forget()


def _forget() -> None:
    importlib.invalidate_caches()
    for module in [name for name in sys.modules if name.split(".")[0] == "palabre_gardens"]:
        del sys.modules[module]
