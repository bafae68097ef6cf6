"""The letters that wait to be sent, as a test reads them."""

import re
from dataclasses import dataclass

from palabre.database.connection import fetch


@dataclass(frozen=True)
class Letter:
    to: str
    subject: str
    text: str
    html: str

    @property
    def path(self) -> str:
        """Return the path of the letter's one link, which leads to the site's own address."""
        [link] = re.findall(r"^(http\S+)$", self.text, re.MULTILINE)
        assert f'href="{link}"' in self.html
        assert link.startswith("http://agenda.exemple.fr/")
        return str(link.removeprefix("http://agenda.exemple.fr"))


async def waiting(to: str = "") -> list[Letter]:
    rows = await fetch(
        "SELECT recipient, subject, text_body, html_body FROM core_mail"
        " WHERE $1 IN ('', recipient) ORDER BY queued_at",
        to,
    )
    return [Letter(*row) for row in rows]
