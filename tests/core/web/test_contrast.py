"""WCAG 2.2 AA, computed from the tokens of every theme that comes with Palabre."""

import pytest

from palabre import themes
from palabre.themes.tokens import contrast, dressed, plain, read


def test_the_measure_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_the_plain_look_can_be_read() -> None:
    assert plain().too_weak() == []


@pytest.mark.parametrize("name", themes.installed())
def test_every_theme_can_be_read(name: str) -> None:
    theme = themes.load(name)

    assert theme.name == name
    assert theme.tokens != plain()
    assert theme.tokens.too_weak() == []


def test_a_weak_colour_is_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("theme") / "tokens.toml"
    file.write_text('[light]\nink-soft = "#9aa0a6"\n')

    weak = dressed(read(file)).too_weak()

    assert any(line.startswith("light: ink-soft on ground: 2.") for line in weak)
    assert not any(line.startswith("dark") for line in weak)


def test_a_theme_may_say_what_of_its_own_is_read_on_what(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    file = tmp_path_factory.mktemp("theme") / "tokens.toml"
    file.write_text(
        '[own]\npairs = [["leaf", "surface"]]\n[own.light]\nleaf = "#e0e0e0"\n[own.dark]\nleaf = "#ffffff"\n'
    )

    assert [line[:22] for line in dressed(read(file)).too_weak()] == ["light: leaf on surface"]
