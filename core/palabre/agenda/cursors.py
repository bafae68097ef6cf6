"""A place in a list that stays right when events come and go: a start and a number.

It is written into addresses as `20261114T183000Z.42`, in the API with an event's id instead of
the number: readable, and of no use to a forger, since it only says where to look.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from palabre.errors import Refused
from palabre.events.domain.validation import EARLIEST_YEAR, LATEST_YEAR
from palabre.i18n import gettext as _

_FORM = re.compile(r"(\d{8}T\d{6})(\d{6})?Z\.([0-9a-f-]{1,36})", re.ASCII)
MAX_DIGITS = 18  # a bigint's, with a margin


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position between two dates of a list; `backwards` looks towards the past from there."""

    at: datetime
    id: int
    backwards: bool = False

    def __str__(self) -> str:
        return f"{_write(self.at)}.{self.id}"


def read_cursor(text: str, *, backwards: bool = False) -> Cursor:
    """Read a cursor of a page's address; raises Refused when it is none of ours."""
    at, number = _split(text)
    if not (number.isascii() and number.isdigit() and len(number) <= MAX_DIGITS):
        raise _refused()
    return Cursor(at, int(number), backwards)


def write_key(at: datetime, event_id: UUID) -> str:
    """Write the place after an event in the API's list."""
    return f"{_write(at)}.{event_id}"


def read_key(text: str) -> tuple[datetime, UUID]:
    """Read what `write_key` wrote; raises Refused when it is none of ours."""
    at, number = _split(text)
    try:
        return at, UUID(number)
    except ValueError:
        raise _refused() from None


def _write(at: datetime) -> str:
    at = at.astimezone(UTC)
    return f"{at:%Y%m%dT%H%M%S}{f'{at.microsecond:06}' if at.microsecond else ''}Z"


def _split(text: str) -> tuple[datetime, str]:
    found = _FORM.fullmatch(text)
    if found is None:
        raise _refused()
    try:
        at = datetime.strptime(f"{found[1]}{found[2] or '000000'}+0000", "%Y%m%dT%H%M%S%f%z")
    except ValueError:
        raise _refused() from None
    # In UTC a date may fall into the year beside; imported calendars say older ones than forms.
    if not EARLIEST_YEAR - 1 <= at.year <= LATEST_YEAR + 1:
        raise _refused()
    return at, found[3]


def _refused() -> Refused:
    return Refused(_("Cette adresse de page n’est plus valable : reprenez la liste du début."))
