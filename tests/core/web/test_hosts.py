"""Requests addressed to somebody else: refused in words, and nothing is built from their name."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from palabre.errors import Refused
from palabre.people.domain import create_user
from palabre.settings import Settings, from_environment
from palabre.web.hosts import TrustedHosts

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from palabre.testing import Visitor

EVIL = "mechant.example"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return from_environment(
        {
            "PALABRE_DATA_DIR": str(tmp_path / "data"),
            "PALABRE_BASE_URL": "https://agenda.exemple.fr:8443",
            "PALABRE_TRUSTED_HOSTS": "www.exemple.fr, intranet",
            "PALABRE_SMTP_URL": "smtp://127.0.0.1:1",
        }
    )


OURS = [
    "agenda.exemple.fr:8443",
    "agenda.exemple.fr",
    "AGENDA.exemple.fr.",
    "www.exemple.fr",
    "intranet:80",
    "127.0.0.1:8000",
    "localhost",
    "[::1]:8000",
]
FOREIGN = [
    EVIL,
    f"agenda.exemple.fr.{EVIL}",
    f"agenda.exemple.fr@{EVIL}",
    f"agenda.exemple.fr:80@{EVIL}",
    f"{EVIL}/agenda.exemple.fr",
    f"{EVIL}?agenda.exemple.fr",
    "agenda.exemple.fr:80:80",
    "192.168.1.20",
    "8.8.8.8",
    "",
    "[::1",
    "é.fr",
]


@pytest.mark.parametrize("host", OURS)
async def test_the_site_answers_to_its_names(client: "Visitor", host: str) -> None:
    assert (await client.get("/agenda", headers={"host": host})).status_code == 200


@pytest.mark.parametrize("host", FOREIGN)
async def test_what_is_addressed_to_others_is_refused_in_words(
    client: "Visitor", host: str
) -> None:
    answer = await client.get("/agenda", headers={"host": host.encode()})  # type: ignore[dict-item]  # bytes pass too

    assert answer.status_code == 400
    assert "ne répond pas à ce nom" in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert EVIL not in answer.text


async def test_a_session_travels_by_https_to_this_host_only(client: "Visitor") -> None:
    await create_user("anna@exemple.fr", "Anna", "lune pain vélo orage")

    answer = await client.post(
        "/connexion", data={"email": "anna@exemple.fr", "password": "lune pain vélo orage"}
    )

    name, *said = answer.headers["set-cookie"].split("; ")
    assert name.startswith("__Host-palabre=")
    assert {part.lower() for part in said} >= {"secure", "httponly", "samesite=lax", "path=/"}
    assert not any(part.lower().startswith("domain") for part in said)
    assert answer.headers["strict-transport-security"]


async def test_machines_may_ask_whether_it_lives_by_any_name(client: "Visitor") -> None:
    assert (await client.get("/healthz", headers={"host": "10.1.2.3"})).status_code == 200


async def test_two_names_at_once_are_none(settings: Settings) -> None:
    said: list[Message] = []

    async def inner(_scope: "Scope", _receive: "Receive", _send: "Send") -> None:
        raise AssertionError("let in")

    async def send(message: "Message") -> None:
        said.append(message)

    async def receive() -> "Message":
        return {"type": "http.request"}

    hosts = [(b"host", b"agenda.exemple.fr"), (b"host", EVIL.encode())]
    for headers in (hosts, []):
        scope: Scope = {"type": "http", "path": "/", "method": "GET", "headers": headers}
        await TrustedHosts(inner, settings)(scope, receive, send)

    assert [m["status"] for m in said if m["type"] == "http.response.start"] == [400, 400]


@pytest.mark.parametrize(
    "headers",
    [
        {"x-forwarded-host": EVIL},
        {"forwarded": f"host={EVIL};proto=http"},
        {"x-forwarded-proto": "http", "x-forwarded-port": "1"},
        {"x-original-url": f"https://{EVIL}/"},
        {"x-rewrite-url": f"https://{EVIL}/"},
    ],
)
async def test_no_header_leads_a_page_s_links_away(
    client: "Visitor", headers: dict[str, str]
) -> None:
    plain = await client.get("/abonnement")
    poisoned = await client.get("/abonnement", headers=headers)
    afterwards = await client.get("/abonnement")

    assert poisoned.text == plain.text == afterwards.text
    assert "https://agenda.exemple.fr:8443" in plain.text


async def test_feeds_are_the_same_whatever_they_are_asked_by(client: "Visitor") -> None:
    mine = await client.get("/agenda.ics")
    poisoned = await client.get("/agenda.ics", headers={"host": EVIL})

    assert poisoned.content == mine.content
    assert EVIL.encode() not in poisoned.content


def test_without_an_address_numbers_are_taken_and_names_are_not() -> None:
    hosts = TrustedHosts(lambda *_: None, from_environment({}))  # type: ignore[arg-type,return-value]  # never called

    taken = [
        host
        for host in ("192.168.1.20:8000", "[fd00::1]", "localhost:8000", EVIL, "rebound.example")
        if hosts._ours([(b"host", host.encode())])
    ]

    assert taken == ["192.168.1.20:8000", "[fd00::1]", "localhost:8000"]


@pytest.mark.parametrize("names", ["https://www.exemple.fr", "*.exemple.fr", "a@b.fr", "a b/c"])
def test_a_setting_that_is_no_name_is_refused(names: str) -> None:
    with pytest.raises(Refused, match="PALABRE_TRUSTED_HOSTS"):
        from_environment({"PALABRE_TRUSTED_HOSTS": names})
