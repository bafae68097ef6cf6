"""Pieces of HTML from plugins, contained: whatever a piece leaves open ends with it.

A piece is read by an HTML parser (ammonia's html5ever, through nh3) and written again, balanced,
without what could reach beyond it: scripts, styles, frames, handlers.
"""

from functools import lru_cache

import nh3
from markupsafe import Markup

_TAGS = (
    "a abbr address article aside audio b bdi bdo blockquote br button caption cite code col"
    " colgroup data datalist dd del details dfn div dl dt em fieldset figcaption figure footer form"
    " h1 h2 h3 h4 h5 h6 header hgroup hr i img input ins kbd label legend li main mark menu meter"
    " nav ol optgroup option output p picture pre progress q rp rt ruby s samp search section"
    " select small source span strong sub summary sup table tbody td textarea tfoot th thead time"
    " tr track u ul var video wbr svg path circle rect line polyline polygon ellipse g title"
    " use"
)
_ATTRIBUTES = (
    "accept action alt autocomplete checked cite class colspan controls d datetime dir disabled"
    " download enctype fill for formaction formmethod headers height high href hreflang id"
    " inputmode kind lang list loading low max maxlength method min minlength multiple name open"
    " optimum pattern placeholder preload readonly rel required reversed role rows rowspan scope"
    " selected size sizes span src srcset start step stroke stroke-width tabindex target title type"
    " value viewBox width wrap xmlns cols cx cy r rx ry x x1 x2 y y1 y2 points transform"
    " stroke-linecap stroke-linejoin hidden focusable"
)
_CLEANER = nh3.Cleaner(
    tags=set(_TAGS.split()),
    attributes={"*": set(_ATTRIBUTES.split())},
    generic_attribute_prefixes={"data-", "aria-", "hx-"},
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel=None,
    clean_content_tags={"script", "style"},
)


SHORT = 4_096  # characters; longer pieces are not kept


def contained(piece: str) -> Markup:
    """Return `piece` balanced and without scripts: it can't break the page around it."""
    return _kept(piece) if len(piece) <= SHORT else _parsed(piece)


def _parsed(piece: str) -> Markup:
    return Markup(_CLEANER.clean(piece))  # noqa: S704  written by the parser just now


_kept = lru_cache(maxsize=512)(_parsed)  # a page's piece comes back, at 50 µs for 700 characters
