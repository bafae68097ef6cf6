"""Whatever a piece of HTML leaves open ends with it, and it brings no script."""

from html.parser import HTMLParser

import pytest

from palabre.hookvalues import EventView
from palabre.plugins.pieces import contained
from tests.hostile.conftest import Load

VOID = {"br", "hr", "img", "input", "col", "source", "track", "wbr"}


class Balance(HTMLParser):
    """Counts what is open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen += [tag, *(name for name, _value in attrs)]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def balanced(piece: str) -> list[str]:
    parser = Balance()
    parser.feed(piece)
    parser.close()
    assert parser.open == []
    return parser.seen


async def test_pieces_are_balanced_and_without_scripts(load: Load, view: EventView) -> None:
    pieces = await load("kind", "unclosed").slot("event_page", view)

    assert pieces[0] == "<p>Vu : Veillée</p>"
    seen = [name for piece in pieces for name in balanced(piece)]
    assert {"section", "b", "table", "textarea"} <= set(seen)
    assert not {"script", "onclick", "body", "main"} & set(seen)


@pytest.mark.parametrize(
    "piece",
    [
        '<section class="card" id="x"><h2>Titre</h2><p class="muted">Vu &amp; lu</p></section>',
        '<a class="button" href="/gentille?a=1&amp;b=2" data-x="1" aria-label="Élan">Aller</a>',
        '<form class="form" method="post"><input type="hidden" name="csrf" value="1"></form>',
        '<label for="f-a">A</label><select id="f-a" name="a"><option value="1">un</option></select>',
        '<time datetime="2026-11-20">vendredi</time><img src="/static/a.svg" alt="" loading="lazy">',
        '<details open=""><summary>Plus</summary><ul><li>un</li></ul></details>',
    ],
)
def test_what_is_well_written_stays_as_it_is(piece: str) -> None:
    assert contained(piece) == piece
