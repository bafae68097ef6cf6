"""The page of a plugin: what an administrator sees there, and decides."""

import csv
import io
import json
import shutil
import zipfile
from html import unescape
from pathlib import Path

import pytest

from palabre.audit.domain import entries
from palabre.database.connection import execute, fetch, fetchval
from palabre.plugins import Plugins
from palabre.settings import Settings
from palabre.testing import LogIn, Visitor
from tests.core.plugins.conftest import Install

PAGE = "/administration/extensions/gardens"


@pytest.fixture
def palabre_plugins(settings: Settings, install: Install) -> Plugins:
    install()
    return Plugins.load(settings)


@pytest.fixture
async def database_url(database_url: str, palabre_plugins: Plugins) -> str:
    await palabre_plugins.migrate(database_url)
    return database_url


@pytest.fixture
async def ana(login: LogIn) -> Visitor:
    return await login("administrator")


async def text(visitor: Visitor, address: str = PAGE) -> str:
    answer = await visitor.get(address)
    assert answer.status_code == 200
    return unescape(answer.text).replace("\u00a0", " ").replace("\u202f", " ")


async def journal() -> list[tuple[str, str]]:
    return [(entry.action, entry.facts) async for entry in entries() if entry.kind == "plugin"]


async def save(visitor: Visitor, **values: str) -> int:
    given = {"plots": "12", "season": "spring", "tools": "", "server": "", "version": "0", **values}
    form = {key if key in {"do", "version"} else f"s-{key}": value for key, value in given.items()}
    answer = await visitor.submit(f"{PAGE}/reglages", form)
    visitor.said = unescape(answer.text).replace("\u00a0", " ")  # type: ignore[attr-defined]  # for the test
    return answer.status_code


async def test_it_shows_what_the_plugin_is_and_holds(ana: Visitor) -> None:
    await execute("INSERT INTO gardens_garden (name) VALUES ('Mens'), ('Lavars')")

    said = await text(ana)

    for words in (
        "Jardins",
        "/jardins/becher",
        "Bêcher",
        "Tout le monde",
        "gardens_garden</th><td>2",
        "gardens_plot</th><td>0",
        "meteo.example.org",
        "Parcelles",
        "Combien il y en a.",
    ):
        assert words in said


async def test_settings_are_stored_and_take_effect_at_once(ana: Visitor, client: Visitor) -> None:
    assert (await client.get("/jardins")).text == "1.0 12"

    status = await save(ana, plots="30", key="sesame", tools="bêche\n\n râteau ", open="1")

    assert status == 303
    assert (await client.get("/jardins")).text == "1.0 30"
    row = (await fetch("SELECT settings, secrets FROM core_plugin WHERE name = 'gardens'"))[0]
    assert json.loads(row["settings"]) == {"plots": 30, "tools": ["bêche", "râteau"], "open": True}
    assert json.loads(row["secrets"]) == {"key": "sesame"}


async def test_a_secret_is_never_shown_and_kept_when_left_empty(ana: Visitor) -> None:
    await save(ana, key="sesame")

    said = await text(ana)
    await save(ana, plots="13", version="1")
    kept = await fetchval("SELECT secrets FROM core_plugin WHERE name = 'gardens'")
    await save(ana, **{"forget-key": "1", "version": "2"})

    assert "sesame" not in said
    assert "Déjà enregistré" in said
    assert json.loads(kept) == {"key": "sesame"}
    assert await fetchval("SELECT secrets FROM core_plugin WHERE name = 'gardens'") == "{}"
    assert await journal() == [
        ("plugin.settings", '{"changed": "key"}'),
        ("plugin.settings", '{"changed": "plots"}'),
        ("plugin.settings", '{"changed": "key, plots"}'),
    ]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"plots": "beaucoup"}, "Écrivez un nombre entier, par exemple 12."),
        ({"plots": "0"}, "Écrivez un nombre à partir de 1."),
        ({"plots": "100"}, "Écrivez un nombre jusqu’à 99."),
        ({"season": "winter"}, "Choisissez l’une des réponses proposées."),
        ({"server": "http://meteo"}, "L’adresse commence par https://."),
        ({"server": "x" * 10_001}, "C’est trop long : 10000 caractères au plus."),
    ],
)
async def test_what_does_not_fit_is_said_beside_its_field(
    ana: Visitor, values: dict[str, str], sentence: str
) -> None:
    status = await save(ana, **values)

    assert status == 422
    name, value = next(iter(values.items()))
    assert f'id="f-s-{name}-error">{sentence}' in ana.said  # type: ignore[attr-defined]  # set by save
    assert name == "season" or value in ana.said  # type: ignore[attr-defined]  # set by save
    assert await fetchval("SELECT settings FROM core_plugin WHERE name = 'gardens'") == "{}"


async def test_the_test_button_tries_what_was_typed_and_stores_nothing(ana: Visitor) -> None:
    bad = await save(ana, key="wrong", do="try"), ana.said  # type: ignore[attr-defined]  # set by save
    good = await save(ana, key="sesame", plots="20", do="try"), ana.said  # type: ignore[attr-defined]  # set by save

    assert bad[0] == good[0] == 200
    assert "Vérifiez la clé." in bad[1]
    assert "Vérifiez la clé." not in good[1]
    assert 'value="20"' in good[1]
    assert "rien n’est encore enregistré" in good[1]
    assert await fetchval("SELECT settings_version FROM core_plugin WHERE name = 'gardens'") == 0


