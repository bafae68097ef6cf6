"""The order of migrations, and the files that are refused before anything runs."""

import pytest

from palabre.database.migration_files import MigrationRefused, ordered
from tests.core.database.conftest import PackageMaker


def test_the_core_comes_first_then_plugins_by_name(package: PackageMaker) -> None:
    packages = [
        package("zebra", f0001_start="SELECT 1"),
        package("games", f0001_start="SELECT 1", f0002_more="SELECT 1"),
        package("core", f0002_events="SELECT 1", f0001_people="SELECT 1"),
    ]

    keys = [migration.key for migration in ordered(packages)]

    assert keys == [
        "core/0001_people",
        "core/0002_events",
        "games/0001_start",
        "games/0002_more",
        "zebra/0001_start",
    ]


def test_a_header_puts_a_file_after_another_package(package: PackageMaker) -> None:
    packages = [
        package("core", f0001_people="SELECT 1"),
        package("games", f0001_start="-- Games.\n-- depends: core/0001_people, zebra/0001_start\n"),
        package("zebra", f0001_start="SELECT 1"),
    ]

    keys = [migration.key for migration in ordered(packages)]

    assert keys == ["core/0001_people", "zebra/0001_start", "games/0001_start"]


def test_a_plugin_may_ask_for_only_a_part_of_the_core(package: PackageMaker) -> None:
    packages = [
        package("core", f0001_people="SELECT 1", f0002_late="-- depends: games/0001_start\n"),
        package("games", f0001_start="-- depends: core/0001_people\n"),
    ]

    keys = [migration.key for migration in ordered(packages)]

    assert keys == ["core/0001_people", "games/0001_start", "core/0002_late"]


def test_a_cycle_is_named(package: PackageMaker) -> None:
    packages = [
        package("games", f0001_start="-- depends: zebra/0001_start\n"),
        package("zebra", f0001_start="-- depends: games/0001_start\n"),
    ]

    with pytest.raises(MigrationRefused, match=r"games/0001_start → .*« depends »") as refusal:
        ordered(packages)

    assert refusal.value.package == "zebra"


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"start": "SELECT 1"}, "start.sql devrait s’appeler"),
        ({"0001_a": "SELECT 1", "0001_b": "SELECT 1"}, "même numéro"),
        ({"0001_a": "-- depends: core/0009_moon"}, "dépend de « core/0009_moon »"),
    ],
    ids=["name", "number", "unknown"],
)
def test_a_bad_file_is_refused_with_its_name_and_its_package(
    package: PackageMaker, files: dict[str, str], sentence: str
) -> None:
    games = package("games", **files)

    with pytest.raises(MigrationRefused, match=sentence) as refusal:
        ordered([games])

    assert refusal.value.package == "games"


def test_a_file_in_another_encoding_is_refused(package: PackageMaker) -> None:
    games = package("games", f0001_start="")
    (games.folder / "0001_start.sql").write_bytes("-- forêt".encode("latin-1"))

    with pytest.raises(MigrationRefused, match="UTF-8"):
        ordered([games])


def test_prefixes_that_hide_one_another_are_refused(package: PackageMaker) -> None:
    packages = [package("games", f0001_a=""), package("games_chess", f0001_a="")]

    with pytest.raises(MigrationRefused, match="« games » et « games_chess »") as refusal:
        ordered(packages)

    assert refusal.value.package == "games_chess"
