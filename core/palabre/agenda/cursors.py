"""A place in a list that stays right when events come and go: a start and a number.

It is written into addresses as `20261114T183000Z.42`: readable, and of no use to a forger, since
it only says where to look.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from palabre.agenda.sql import FIRST_DATE, LAST_DATE
from palabre.errors import Refused
from palabre.i18n import gettext as _

_FORM = re.compile(r"(\d{8}T\d{6})(\d{6})?Z\.(\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position between two dates of a list; `backwards` looks towards the past from there."""

    at: datetime
    id: int
    backwards: bool = False

    def __str__(self) -> str:
        at = self.at.astimezone(UTC)
        return f"{at:%Y%m%dT%H%M%S}{f'{at.microsecond:06}' if at.microsecond else ''}Z.{self.id}"


def read_cursor(text: str, *, backwards: bool = False) -> Cursor:
    """Read a cursor from an address; raises Refused when it is none of ours."""
    found = _FORM.fullmatch(text)
    try:
        if found:
            at = datetime.strptime(found[1] + (found[2] or "000000"), "%Y%m%dT%H%M%S%f")
            if FIRST_DATE <= at.date() <= LAST_DATE:
                return Cursor(at.replace(tzinfo=UTC), int(found[3]), backwards)
    except ValueError:
        pass
    raise Refused(
        _("Cette adresse de page n’existe plus : la liste reprend à aujourd’hui."), "apres"
    )
