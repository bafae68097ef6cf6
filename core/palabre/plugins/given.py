"""What plugins give, checked on arrival: the wrong kind, too much or unescaped is junk."""

from dataclasses import is_dataclass
from typing import Any, get_type_hints

from markupsafe import Markup

from palabre.hookspecs import PROMISES
from palabre.plugins.pieces import contained

MAX_ITEMS = 500  # one implementation that gives more than this is junk
MAX_PIECE = 64 * 1024  # characters of one piece of HTML
MAX_TOTAL = 256 * 1024  # characters of all that one implementation gives
PLAIN: dict[object, str] = {
    str: "d’un texte",
    str | None: "d’un texte ou None",
    bool: "d’un booléen",
}


class Unfit(Exception):
    """A plugin can't be used; the message is the reason and the cure, for the administrator."""


def check_items(hook: str, result: object) -> tuple[Any, ...]:
    """Return what `hook` gave as a tuple. Raises Unfit when it is not what was promised."""
    gives = PROMISES[hook].gives
    if result is None:
        return ()
    if not isinstance(result, list | tuple):
        raise Unfit(f"{hook} a rendu {type(result).__name__} au lieu d’une liste")
    if len(result) > MAX_ITEMS:
        raise Unfit(f"{hook} a rendu {len(result)} éléments ; {MAX_ITEMS} au plus")
    for item in result:
        if not isinstance(item, gives):
            raise Unfit(f"{hook} a rendu {type(item).__name__} au lieu de {gives.__name__}")
        if isinstance(item, str) and len(item) > MAX_PIECE:
            raise Unfit(f"{hook} a rendu {len(item)} caractères ; {MAX_PIECE} au plus")
        check_values(item)
    total = sum(len(item) for item in result if isinstance(item, str))
    if total > MAX_TOTAL:
        raise Unfit(f"{hook} a rendu {total} caractères en tout ; {MAX_TOTAL} au plus")
    return tuple(contained(item) if isinstance(item, Markup) else item for item in result)


def check_values(item: object) -> None:
    """Check the plain fields of a value from a plugin; a None for a text would break others' pages.

    Raises Unfit, naming the field.
    """
    if not is_dataclass(item):
        return
    for name, wanted in get_type_hints(type(item)).items():
        value = getattr(item, name)
        if wanted in PLAIN and not isinstance(value, wanted):
            kind = type(item).__name__
            raise Unfit(f"{kind}.{name} vaut {value!r} au lieu {PLAIN[wanted]}")
