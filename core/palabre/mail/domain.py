"""Writing a letter and putting it on its way.

`queue` belongs into the transaction that causes the letter: either both happen or none does. The
letter waits in core_mail until a serving process hands it over (`palabre.mail.delivery`).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from jinja2 import BaseLoader, Environment, FileSystemLoader, StrictUndefined, select_autoescape

from palabre import i18n
from palabre.database.connection import execute
from palabre.database.ids import new_id
from palabre.themes.tokens import Tokens, plain

TEMPLATES = Path(__file__).parent.parent / "templates"
# How long a letter that was sent or given up leaves a trace, to whom and when; and how long one
# that no server takes waits: what it says is then stale.
KEPT = timedelta(days=30)


async def queue(to: str | None, template: str, *, language: str = "fr", **context: object) -> None:
    """Write the letter `template` in `language` to the address `to` and queue it.

    A letter is two templates: `mail/<template>.txt`, whose first line is the subject, and
    `mail/<template>.html`, which extends `mail/base.html`; "festival/reminder" is the plugin's own
    `festival/mail/reminder`. A theme may replace them as it may any page. Addresses are checked where they enter (`people.domain.clean_email`).
    With None the letter is written all the same and goes nowhere: an answer that may not tell
    whether somebody has an account should not take longer when they do.
    """
    subject, body, html = written(template, language, context)
    await execute(
        "INSERT INTO core_mail (id, recipient, subject, text_body, html_body)"
        " SELECT $1, $2, $3, $4, $5 WHERE $2::text IS NOT NULL",
        new_id(),
        to,
        subject,
        body,
        html,
    )


def written(template: str, language: str, context: Mapping[str, object]) -> tuple[str, str, str]:
    """Return a letter's subject, its text and its HTML, as `queue` would send it."""
    folder, slash, name = template.rpartition("/")
    path = f"{folder}{slash}mail/{name}"
    token = i18n.language.set(language)
    try:
        text, html = (
            _Letters.environment.get_template(f"{path}.{kind}").render(**context, language=language)
            for kind in ("txt", "html")
        )
    finally:
        i18n.language.reset(token)
    subject, _newline, body = text.lstrip().partition("\n")
    return " ".join(subject.split()), body.strip() + "\n", html


def use(loader: BaseLoader, tokens: Tokens) -> None:
    """Write letters from now on with these templates, in these colours: the theme's."""
    _Letters.environment = _environment(loader, tokens)


async def forget_old(now: datetime) -> int:
    """Remove letters whose way ended a month ago, or never did; returns how many."""
    done = await execute(
        "DELETE FROM core_mail WHERE coalesce(sent_at, failed_at, queued_at) < $1", now - KEPT
    )
    return int(done.rpartition(" ")[2])


def _environment(loader: BaseLoader, tokens: Tokens) -> Environment:
    environment = Environment(
        loader=loader,
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.globals["tokens"] = tokens
    environment.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=True)  # type: ignore[attr-defined]  # added by jinja2.ext.i18n
    return environment


class _Letters:
    """The process's templates of letters; the core's own until `use` brings the theme's."""

    environment = _environment(FileSystemLoader(TEMPLATES), plain())
