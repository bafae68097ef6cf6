import gzip
from pathlib import Path

import brotli
import httpx
import pytest

from palabre.web.static import Static

CSS = "body { color: black }\n" * 60


@pytest.fixture
def static(tmp_path: Path) -> Static:
    core, theme = tmp_path / "core", tmp_path / "theme"
    (core / "deep").mkdir(parents=True)
    theme.mkdir()
    (core / "palabre.css").write_text(CSS)
    (core / "deep" / "dot.png").write_bytes(b"\x89PNG")
    (core / ".hidden").write_text("no")
    (theme / "theme.css").write_text("a{}")
    return Static({"": core, "theme": theme})


def browser(static: Static) -> httpx.AsyncClient:
    client = httpx.AsyncClient(transport=httpx.ASGITransport(static), base_url="http://t")
    client.headers["accept-encoding"] = "identity"
    return client


async def test_an_address_with_a_hash_is_kept_for_good(static: Static) -> None:
    async with browser(static) as client:
        answer = await client.get(static.url("palabre.css"))

    assert answer.text == CSS
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["vary"] == "Accept-Encoding"


async def test_the_plain_address_is_asked_again(static: Static) -> None:
    async with browser(static) as client:
        answer = await client.get("/static/deep/dot.png")
        again = await client.get(
            "/static/deep/dot.png", headers={"if-none-match": answer.headers["etag"]}
        )

    assert answer.content == b"\x89PNG"
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert (again.status_code, again.content) == (304, b"")


def test_the_hash_follows_the_content(static: Static, tmp_path: Path) -> None:
    before = static.url("palabre.css")
    (tmp_path / "core" / "palabre.css").write_text("other")

    assert Static({"": tmp_path / "core"}).url("palabre.css") != before


def test_a_theme_has_its_own_prefix_and_a_typo_speaks(static: Static) -> None:
    assert static.url("theme/theme.css").startswith("/static/theme/theme.")
    with pytest.raises(KeyError, match=r"palabr\.css"):
        static.url("palabr.css")


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("identity", None),
        ("", None),
        ("gzip;q=0", None),
    ],
)
async def test_bodies_are_compressed_as_asked(
    static: Static, accepted: str, coding: str | None
) -> None:
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[coding]

    async with (
        browser(static) as client,
        client.stream(
            "GET", static.url("palabre.css"), headers={"accept-encoding": accepted}
        ) as got,
    ):
        raw = b"".join([piece async for piece in got.aiter_raw()])

    assert got.headers.get("content-encoding") == coding
    assert unpack(raw).decode() == CSS


async def test_a_head_says_the_size_and_sends_nothing(static: Static) -> None:
    async with browser(static) as client:
        answer = await client.head(static.url("palabre.css"))

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(CSS))


@pytest.mark.parametrize(
    "path", ["/static/", "/static/.hidden", "/static/../secret", "/static/%2e%2e/x", "/static/%00"]
)
async def test_only_listed_files_are_served(static: Static, path: str) -> None:
    async with browser(static) as client:
        answer = await client.get(path)

    assert answer.status_code == 404


async def test_only_reading_is_possible(static: Static) -> None:
    async with browser(static) as client:
        answer = await client.post(static.url("palabre.css"))

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
