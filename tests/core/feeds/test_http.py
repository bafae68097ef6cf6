"""FEED.md, the part HTTP: each test carries the letters of the lines that it checks."""

import asyncio
import gzip
import re
from email.utils import parsedate_to_datetime

import httpx
import pytest

from palabre.feeds.store import FeedStore

from .conftest import Save, content

PATHS = ("/agenda.ics", "/agenda.json", "/organisations/mjc.ics", "/agenda.ics?q=bal")
CORS = "access-control-allow-origin"
METHODS = ("PROPFIND", "REPORT", "PUT", "DELETE", "POST", "PATCH", "MKCALENDAR", "BREW")


@pytest.fixture(autouse=True)
async def _one_event(save: Save, store: FeedStore) -> None:
    await save("Bal folk")
    await store.settle()


@pytest.mark.parametrize("path", PATHS)
async def test_h01_h02_h18_h26_h27_get_answers_at_once(
    path: str, client: httpx.AsyncClient
) -> None:
    answer = await client.get(path)

    kind = "application/json" if ".json" in path else "text/calendar; charset=utf-8"
    name = path.removeprefix("/organisations").removeprefix("/").partition("?")[0]
    assert answer.status_code == 200
    assert dict(answer.headers) == {
        "etag": answer.headers["etag"],
        "last-modified": answer.headers["last-modified"],
        "cache-control": "public, max-age=900",
        "vary": "accept-encoding",
        "access-control-allow-origin": "*",
        "content-type": kind,
        "content-disposition": f'inline; filename="{name}"',
        "x-content-type-options": "nosniff",
        "content-length": str(len(answer.content)),
    }


async def test_h03_h04_etag_and_date_are_well_formed(client: httpx.AsyncClient) -> None:
    answer = await client.get("/agenda.ics")

    assert re.fullmatch(r'"[0-9a-f]{32}"', answer.headers["etag"])
    written = parsedate_to_datetime(answer.headers["last-modified"]).strftime("%Y%m%dT%H%M%SZ")
    assert f"\r\nLAST-MODIFIED:{written}\r\n" in answer.text


async def test_h05_the_same_bytes_a_second_later(client: httpx.AsyncClient) -> None:
    first = await client.get("/agenda.ics")
    await asyncio.sleep(1.1)

    assert (await client.get("/agenda.ics")).content == first.content


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_h06_to_h11_what_the_reader_has_is_not_sent_again(
    method: str, client: httpx.AsyncClient
) -> None:
    etag = (await client.get("/agenda.ics")).headers["etag"]

    for form in ("{}", "W/{}", '"other", {}', '"a",W/{} , "b"', "*"):
        given = {"if-none-match": form.format(etag)}
        answer = await client.request(method, "/agenda.ics", headers=given)

        assert (answer.status_code, answer.content) == (304, b"")
        assert set(answer.headers) == {"etag", "cache-control", "vary", CORS}


async def test_h09_dates_are_compared_and_etags_win(client: httpx.AsyncClient) -> None:
    whole = await client.get("/agenda.ics")
    date = whole.headers["last-modified"]

    async def status(**headers: str) -> int:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return (await client.get("/agenda.ics", headers=given)).status_code

    assert await status(if_modified_since=date) == 304
    assert await status(if_modified_since="Mon, 01 Jan 2035 00:00:00 GMT") == 304
    assert await status(if_modified_since="Mon, 01 Jan 2024 00:00:00 GMT") == 200
    assert await status(if_modified_since="yesterday") == 200
    assert await status(if_modified_since="Mon, 99 Jan 2024 00:00:00 +9999") == 200
    assert await status(if_modified_since=date, if_none_match='"other"') == 200
    assert await status(if_none_match='garbage, W/, "') == 200


async def test_h10_head_is_get_without_the_body(client: httpx.AsyncClient) -> None:
    whole, head = await client.get("/agenda.ics"), await client.head("/agenda.ics")

    assert head.status_code == 200
    assert head.content == b""
    assert head.headers == whole.headers


