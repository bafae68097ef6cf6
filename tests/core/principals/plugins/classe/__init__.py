"""A class whose pupils show a card and pick three pictures: the well-behaved use of `principal`."""

from collections.abc import Sequence
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from palabre.api import (
    PRINCIPAL,
    PUBLIC,
    Limit,
    Manifest,
    Page,
    Principal,
    actor_of,
    address_of,
    end_principals,
    enter_principal,
    forgive,
    hookimpl,
    leave_principal,
    principal_of,
    take,
)

manifest = Manifest(name="classe", title="Classe", version="1", api=1, url="/classe", minors=True)
TRIES = Limit("pictures of a card", 5, timedelta(minutes=15))
PUPILS = {"carte-7": "Zoé", "carte-8": "Ali"}
PICTURES = {"carte-7": "chat-lune-pomme", "carte-8": "roue-arbre-pain"}
gone: set[str] = set()
failing: list[str] = []


async def entrance(request: Request) -> Response:
    """GET is the page with the pictures, POST takes the card and what was picked."""
    if request.method == "GET":
        found = principal_of(request)
        return PlainTextResponse(f"Bonjour {found.name}" if found else "Montre ta carte")
    form = await request.form()
    card, pictures = str(form.get("card")), str(form.get("pictures"))
    await take(TRIES, card, address_of(request))
    if PICTURES.get(card) != pictures:
        return PlainTextResponse("Essaie encore", 422)
    await forgive(TRIES, card, address_of(request))
    answer = RedirectResponse("/classe/lettres", 303)
    await enter_principal(request, answer, card, timedelta(hours=2))
    return answer


async def letters(request: Request) -> Response:
    """Show whose letters these are, and the token that a form of this page would carry."""
    found, actor = principal_of(request), await actor_of(request)
    assert found is not None
    assert actor.user_id is None
    return PlainTextResponse(f"Lettres de {found.name}\n{request.state.csrf_token}")


async def leave(request: Request) -> Response:
    answer = RedirectResponse("/classe", 303)
    await leave_principal(request, answer)
    return answer


async def new_pictures(card: str) -> None:
    """Give a card other pictures, as a teacher would: what is open with the old ones ends."""
    await end_principals(manifest.name, card)


@hookimpl
def routes() -> Sequence[Page]:
    return [
        Page("/", entrance, "entrance", PUBLIC, ("GET", "POST")),
        Page("/lettres", letters, "letters", PRINCIPAL, ("GET", "POST")),
        Page("/sortie", leave, "leave", PRINCIPAL, ("POST",)),
    ]


@hookimpl
async def principal(key: str) -> Sequence[Principal]:
    if failing:
        raise RuntimeError(failing[0])
    return [Principal(key, PUPILS[key])] if key in PUPILS and key not in gone else []
