"""The tokens of a look: colours by day and by night, type and space, from one file.

The core's `tokens.toml` has all of them; a theme's says what it changes. From them come the custom
properties in front of the stylesheet, the colours of letters, and the contrasts that are checked.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, product
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

FILE = "tokens.toml"
CORE = Path(__file__).parent / FILE
TEXT, CONTROL = 4.5, 3.0  # WCAG 2.2, success criteria 1.4.3 and 1.4.11
PAPERS = ("ground", "surface")
# What is read or used on what, and the least contrast between them.
PAIRS = (
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
)


def _harmless(value: str) -> str:
    """Refuse what would end a declaration or fetch something from elsewhere."""
    if re.search(r"[;{}<>\\]|/\*|url\(|@", value, re.IGNORECASE):
        raise ValueError("a token is one plain value")
    return value


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,40}$")]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]
Value = Annotated[str, StringConstraints(min_length=1, max_length=400), AfterValidator(_harmless)]


class _Own(BaseModel):
    """Colours that only the theme's own stylesheet knows; `pairs` are read one on the other."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    light: dict[Name, Colour] = Field(default_factory=dict)
    dark: dict[Name, Colour] = Field(default_factory=dict)
    pairs: tuple[tuple[Name, Name], ...] = ()


class Said(BaseModel):
    """What a tokens.toml says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: dict[Name, Value] = Field(default_factory=dict)
    space: dict[Name, Value] = Field(default_factory=dict)
    light: dict[Name, Colour] = Field(default_factory=dict)
    dark: dict[Name, Colour] = Field(default_factory=dict)
    own: _Own = Field(default_factory=_Own)


@dataclass(frozen=True, slots=True)
class Tokens:
    """A whole look: CSS values of `type` and `space`, colours (#rrggbb) of `light` and `dark`.

    `pairs` are the colours that meet, with the least contrast between them.
    """

    type: Mapping[str, str]
    space: Mapping[str, str]
    light: Mapping[str, str]
    dark: Mapping[str, str]
    pairs: Sequence[tuple[str, str, float]] = PAIRS

    def css(self) -> str:
        """Return the custom properties, as the stylesheet begins."""
        day = _properties({**self.type, **self.space, **self.light})
        return (
            f":root{{color-scheme:light dark;{day}}}\n"
            f"@media screen and (prefers-color-scheme:dark){{:root{{{_properties(self.dark)}}}}}\n"
        )

    def too_weak(self) -> list[str]:
        """Return the pairs of colours that can't be read well enough (WCAG 2.2 AA), in words."""
        return [
            f"{scheme}: {ink} on {paper}: {contrast(colours[ink], colours[paper]):.2f} < {least}"
            for scheme, colours in (("light", self.light), ("dark", self.dark))
            for ink, paper, least in self.pairs
            if contrast(colours[ink], colours[paper]) < least
        ]


def read(file: Path) -> Said:
    """Return what a tokens.toml says.

    Raises OSError, UnicodeDecodeError, tomllib.TOMLDecodeError or pydantic.ValidationError; also
    ValueError for a token that the core doesn't have: a misspelt one would do nothing.
    """
    said = Said.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    known = Said.model_validate(tomllib.loads(CORE.read_text(encoding="utf-8")))
    for group in ("type", "space", "light", "dark"):
        strange = sorted(getattr(said, group).keys() - getattr(known, group).keys())
        if strange:
            raise ValueError(f"[{group}] has no token {', '.join(strange)}; own ones go into [own]")
    if said.own.light.keys() != said.own.dark.keys():
        raise ValueError("[own.light] and [own.dark] need the same tokens")
    strange = sorted({*chain(*said.own.pairs)} - {*known.light, *said.own.light})
    if strange:
        raise ValueError(f"[own] pairs: no colour {', '.join(strange)}")
    return said


@lru_cache
def plain() -> Tokens:
    """Return the core's own look."""
    said = read(CORE)
    return Tokens(said.type, said.space, said.light, said.dark)


def dressed(said: Said) -> Tokens:
    """Return the core's look with what a theme changes of it."""
    core = plain()
    return Tokens(
        type={**core.type, **said.type},
        space={**core.space, **said.space},
        light={**core.light, **said.light, **said.own.light},
        dark={**core.dark, **said.dark, **said.own.dark},
        pairs=(*PAIRS, *((ink, paper, TEXT) for ink, paper in said.own.pairs)),
    )


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (#rrggbb), from 1 to 21 (WCAG 2.2, contrast ratio)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2, definition)."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _properties(values: Mapping[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in values.items())