@pytest.mark.parametrize(
    "asked", ["", "identity", "br", "gzip;q=0", "gzip;q=0.000, *;q=0", "*;q=0"]
)
async def test_h12_nothing_is_compressed_unless_asked(
    asked: str, client: httpx.AsyncClient
) -> None:
    answer = await client.get("/agenda.ics", headers={"accept-encoding": asked})

    assert "content-encoding" not in answer.headers
    assert answer.content.startswith(b"BEGIN:VCALENDAR\r\n")


@pytest.mark.parametrize(
    "asked", ["gzip", "gzip, deflate, br", "br;q=1.0, GZIP;q=0.5", "x-gzip", "*", "deflate,*;q=0.1"]
)
async def test_h13_h16_gzip_when_asked_under_its_own_etag(
    asked: str, client: httpx.AsyncClient
) -> None:
    plain = await client.get("/agenda.ics")
    async with client.stream("GET", "/agenda.ics", headers={"accept-encoding": asked}) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])

    assert gzip.decompress(raw) == plain.content
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-length"] == str(len(raw))
    assert answer.headers["etag"] != plain.headers["etag"]
    again = {"accept-encoding": asked, "if-none-match": answer.headers["etag"]}
    assert (await client.get("/agenda.ics", headers=again)).status_code == 304
    assert (
        await client.get("/agenda.ics", headers=again | {"accept-encoding": ""})
    ).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"accept": "text/html"}, {"user-agent": "Outlook"}])
async def test_h19_h20_whoever_asks_gets_the_same_bytes(
    headers: dict[str, str], client: httpx.AsyncClient
) -> None:
    usual = await client.get("/agenda.ics")
    request = client.build_request("GET", "/agenda.ics", headers=headers)
    for name in ("accept", "user-agent"):
        if name not in headers:
            del request.headers[name]

    assert (await client.send(request)).content == usual.content


async def test_h21_a_feed_is_for_reading(client: httpx.AsyncClient) -> None:
    for path in (*PATHS, "/agenda.ics?du=never", "/organisations/unknown.ics"):
        for method in METHODS:
            answer = await client.request(method, path, headers={"if-match": "*"}, content=b"x")

            assert answer.status_code == 405
            assert answer.headers["allow"] == "GET, HEAD"
            assert answer.headers["content-type"] == "text/plain; charset=utf-8"


async def test_options_lets_other_sites_ask(client: httpx.AsyncClient) -> None:
    answer = await client.options("/agenda.ics")

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    assert answer.headers["access-control-allow-headers"] == "if-none-match, if-modified-since"


async def test_h22_an_unknown_feed_is_a_404_in_words(client: httpx.AsyncClient) -> None:
    for path in (
        "/organisations/unknown.ics",
        "/lieux/unknown.json",
        "/evenements/unknown.ics",
        "/organisations/%C3%89t%C3%A9.ics",
        "/organisations/MJC.ics",
        "/evenements/..ics",
        "/evenements/a%00b.ics",
        "/organisations/" + "a" * 300 + ".ics",
    ):
        answer = await client.get(path)

        assert answer.status_code == 404
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.text == "Aucun agenda n’existe à cette adresse.\n"


async def test_drafts_have_no_feed(client: httpx.AsyncClient, save: Save) -> None:
    from palabre.events.values import Publication

    draft = await save("Brouillon", publication=Publication.DRAFT)

    assert (await client.get(f"/evenements/{draft.slug}.ics")).status_code == 404


async def test_h23_unknown_parameters_are_harmless(client: httpx.AsyncClient) -> None:
    queries = ("utm_source=x", "fbclid=1&_=2", "q=", "x" * 500, "%ff=%fe", "a&b&&=c", "q=bal&q=")
    for query in queries:
        answer = await client.get(f"/agenda.ics?{query}")

        assert (answer.status_code, answer.text.count("BEGIN:VEVENT")) == (200, 1)


