"""A whole run of the real program, then its logs and its database's: nothing in them opens anything.

Who reads logs is not who may read accounts: no password, token, cookie or mail address is there,
and nothing that people wrote.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.smtp import SMTP

from palabre.demo import PASSWORD as DEMO
from tests.serving import Served, serve, stop_database

OWNER = "responsable@demo.example"  # printed at the start, with its password: the demo's alone
ANNA, BORIS, CARLA, BOUNCES = (
    "anna.zephyr@exemple.fr",
    "boris.quetsche@exemple.fr",
    "carla.nouvelle@exemple.fr",
    "rebond.certain@exemple.fr",
)
PASSWORDS = ["lune pain vélo orage", "neige carotte wagon bleu", "faux-faux-faux-faux"]
WRITTEN = "Réunion confidentielle des quetsches"
CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//\r\nBEGIN:VEVENT\r\nUID:1@x\r\n"
    "DTSTAMP:20260101T000000Z\r\nDTSTART:20270101T180000Z\r\n"
    f"ORGANIZER:mailto:{CARLA}\r\nSUMMARY:{WRITTEN}\r\nRRULE:FREQ=SECONDLY\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)
PATIENCE = 25  # seconds for a letter


class Letters:
    """The inside of a mail server that takes letters, but for one address."""

    def __init__(self) -> None:
        self.links: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        if BOUNCES in envelope.rcpt_tos:
            return f"550 5.1.1 <{BOUNCES}>: no such mailbox"
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        plain = letter.get_body(("plain",))
        assert plain is not None
        for link in re.findall(r"^(http\S+)\s*$", plain.get_content(), re.MULTILINE):
            await self.links.put((envelope.rcpt_tos[0], link))
        return "250 taken"

    async def path(self, to: str, beginning: str) -> str:
        """Wait for the letter to `to` whose link begins so; return the link's path."""
        async with asyncio.timeout(PATIENCE):
            while True:
                recipient, link = await self.links.get()
                path = httpx.URL(link).path
                if recipient == to and path.startswith(beginning):
                    return path


class Visit:
    """A browser without scripts: posts the forms of pages with their tokens; notes all secrets."""

    def __init__(self, site: Served, secrets: set[str]) -> None:
        self.client = httpx.AsyncClient(base_url=site.url, timeout=60)
        self.secrets = secrets

    async def get(self, path: str) -> httpx.Response:
        answer = await self.client.get(path)
        self.secrets |= set(self.client.cookies.values())
        self.secrets |= set(re.findall(r'name="csrf" value="([^"]+)"', answer.text))
        return answer

    async def post(self, page: str, path: str = "", **form: str) -> httpx.Response:
        shown = await self.get(page)
        token = re.search(r'name="csrf" value="([^"]+)"', shown.text)
        data = {"csrf": token[1] if token else "", **form}
        answer = await self.client.post(path or page, data=data)
        self.secrets |= set(self.client.cookies.values())
        return answer


@pytest.fixture
async def letters() -> AsyncIterator[tuple[Letters, int]]:
    box = Letters()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, hostname="boite"), "127.0.0.1", 0)
    async with server:
        yield box, server.sockets[0].getsockname()[1]


async def test_no_log_of_a_whole_run_has_a_secret_or_an_address(
    data_dir: Path, letters: tuple[Letters, int]
) -> None:
    box, port = letters
    secrets = {*PASSWORDS, ANNA, BORIS, CARLA, BOUNCES, WRITTEN, "smtp-hush"}
    settings = {
        "PALABRE_SMTP_URL": f"smtp://127.0.0.1:{port}",
        "PALABRE_OPEN_REGISTRATION": "1",
        "PALABRE_OIDC_PROVIDERS": "absent",
        "PALABRE_OIDC_ABSENT_ISSUER": "http://127.0.0.1:1",
        "PALABRE_OIDC_ABSENT_CLIENT_ID": "palabre",
        "PALABRE_OIDC_ABSENT_CLIENT_SECRET": "smtp-hush",
    }
    with serve(data_dir, "--demo", **settings) as site:
        anna, owner = Visit(site, secrets), Visit(site, secrets)
        async with anna.client, owner.client:
            await _come_in(anna, box)
            await _work(owner, box, secrets)
            await _go_wrong(owner, site, secrets)
        logs = {"stdout": site.said()}
    for file in (data_dir / "postgresql" / "log").glob("*"):
        logs[file.name] = file.read_text(errors="replace")

    assert len(logs) > 1
    assert len(secrets) > 15
    assert "database unavailable" in logs["stdout"]
    leaks = [
        f"{name}: {line[:300]}"
        for name, text in logs.items()
        for line in text.splitlines()
        if any(secret in line for secret in secrets)
    ]
    assert leaks == []


