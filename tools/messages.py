"""The catalogues: are they complete, and bring them up to date.

Every sentence users read stands in the source in French, inside gettext. English lies in
`<package>/locale/en/LC_MESSAGES/<package>.po`. `make messages` adds new sentences (empty) and
drops those that nobody says any more; `make check` wants each one translated, none guessed, with
the same placeholders.
"""

import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from tools.workspace import packages, relative

LANGUAGES = ("en",)
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "marked": None,
    "ngettext": (1, 2),
}
METHODS = [("**.py", "python"), ("**/templates/**.*", "jinja2")]
JINJA = {
    "extensions": "jinja2.ext.do,jinja2.ext.loopcontrols",
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    "silent": "false",
}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")


def main() -> int:
    """Rewrite the catalogues with --update, else print what is missing."""
    if sys.argv[1:] == ["--update"]:
        for package in packages():
            for language in LANGUAGES:
                update(package, language)
    left = complaints()
    print("\n".join(left) or "every sentence is translated")
    return 0


def complaints() -> list[str]:
    """Return one line per sentence that is missing, empty, guessed or stale in a catalogue."""
    found: list[str] = []
    for package in packages():
        source = sentences(package)
        for language in LANGUAGES:
            catalogue = read_catalogue(package, language)
            place = relative(catalogue_path(package, language))
            found += [f"{place}: {fault}" for fault in faults(source, catalogue)]
    return found


def sentences(package: Path) -> Catalog:
    """Return what the source of `package` says, with the places where it says it."""
    catalogue = Catalog(charset="utf-8")
    options = {pattern: JINJA for pattern, method in METHODS if method == "jinja2"}
    for file, _line, message, comments, _context in extract_from_dir(
        package, METHODS, options, keywords=KEYWORDS, comment_tags=("Translators:",)
    ):
        catalogue.add(message, None, [(file, 0)], auto_comments=comments)
    return catalogue


def catalogue_path(package: Path, language: str) -> Path:
    """Return where the catalogue of `package` for `language` lies."""
    return package / "locale" / language / "LC_MESSAGES" / f"{package.name}.po"


def read_catalogue(package: Path, language: str) -> Catalog:
    """Read a catalogue; one that does not exist yet is empty."""
    path = catalogue_path(package, language)
    if not path.exists():
        return Catalog(locale=language)
    return read_po(BytesIO(path.read_bytes()), locale=language)


def update(package: Path, language: str) -> None:
    """Rewrite a catalogue: translations stay, new sentences are empty, unsaid ones go."""
    source = sentences(package)
    if not len(source):
        return
    known = read_catalogue(package, language)
    fresh = Catalog(
        locale=language, charset="utf-8", fuzzy=False, project=package.name, header_comment="#"
    )
    for message in source:
        if message.id:
            old = known.get(message.id)
            told = old.string if old and not old.fuzzy else ""
            fresh.add(message.id, told, message.locations, auto_comments=message.auto_comments)
    written = BytesIO()
    write_po(written, fresh, width=100, omit_header=False, sort_by_file=True, include_lineno=False)
    path = catalogue_path(package, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Dates in the header would make every update a change, even one that changes nothing.
    text = re.sub(rb'^"(POT|PO)-.*\n', b"", written.getvalue(), flags=re.MULTILINE)
    path.write_bytes(text)


def faults(source: Catalog, catalogue: Catalog) -> Iterator[str]:
    """Yield what keeps `catalogue` from saying all that `source` says, and nothing else."""
    for message in source:
        if not message.id:
            continue
        told = catalogue.get(message.id)
        first = _forms(message.id)[0]
        if told is None or not all(_forms(told.string)):
            yield f"no translation of “{first}”"
        elif told.fuzzy:
            yield f"guessed translation of “{first}”"
        elif not _same_placeholders(message, told):
            yield f"other placeholders in the translation of “{first}”"
    for message in catalogue:
        if message.id and source.get(message.id) is None:
            yield f"nobody says “{_forms(message.id)[0]}” any more; run `make messages`"


def _same_placeholders(message: Message, told: Message) -> bool:
    wanted = {name for form in _forms(message.id) for name in PLACEHOLDER.findall(form)}
    return {name for form in _forms(told.string) for name in PLACEHOLDER.findall(form)} <= wanted


def _forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    if text is None:
        return ("",)
    return (text,) if isinstance(text, str) else tuple(text)


if __name__ == "__main__":
    sys.exit(main())
