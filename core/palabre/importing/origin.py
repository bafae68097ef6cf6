"""Where a calendar is fetched from, as values: what everybody may know without a network."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Freshness:
    """What a server said about its last answer, to ask only for what is newer (RFC 9110 13.1)."""

    etag: str = ""
    last_modified: str = ""

    def headers(self) -> dict[str, str]:
        """Return the request's conditional headers."""
        said = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in said.items() if value}


NEVER_ASKED = Freshness()


def is_address(source: str) -> bool:
    """Whether `source` is an address rather than the name of a file."""
    return source.strip().lower().startswith(("http://", "https://", "webcal://", "webcals://"))