async def test_an_impossible_filter_is_a_400_in_words(client: httpx.AsyncClient) -> None:
    backwards = "du=2027-01-01&au=2026-01-01"
    for query in ("du=never", "au=2026-02-31", "public=martiens", backwards, "en_ligne=bof"):
        answer = await client.get(f"/agenda.ics?{query}")

        assert answer.status_code == 400
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert len(answer.text) > 20


async def test_absurd_queries_are_refused_or_mean_nothing(client: httpx.AsyncClient) -> None:
    many = "&".join(f"q={number}" for number in range(200))
    for query in ("q=" + "x" * 5000, many, "q=%00%ed%a0%80", "q=%E2%80%AE", "q=%", "=&=&;;"):
        answer = await client.get(f"/agenda.ics?{query}")

        assert answer.status_code in {200, 400}


async def test_h29_the_address_is_short_and_ends_in_ics(client: httpx.AsyncClient) -> None:
    source = re.search(r"SOURCE;VALUE=URI:(\S+)", (await client.get("/agenda.ics")).text)

    assert source is not None
    assert source[1] == "https://agenda.example.org/agenda.ics"


async def test_h30_twenty_at_once_all_succeed(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(client.get(path) for path in PATHS * 5))

    assert [answer.status_code for answer in answers] == [200] * 20


async def test_equal_wishes_are_one_feed_whatever_their_order(
    client: httpx.AsyncClient, store: FeedStore
) -> None:
    first = await client.get("/agenda.ics?q=bal&organisation=mjc&utm=1")
    second = await client.get("/agenda.ics?organisation=mjc&q=bal")

    assert first.headers["etag"] == second.headers["etag"]
    assert len(store._feeds) == 1


async def test_other_addresses_go_on_to_the_site(client: httpx.AsyncClient) -> None:
    paths = ("/agenda", "/", "/static/manifest.json", "/api/v1/events.json", "/agenda.ics/x")

    assert [(await client.get(path)).status_code for path in paths] == [299] * 5


async def test_json_holds_every_event(
    client: httpx.AsyncClient, save: Save, store: FeedStore
) -> None:
    await save(content("Café « des langues »"))
    await store.settle()

    whole = (await client.get("/agenda.json")).json()

    assert whole["name"] == "Agenda d’essai"
    assert whole["source"] == "https://agenda.example.org/agenda.json"
    assert [event["title"] for event in whole["events"]] == ["Bal folk", "Café « des langues »"]


async def test_an_empty_list_is_a_valid_calendar(client: httpx.AsyncClient) -> None:
    """RFC 5545 section 3.6: a calendar has a component at least."""
    answer = await client.get("/agenda.ics?q=introuvable")

    assert answer.status_code == 200
    assert re.findall(r"BEGIN:(\w+)", answer.text)[:2] == ["VCALENDAR", "VTIMEZONE"]
    assert (await client.get("/agenda.json?q=introuvable")).json()["events"] == []
    empty = await client.get("/organisations/mjc.ics?q=introuvable")
    assert empty.headers["last-modified"] == "Sun, 01 Mar 2026 00:00:00 GMT"


async def test_a_large_body_goes_out_in_pieces_and_whole(
    client: httpx.AsyncClient, save: Save, store: FeedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palabre.feeds.feed._PIECE", 1000)
    for number in range(5):
        await save(content(f"Lecture {number}", description="Mot à mot. " * 100))
    await store.settle()

    kept = await client.get("/agenda.ics")
    monkeypatch.setattr("palabre.feeds.feed._KEPT_PLAIN", 10)
    streamed = await client.get("/agenda.ics?x=1")

    assert int(kept.headers["content-length"]) == len(kept.content) > 5000
    assert streamed.content == kept.content
