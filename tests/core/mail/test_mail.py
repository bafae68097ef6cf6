"""Letters: written with what causes them, delivered to a real mail server, never lost."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from palabre.database.connection import execute, fetch, fetchrow, transaction
from palabre.mail.delivery import WAITS, deliver, delivering
from palabre.mail.domain import forget_old, queue
from palabre.settings import Settings

pytestmark = pytest.mark.usefixtures("database")

LINK = "http://127.0.0.1:8000/invitation/abc"
CONTEXT = {"name": "Les Voisins & Cie", "site": "Palabre", "link": LINK}


class Mailbox:
    """A mail server's inside: keeps what it takes, answers `reply` when that is set."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.reply = ""
        self.came = asyncio.Event()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        if self.reply:
            return self.reply
        found = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(found, EmailMessage)
        self.letters.append(found)
        self.recipients.append(envelope.rcpt_tos)
        self.came.set()
        return "250 taken"


@pytest.fixture
async def mailbox() -> AsyncIterator[tuple[Mailbox, Settings]]:
    box = Mailbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, hostname="boite"), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield box, Settings(smtp_url=f"smtp://127.0.0.1:{port}", mail_from="palabre@exemple.fr")


async def test_a_letter_arrives_as_text_and_html(mailbox: tuple[Mailbox, Settings]) -> None:
    box, settings = mailbox
    await queue("anna@exemple.fr", "invitation", **CONTEXT)

    sent = await deliver(settings)

    [letter] = box.letters
    plain, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert sent == 1
    assert box.recipients == [["anna@exemple.fr"]]
    assert letter["Subject"] == "Invitation à rejoindre Les Voisins & Cie"
    assert letter["From"] == "palabre@exemple.fr"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert LINK in plain.get_content()
    assert "Les Voisins & Cie" in plain.get_content()
    assert "Les Voisins &amp; Cie" in html.get_content()
    assert await deliver(settings) == 0


async def test_a_letter_in_english_for_who_reads_english(
    mailbox: tuple[Mailbox, Settings],
) -> None:
    box, settings = mailbox

    await queue("anna@exemple.fr", "invitation", language="en", **CONTEXT)
    await deliver(settings)

    html = box.letters[0].get_body(("html",))
    assert html is not None
    assert '<html lang="en">' in html.get_content()


async def test_what_is_rolled_back_sends_nothing(mailbox: tuple[Mailbox, Settings]) -> None:
    box, settings = mailbox

    async def fail() -> None:
        async with transaction():
            await queue("anna@exemple.fr", "invitation", **CONTEXT)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    await deliver(settings)

    assert box.letters == []


async def test_a_server_that_is_away_loses_nothing(mailbox: tuple[Mailbox, Settings]) -> None:
    box, settings = mailbox
    away = settings.model_copy(update={"smtp_url": "smtp://127.0.0.1:1"})
    await queue("anna@exemple.fr", "invitation", **CONTEXT)

    assert await deliver(away) == 0
    waiting = await fetchrow("SELECT attempts, last_error, due_at > now() AS later FROM core_mail")
    await execute("UPDATE core_mail SET due_at = now()")
    assert await deliver(settings) == 1

    assert waiting is not None
    assert (waiting["attempts"], waiting["later"]) == (1, True)
    assert waiting["last_error"]
    assert len(box.letters) == 1


@pytest.mark.parametrize(
    ("reply", "given_up"), [("451 try later", False), ("550 no such user", True)]
)
async def test_not_now_is_tried_again_and_never_is_given_up(
    mailbox: tuple[Mailbox, Settings], reply: str, *, given_up: bool
) -> None:
    box, settings = mailbox
    box.reply = reply
    await queue("anna@exemple.fr", "invitation", **CONTEXT)

    await deliver(settings)

    [row] = await fetch("SELECT failed_at IS NOT NULL AS given_up, last_error FROM core_mail")
    assert (row["given_up"], row["last_error"]) == (given_up, reply[:3])


async def test_after_the_last_wait_a_letter_is_given_up(
    mailbox: tuple[Mailbox, Settings],
) -> None:
    box, settings = mailbox
    box.reply = "451 try later"
    await queue("anna@exemple.fr", "invitation", **CONTEXT)
    await execute("UPDATE core_mail SET attempts = $1", len(WAITS))

    await deliver(settings)

    [row] = await fetch("SELECT failed_at FROM core_mail")
    assert row["failed_at"] is not None


async def test_two_processes_send_each_letter_once(mailbox: tuple[Mailbox, Settings]) -> None:
    box, settings = mailbox
    for number in range(12):
        await queue(f"a{number}@exemple.fr", "invitation", **CONTEXT)

    counts = await asyncio.gather(deliver(settings), deliver(settings))

    assert sum(counts) == 12
    assert sorted(r[0] for r in box.recipients) == sorted(f"a{n}@exemple.fr" for n in range(12))


async def test_nobody_slips_a_header_in_through_a_name(
    mailbox: tuple[Mailbox, Settings],
) -> None:
    box, settings = mailbox
    evil = {**CONTEXT, "name": "Voisins\r\nBcc: autre@exemple.fr\r\n\r\nBonjour"}

    await queue("anna@exemple.fr", "invitation", **evil)
    await deliver(settings)

    [letter] = box.letters
    assert letter["Bcc"] is None
    assert box.recipients == [["anna@exemple.fr"]]


async def test_the_background_delivers_what_is_queued(
    mailbox: tuple[Mailbox, Settings],
) -> None:
    box, settings = mailbox
    await queue("anna@exemple.fr", "invitation", **CONTEXT)

    async with delivering(settings), asyncio.timeout(10):
        await box.came.wait()

    assert len(box.letters) == 1


async def test_letters_are_forgotten_a_month_after_their_end(
    mailbox: tuple[Mailbox, Settings],
) -> None:
    _box, settings = mailbox
    await queue("anna@exemple.fr", "invitation", **CONTEXT)
    await deliver(settings)

    assert await forget_old(datetime.now(UTC)) == 0
    await execute("UPDATE core_mail SET sent_at = now() - interval '31 days'")
    assert await forget_old(datetime.now(UTC)) == 1
