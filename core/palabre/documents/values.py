"""What is printed, and what comes out."""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256

# Raised when the same document would come out otherwise than before: then all are made again.
MAKER_VERSION = b"1"
LENGTH = struct.Struct(">I")
MAX_SIZE = 48 * 1024 * 1024  # octets of HTML and pictures together


@dataclass(frozen=True)
class Document:
    """A document to print.

    `html` is a whole page, its stylesheet inside, usually from a template that extends
    `documents/base.html`; its `<title>` and `lang` are needed (PDF/UA-1, ISO 14289-1, 7.1 and 7.2).
    `files` are the pictures it shows, JPEG or PNG, by the names with which it calls them: the
    address of one is `own:` and its name. Nothing else can be reached: no file, no network.
    """

    html: str
    files: Mapping[str, bytes] = field(default_factory=dict)

    @cached_property
    def digest(self) -> bytes:
        """The document's content as 32 octets: the same content is the same document."""
        digest = sha256(MAKER_VERSION + self.html.encode())
        for name, octets in sorted(self.files.items()):
            digest.update(b"\0" + name.encode() + b"\0" + sha256(octets).digest())
        return digest.digest()

    @property
    def size(self) -> int:
        """How large it is before it is laid out, in octets."""
        return len(self.html.encode()) + sum(map(len, self.files.values()))

    def packed(self) -> bytes:
        """Return it as octets, for another process; see `unpacked`."""
        files = list(self.files.items())
        head = {"html": self.html, "files": [(name, len(octets)) for name, octets in files]}
        told = json.dumps(head).encode()
        return b"".join((LENGTH.pack(len(told)), told, *(octets for _name, octets in files)))

    @classmethod
    def unpacked(cls, octets: bytes) -> "Document":
        """Return what `packed` gave."""
        start = LENGTH.size + LENGTH.unpack_from(octets)[0]
        head = json.loads(octets[LENGTH.size : start])
        files = {}
        for name, size in head["files"]:
            files[name] = octets[start : start + size]
            start += size
        return cls(head["html"], files)


@dataclass(frozen=True, slots=True)
class Made:
    """A finished document: PDF/UA-1, its number of pages, and what the layout complained of."""

    pdf: bytes
    pages: int
    complaints: Sequence[str]