async def _come_in(anna: Visit, box: Letters) -> None:
    """Register twice, sign in wrongly and rightly, by link, by a new password, elsewhere."""
    await anna.post("/inscription", email=ANNA)
    first = await box.path(ANNA, "/inscription/")
    await anna.post("/inscription", email=ANNA)
    second = await box.path(ANNA, "/inscription/")
    anna.secrets |= {first.rpartition("/")[2], second.rpartition("/")[2]}
    made = await anna.post(first, display_name="Anna", password=PASSWORDS[0])
    twice = await anna.post(second, display_name="Anna", password=PASSWORDS[0])
    assert (made.status_code, twice.status_code) == (303, 422)
    await anna.post("/compte", "/deconnexion")
    wrong = await anna.post("/connexion", email=ANNA, password=PASSWORDS[2])
    assert wrong.status_code == 422
    await anna.post("/connexion/lien", email=ANNA)
    link = await box.path(ANNA, "/connexion/lien/")
    await anna.post("/mot-de-passe-oublie", email=ANNA)
    reset = await box.path(ANNA, "/mot-de-passe/")
    anna.secrets |= {link.rpartition("/")[2], reset.rpartition("/")[2]}
    assert (await anna.post(link)).status_code == 303
    assert (await anna.post(reset, password=PASSWORDS[1])).status_code == 200
    right = await anna.post("/connexion", email=ANNA, password=PASSWORDS[1])
    assert right.status_code == 303
    await anna.post("/compte/adresse", email=CARLA, password=PASSWORDS[1])
    moved = await box.path(CARLA, "/compte/adresse/")
    anna.secrets.add(moved.rpartition("/")[2])
    assert (await anna.post(moved)).status_code == 303
    assert (await anna.client.post("/connexion/avec/absent")).status_code in {403, 503}


async def _work(owner: Visit, box: Letters, secrets: set[str]) -> None:
    """Invite, one of them in vain, and import."""
    await owner.post("/connexion", email=OWNER, password=DEMO)
    members = "/organisations/collectif-festisol-grenoble/membres"
    for address in (BOUNCES, BORIS):
        asked = await owner.post(members, do="invite", email=address, role="editor")
        assert asked.status_code == 303
    invitation = await box.path(BORIS, "/invitation/")
    secrets.add(invitation.rpartition("/")[2])
    data = {"display_name": "Boris", "password": PASSWORDS[0]}
    async with httpx.AsyncClient(base_url=owner.client.base_url, timeout=60) as boris:
        answer = await boris.post(invitation, data=data)
        secrets |= set(boris.cookies.values())
    assert answer.status_code == 303
    imports = "/organisations/collectif-festisol-grenoble/import"
    for given in ({"text": CALENDAR}, {"address": f"http://{BORIS}@127.0.0.1/a.ics"}):
        await owner.post(imports, **given)


async def _go_wrong(owner: Visit, site: Served, secrets: set[str]) -> None:
    """Ask for what isn't there, send what is broken, and take the database away."""
    tokens = [secret for secret in secrets if re.fullmatch(r"[\w-]{43}", secret)]
    assert len(tokens) >= 5
    paths = [f"/{base}/{token}" for token in tokens for base in ("invitation", "mot-de-passe")]
    for path in (*paths, f"/api/v1/events?q={ANNA}&limit=x", f"/agenda?q={ANNA}&du=x"):
        await owner.get(path)
    for body in (b"%", b"a=" + b"x" * 400_000):
        form = {"content-type": "application/x-www-form-urlencoded"}
        await owner.client.post("/connexion", content=body, headers=form)
    await owner.client.post(
        "/connexion", data={"email": f"a\0{ANNA}", "password": f"a\0{PASSWORDS[0]}"}
    )
    stop_database(site.data_dir)
    async with asyncio.timeout(PATIENCE):
        while "database unavailable" not in site.said():
            with contextlib.suppress(httpx.TransportError):
                await owner.get(paths[0])
            await owner.client.post("/mot-de-passe-oublie", data={"email": ANNA})
