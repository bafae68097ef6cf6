"""Reads a page as people and browsers do."""

import re
from html.parser import HTMLParser

import httpx


class Reader(HTMLParser):
    """Reads a page as people and browsers do: its words, its links, what it would fetch."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.said: list[str] = []
        self.titles: list[str] = []
        self._title = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and given.get("href"):
            self.links.append(given["href"] or "")
        if tag == "link" and given.get("rel") in {"stylesheet", "icon"}:
            self.fetched.append(given["href"] or "")
        if given.get("src"):
            self.fetched.append(given["src"] or "")
        self._title = self._title or "event-title" in (given.get("class") or "")

    def handle_endtag(self, tag: str) -> None:
        self._title = self._title and tag != "h3"

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.said.append(data.strip())
            if self._title:
                self.titles.append(data.strip())

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.said))


async def read(client: httpx.AsyncClient, path: str, status: int = 200) -> Reader:
    answer = await client.get(path)
    assert answer.status_code == status, answer.text[:500]
    return Reader(answer.text)
