"""How much a file may ask of us. Every number counts decoded bytes, after decompression."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one import; the defaults hold a school year of a whole département.

    Sizes are octets of decoded text. An event beyond `event_bytes` or `properties` is left out
    with a warning; the other bounds refuse the file.
    """

    bytes: int = 16 * 1024 * 1024
    events: int = 20_000
    depth: int = 8
    event_bytes: int = 8 * 1024 * 1024
    properties: int = 5_000

    @property
    def read_bytes(self) -> int:
        """How many octets are worth reading: UTF-16 takes two for most characters."""
        return 2 * self.bytes


DEFAULT = Limits()

LINE = 1024 * 1024  # octets of one unfolded line; longer ones are dropped, the event is kept
TITLE = 200  # characters, as the form allows
DESCRIPTION = 20_000  # octets of UTF-8
PLACE = 300  # characters of a place's name or address
ADDRESS = 2_000  # characters of a web address
CATEGORIES = 20  # per event
CATEGORY = 60  # characters of one
DATES = 1_000  # RDATE and EXDATE kept per series
OVERRIDES = 500  # single-date changes kept per series
UID = 255  # octets (RFC 7986 section 5.3)
FIRST_YEAR, LAST_YEAR = 1600, 2500  # as events.domain.validation takes
