"""WCAG 2.2 AA, computed from the tokens: 4.5 for text, 3 for what shows a control or a focus."""

import re
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import pytest

import palabre
import palabre_theme_arbre

CORE = Path(palabre.__file__).parent / "static" / "palabre.css"
ARBRE = Path(palabre_theme_arbre.__file__).parent / "static" / "theme.css"
TEXT, CONTROL = 4.5, 3.0

PAPERS = ("ground", "surface")
PAIRS = [
    *product(
        ("ink", "ink-soft", "accent", "accent-strong", "warm", "bad", "good", "warn"),
        PAPERS,
        (TEXT,),
    ),
    *product(("ink", "ink-soft", "accent", "accent-strong"), ("accent-soft",), (TEXT,)),
    ("on-accent", "accent", TEXT),
    ("on-accent", "accent-strong", TEXT),
    *product(("ink",), ("warm-soft", "good-soft", "warn-soft", "bad-soft"), (TEXT,)),
    ("good", "good-soft", TEXT),
    ("warn", "warn-soft", TEXT),
    ("bad", "bad-soft", TEXT),
    ("warm", "warm-soft", TEXT),
    *product(("line-strong", "focus"), PAPERS, (CONTROL,)),
    ("focus", "accent-soft", CONTROL),
]


def tokens(*files: Path) -> dict[str, dict[str, str]]:
    """Return the colours by scheme, later files over earlier ones."""
    light: dict[str, str] = {}
    dark: dict[str, str] = {}
    for file in files:
        day, _, night = file.read_text().partition("@media screen and (prefers-color-scheme: dark)")
        light |= colours(day[: day.index("}")])
        dark |= colours(night[: night.index("}")])
    return {"light": light, "dark": light | dark}


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6});", block))


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2, definition)."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def too_weak(palette: Mapping[str, str]) -> list[str]:
    return [
        f"--{ink} on --{paper}: {contrast(palette[ink], palette[paper]):.2f} < {least}"
        for ink, paper, least in PAIRS
        if contrast(palette[ink], palette[paper]) < least
    ]


def test_the_measure_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("files", [(CORE,), (CORE, ARBRE)], ids=["core", "arbre"])
def test_every_pair_of_colours_can_be_read(files: tuple[Path, ...], scheme: str) -> None:
    assert too_weak(tokens(*files)[scheme]) == []
