"""Handing letters over to the mail server, again and again until it takes them.

Any number of processes may deliver: each takes letters that nobody else holds. A letter is marked
as sent after the server has it; a crash between the two sends it twice, never not at all.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime, localtime, make_msgid
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog

from palabre.background import in_background
from palabre.database.connection import Connection, Row, transaction
from palabre.settings import Settings

POLL = 5.0  # seconds between two looks at the queue
BATCH = 20
TIMEOUT = 30.0  # seconds for each step of the dialogue with the server
# Waits between tries; after the last one the letter is given up: three days in all.
WAITS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720, 1440, 1440))
REFUSED_FOR_GOOD = range(500, 600)  # RFC 5321 section 4.2.1

log = structlog.get_logger()

_TAKE = """
SELECT id, recipient, subject, text_body, html_body, attempts FROM core_mail
WHERE sent_at IS NULL AND failed_at IS NULL AND due_at <= now()
ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
"""
# What a letter said goes with it: it may hold a link that opens an account.
_SENT = """
UPDATE core_mail SET sent_at = now(), last_error = '', text_body = '', html_body = '' WHERE id = $1
"""
_AGAIN = """
UPDATE core_mail SET attempts = attempts + 1, last_error = $2, due_at = now() + $3::interval
WHERE id = $1
"""
_GIVEN_UP = """
UPDATE core_mail SET attempts = attempts + 1, last_error = $2, failed_at = now(),
    text_body = '', html_body = ''
WHERE id = $1
"""


@asynccontextmanager
async def delivering(settings: Settings) -> AsyncIterator[None]:
    """Deliver in the background for as long as the block lasts; without a server, do nothing."""
    if settings.smtp_url is None:
        yield
        return
    async with in_background(_keep_delivering(settings)):
        yield


async def deliver(settings: Settings) -> int:
    """Hand over what is due; returns how many letters the server took."""
    async with transaction() as connection:
        letters = await connection.fetch(_TAKE, BATCH)
        sent = 0
        for letter in letters:
            sent += await _hand_over(settings, connection, letter)
    return sent


async def _keep_delivering(settings: Settings) -> None:
    while True:
        try:
            while await deliver(settings):
                pass
        except Exception as error:  # noqa: BLE001  whatever it is, letters wait and are tried again
            log.warning("mail delivery failed", reason=type(error).__name__)
        await asyncio.sleep(POLL)


async def _hand_over(settings: Settings, connection: Connection, letter: Row) -> bool:
    try:
        await _send(settings, letter)
    except aiosmtplib.SMTPResponseException as error:
        hopeless = error.code in REFUSED_FOR_GOOD
        await _note_failure(connection, letter, str(error.code), hopeless=hopeless)
    except (aiosmtplib.SMTPException, OSError) as error:
        await _note_failure(connection, letter, type(error).__name__)
    else:
        await connection.execute(_SENT, letter["id"])
        return True
    return False


async def _note_failure(
    connection: Connection, letter: Row, reason: str, *, hopeless: bool = False
) -> None:
    attempts = letter["attempts"]
    if hopeless or attempts >= len(WAITS):
        await connection.execute(_GIVEN_UP, letter["id"], reason)
        log.warning("letter given up", letter=str(letter["id"]), reason=reason)
    else:
        await connection.execute(_AGAIN, letter["id"], reason, WAITS[attempts])


async def _send(settings: Settings, letter: Row) -> None:
    server = urlsplit(settings.smtp_url or "")
    await aiosmtplib.send(
        _message(settings, letter),
        recipients=[letter["recipient"]],
        sender=settings.mail_from,
        hostname=server.hostname or "localhost",
        port=server.port,
        username=unquote(server.username) if server.username else None,
        password=unquote(server.password) if server.password else None,
        use_tls=server.scheme == "smtps",
        timeout=TIMEOUT,
    )


def _message(settings: Settings, letter: Row) -> EmailMessage:
    """Return the letter as RFC 5322 wants it; a line end in a header raises instead of slipping in."""
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = letter["recipient"]
    message["Subject"] = letter["subject"]
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = make_msgid(str(letter["id"]), settings.mail_from.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office may answer
    message.set_content(letter["text_body"])
    message.add_alternative(letter["html_body"], subtype="html")
    return message
