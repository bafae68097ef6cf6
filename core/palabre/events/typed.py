"""What a form carried, and what reading it found out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from palabre.errors import Refused
from palabre.events.values import Content, Place

P = ParamSpec("P")
T = TypeVar("T")
D = TypeVar("D")

# The domain names what an event says; a form has two fields for some of it.
_FORM_FIELDS = {
    "starts": "start_date",
    "ends": "end_date",
    "recurrence": "repeat",
    "overrides": "repeat",
}


class Typed:
    """The values of a form: text only, each name once (`one`) or several times (`many`)."""

    def __init__(self, items: Iterable[tuple[str, object]] = ()) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in items:
            if isinstance(value, str):
                self._values.setdefault(name, []).append(value)

    def one(self, name: str) -> str:
        """Return the last value of `name`, "" when there is none."""
        return self._values.get(name, [""])[-1]

    def many(self, name: str) -> list[str]:
        """Return all values of `name`."""
        return self._values.get(name, [])

    def items(self) -> list[tuple[str, str]]:
        """Return all pairs, grouped by name."""
        return [(name, value) for name, values in self._values.items() for value in values]


@dataclass(slots=True)
class Reading:
    """What a form said: the event, or sentences by field in `faults`.

    `place` is a venue that the form describes and that may have to be made; `notices` tell what of
    the event before could not be kept.
    """

    content: Content | None = None
    place: Place | None = None
    faults: dict[str, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)

    def attempt(self, default: D, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T | D:
        """Return what `work` gives; when it refuses, note why and return `default`."""
        try:
            return work(*given, **named)
        except Refused as refusal:
            name = refusal.field or ""
            self.faults.setdefault(_FORM_FIELDS.get(name, name), refusal.message)
            return default