async def test_the_second_of_two_administrators_is_told(ana: Visitor, login: LogIn) -> None:
    other = await login("administrator")
    await save(ana, plots="20")

    status = await save(other, plots="30")

    assert status == 422
    assert "Quelqu’un d’autre a enregistré ces réglages" in other.said  # type: ignore[attr-defined]  # set by save
    assert (
        await fetchval("SELECT settings ->> 'plots' FROM core_plugin WHERE name = 'gardens'")
        == "20"
    )


async def test_a_stored_value_that_no_longer_fits_gives_way_to_the_default(
    ana: Visitor, client: Visitor, palabre_plugins: Plugins
) -> None:
    await execute(
        "UPDATE core_plugin SET settings = $1::jsonb, settings_version = 1 WHERE name = 'gardens'",
        json.dumps({"plots": 500, "season": "autumn", "gone": 1}),
    )
    await palabre_plugins.refresh()

    said = await text(ana)

    assert (await client.get("/jardins")).text == "1.0 12"
    assert "Écrivez un nombre jusqu’à 99." in said
    assert 'value="autumn" selected' in said


async def test_purging_asks_for_the_name_and_leaves_nothing(ana: Visitor, client: Visitor) -> None:
    await execute("INSERT INTO gardens_garden (name) VALUES ('Mens')")
    await save(ana, key="sesame")

    asked = await text(ana, f"{PAGE}/purge")
    wrong = await ana.submit(f"{PAGE}/purge", {"name": "jardin"})
    still = await fetchval("SELECT count(*) FROM gardens_garden")
    done = await ana.submit(f"{PAGE}/purge", {"name": "gardens"})

    assert "gardens_garden : 1 ligne" in asked
    assert "Ses réglages, secrets compris" in asked
    assert (wrong.status_code, still, done.status_code) == (422, 1, 303)
    assert await leftovers() == []
    assert (await client.get("/jardins")).status_code == 404
    assert (await client.get("/")).status_code == 200
    assert (await journal())[-1] == ("plugin.purge", '{"rows": 1, "tables": 2}')
    assert "Ses données ont été purgées" in await text(ana)


async def test_enabling_after_a_purge_starts_afresh(ana: Visitor, client: Visitor) -> None:
    await execute("INSERT INTO gardens_garden (name) VALUES ('Mens')")
    await save(ana, plots="30")
    await ana.submit(f"{PAGE}/purge", {"name": "gardens"})

    await ana.submit(PAGE, {"do": "enable"})

    assert (await client.get("/jardins")).text == "1.0 12"
    assert await fetchval("SELECT count(*) FROM gardens_garden") == 0


async def test_a_plugin_whose_code_is_gone_can_be_exported_and_purged(
    ana: Visitor, palabre_plugins: Plugins, tmp_path: Path
) -> None:
    await execute("INSERT INTO gardens_garden (name) VALUES ('Mens')")
    shutil.rmtree(tmp_path / "site-packages")
    palabre_plugins.extensions = [e for e in palabre_plugins.extensions if e.name != "gardens"]

    listed = await text(ana, "/administration")
    said = await text(ana)
    exported = await ana.submit(f"{PAGE}/export")
    purged = await ana.submit(f"{PAGE}/purge", {"name": "gardens"})

    assert "Extensions parties, données restées" in listed
    assert "gardens_garden</th><td>1" in said
    assert rows_of(exported.content, "gardens_garden") == [
        ["id", "name", "kind"],
        ["1", "Mens", ""],
    ]
    assert purged.headers["location"] == "/administration"
    assert await leftovers() == []


async def test_the_export_has_no_secret(ana: Visitor) -> None:
    await save(ana, plots="30", key="sesame")

    answer = await ana.submit(f"{PAGE}/export")

    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        said = json.loads(archive.read("plugin.json"))
    assert said["settings"] == {"plots": 30}
    assert said["tables"]["gardens_plot"]["columns"]["tags"] == "text[]"
    assert answer.headers["content-disposition"].startswith('attachment; filename="gardens-20')


@pytest.mark.parametrize("address", ["", "/reglages", "/export", "/purge"])
async def test_only_administrators_decide(login: LogIn, address: str) -> None:
    member = await login("moderator")

    answer = await member.submit(PAGE + address, {"do": "disable", "name": "gardens"})

    assert answer.status_code == 403


def rows_of(archive: bytes, table: str) -> list[list[str]]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return list(csv.reader(io.StringIO(opened.read(f"tables/{table}.csv").decode())))


async def leftovers() -> list[str]:
    """Return every thing in the schema, and every migration or setting, that is the plugin's."""
    rows = await fetch(
        "SELECT relname::text AS name FROM pg_class UNION SELECT proname::text FROM pg_proc"
        " UNION SELECT typname::text FROM pg_type UNION SELECT package FROM core_migration"
        " UNION SELECT name FROM core_plugin WHERE purged_at IS NULL"
    )
    return [row["name"] for row in rows if row["name"].lstrip("_").startswith("gardens")]
