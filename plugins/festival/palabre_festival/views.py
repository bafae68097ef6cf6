"""The festival's pages: request → domain → page."""

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from palabre.api import gettext as _
from palabre.api import render, upcoming
from palabre_festival.domain import CATEGORY, edition_at, editions


async def programme(request: Request) -> Response:
    """Show the festival, what comes next in it and its editions."""
    found = await upcoming(request, CATEGORY)
    context = {
        "upcoming": found,
        "edition": edition_at(found.today),
        "editions": editions(),
        "category": CATEGORY,
    }
    return render(request, "festival/programme.html", context)


def belonging() -> Markup:
    """Return the note on the page of an event of the festival."""
    return Markup('<p class="notice">{} <a href="/festival">{}</a></p>').format(
        _("Cette rencontre fait partie du Festival des solidarités."), _("Voir le programme")
    )
