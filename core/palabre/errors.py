"""The errors that people meet, as a tree.

    PalabreError
    ├── Refused      the input can't be taken; says which field and what to do
    │   └── Conflict somebody else saved first; carries what they saved
    ├── NotFound     nothing there, or nothing you may see (the two look the same on purpose)
    │   └── Gone     it was there and is closed for good
    ├── Denied       you are known, and may not do this
    ├── TooMany      too many tries in too short a time; says how long to wait
    ├── Unavailable  out of order for now; nothing is lost
    └── DatabaseUnavailable  the database does not answer; what was not confirmed is not saved

Each message is a French sentence for a volunteer: what happened, what was kept, what to do.
"""


class PalabreError(Exception):
    """The root: whoever catches it catches everything Palabre says to people."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Refused(PalabreError):
    """Input that can't be taken as it is; `field` names the form field, or None for the whole."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class Conflict(Refused):
    """Somebody else changed the object since it was read; `current` is its version now."""

    def __init__(self, message: str, current: int) -> None:
        super().__init__(message)
        self.current = current


class NotFound(PalabreError):
    """No such object, or none that the actor may see."""


class Gone(NotFound):
    """It existed and is closed for good (410): Thunderbird then stops asking."""


class Denied(PalabreError):
    """The actor is known and may not do this."""


class TooMany(PalabreError):
    """Too many tries in too short a time; `retry_after` is in seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(PalabreError):
    """What is asked for is out of order for now (503); who asks again later may have it."""


class DatabaseUnavailable(PalabreError):
    """The database does not answer; pages become a 503, feeds go on from memory."""
