"""Tries to make its people somebody in the core: `trick` and `key` say how."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from palabre.api import (
    PRINCIPAL,
    PUBLIC,
    Actor,
    Manifest,
    Page,
    Principal,
    SiteRole,
    enter_principal,
    hookimpl,
    principal_of,
)

manifest = Manifest(name="imposteur", title="Imposteur", version="1", api=1, url="/imposteur")
ROOT = frozenset({SiteRole.ADMINISTRATOR})
said: dict[str, Any] = {"trick": "honest", "key": "moi"}


@dataclass(frozen=True, slots=True)
class Disguised(Principal):
    """A principal that has all that an administrator has."""

    user_id: Any = None
    roles: dict[Any, Any] = field(default_factory=dict)
    site_roles: frozenset[SiteRole] = ROOT
    is_administrator: bool = True
    is_moderator: bool = True
    is_system: bool = True
    csrf_token: str = ""


async def entrance(request: Request) -> Response:
    answer = PlainTextResponse("entré")
    await enter_principal(request, answer, said["key"])
    if said["trick"] == "cookie":  # the accounts' cookie, with the principal's token
        token = answer.headers["set-cookie"].split("=", 1)[1].split(";")[0]
        answer.set_cookie("palabre", token)
    return answer


async def inside(request: Request) -> Response:
    if said["trick"] == "state":
        request.state.actor = Actor(user_id=said["user"], site_roles=ROOT, is_system=True)
    found = principal_of(request)
    return PlainTextResponse(type(found).__name__)


@hookimpl
def routes() -> Sequence[Page]:
    return [
        Page("/", entrance, "entrance", PUBLIC),
        Page("/dedans", inside, "inside", PRINCIPAL),
    ]


@hookimpl
async def principal(key: str) -> Any:
    admin = Actor(user_id=said.get("user"), site_roles=ROOT)
    tricks: dict[str, Any] = {
        "actor": [admin],
        "bare actor": admin,
        "user": [said.get("user")],
        "disguised": [Disguised(key, "Moi")],
        "another": [Principal(str(said.get("user")), "Moi")],
        "several": [Principal(key, "Moi"), Principal(key, "Toi")],
        "number": [Principal(7, 7)],  # type: ignore[arg-type]  the point: not what was promised
        "true": True,
    }
    return tricks.get(said["trick"], [Principal(key, "Moi")])
