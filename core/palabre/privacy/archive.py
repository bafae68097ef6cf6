"""The zip that a person gets: `lisez-moi.html` to read, `donnees.json` for machines.

Plain blocking code, called in a thread. Both files grow on disk, in temporary files that the
caller opens and closes, and are zipped at the end.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from babel.dates import format_datetime
from markupsafe import Markup, escape

from palabre import i18n
from palabre.i18n import gettext as _

CHUNK = 64 * 1024
STYLE = Markup(
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;"
    "border-bottom:1px solid #ccc;padding:.3rem .6rem .3rem 0;overflow-wrap:anywhere}"
    ".warn{border-left:.3rem solid #b30;padding-left:.8rem;font-weight:bold}"
)


class Archive:
    """Collects the parts in `page` and `data`, then writes the zip."""

    def __init__(
        self, page: BinaryIO, data: BinaryIO, *, site_name: str, name: str, now: datetime
    ) -> None:
        self._page, self._data = page, data
        self._site, self._name, self._now = site_name, name, now
        self._titles: Mapping[str, str] = {}
        self._rows = 0
        self._parts = 0

    def begin(self, key: str, title: str, titles: Mapping[str, str]) -> None:
        """Open a part; `titles` are the columns' words, "" for those that machines alone get."""
        self._titles, self._rows = titles, 0
        self._parts += 1
        self._write(self._data, ",\n" if self._parts > 1 else "", f" {json.dumps(key)}: [")
        self._write(self._page, Markup("<h2>{}</h2>\n").format(title))

    def add(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Write rows into the open part."""
        shown = [name for name, title in self._titles.items() if title]
        if rows and not self._rows:
            heads = Markup("").join(
                Markup("<th scope=col>{}</th>").format(self._titles[name]) for name in shown
            )
            self._write(self._page, Markup("<table>\n<tr>{}</tr>\n").format(heads))
        for row in rows:
            comma = ",\n  " if self._rows else "\n  "
            self._write(self._data, comma, json.dumps(row, ensure_ascii=False, default=_machine))
            cells = Markup("").join(
                Markup("<td>{}</td>").format(_readable(row.get(name))) for name in shown
            )
            self._write(self._page, Markup("<tr>{}</tr>\n").format(cells))
            self._rows += 1

    def end(self) -> None:
        """Close the open part."""
        self._write(self._data, "\n ]" if self._rows else "]")
        nothing = Markup("<p>{}</p>\n").format(_("Rien."))
        self._write(self._page, Markup("</table>\n") if self._rows else nothing)

    def finish(self, target: BinaryIO, missing: Sequence[str]) -> None:
        """Write the zip; `missing` are the plugins that could not give their part."""
        head = json.dumps(
            {
                "site": self._site,
                "made_at": self._now.isoformat(timespec="seconds"),
                "complete": not missing,
                "missing": list(missing),
            },
            ensure_ascii=False,
            indent=1,
        )
        with ZipFile(target, "w", ZIP_DEFLATED) as folder:
            with folder.open("donnees.json", "w", force_zip64=True) as file:
                file.write((head.removesuffix("\n}") + ',\n "data": {\n').encode())
                _copy(self._data, file)
                file.write(b"\n}}\n")
            with folder.open("lisez-moi.html", "w", force_zip64=True) as file:
                file.write(self._opening(missing).encode())
                _copy(self._page, file)
                file.write(b"</body>\n</html>\n")

    def _opening(self, missing: Sequence[str]) -> str:
        title = _("Vos données sur {site}").format(site=self._site)
        warning = _(
            "Cette archive n’est pas complète. Il manque ce que gardent ces extensions, qui n’ont"
            " pas répondu : {names}. Redemandez l’archive dans quelques jours."
        ).format(names=", ".join(missing))
        return Markup(
            '<!doctype html>\n<html lang="{language}">\n<head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            "<title>{title}</title><style>{style}</style></head>\n<body>\n<h1>{title}</h1>\n"
            "{warning}<p>{name} · {date}</p>\n<p>{said}</p>\n"
        ).format(
            language=i18n.language.get(),
            title=title,
            style=STYLE,
            warning=Markup('<p class="warn">{}</p>\n').format(warning) if missing else "",
            name=self._name,
            date=_readable(self._now),
            said=_(
                "Voici tout ce que la base de données garde sur vous. Le fichier donnees.json dit"
                " la même chose, en plus complet, pour les machines. Les empreintes des mots de"
                " passe et des liens n’y sont pas : elles ne servent qu’à vérifier, et ne disent"
                " rien de vous."
            ),
        )

    def _write(self, file: BinaryIO, *pieces: str) -> None:
        file.write("".join(pieces).encode())


def _copy(source: BinaryIO, target: object) -> None:
    source.seek(0)
    while chunk := source.read(CHUNK):
        target.write(chunk)  # type: ignore[attr-defined]  # a file inside the zip


def _machine(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _readable(value: object) -> Markup:
    if value is None or value == "":
        return Markup("—")
    if isinstance(value, bool):
        return escape(_("oui") if value else _("non"))
    if isinstance(value, datetime):
        locale = "fr_FR" if i18n.language.get() == "fr" else "en_GB"
        return escape(format_datetime(value, "d MMMM y, HH:mm 'UTC'", locale=locale))
    if isinstance(value, list | tuple):
        return escape(", ".join(map(str, value)) or "—")
    return escape(str(value))
