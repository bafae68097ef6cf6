"""Gardens: a plugin that each organisation switches on, with rules about who may do what."""

from collections.abc import Sequence
from types import SimpleNamespace

from jardin.models import Bed, Note
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from tortoise.expressions import Q

from palabre.api import (
    Actor,
    EventChange,
    EventDraft,
    EventField,
    EventSection,
    EventView,
    Fault,
    Manifest,
    Page,
    Permission,
    PermissionRule,
    Role,
    SiteRole,
    hookimpl,
)

ALL = tuple(Role)
manifest = Manifest(
    name="jardin",
    title="Jardins",
    version="1.0",
    api=1,
    url="/jardins",
    permissions={
        "jardin.view": Permission("Voir les planches", ALL),
        "jardin.edit": Permission("Cultiver", (Role.OWNER, Role.EDITOR), (SiteRole.MODERATOR,)),
        "jardin.broken": Permission("Casser", ALL, (SiteRole.MODERATOR,)),
    },
    per_organisation=True,
)
heard = SimpleNamespace(drafts=[], changes=[])


async def manage(_request: Request) -> PlainTextResponse:
    """Answer whoever has the plugin's own right somewhere."""
    return PlainTextResponse("Outils")


@hookimpl
def routes() -> Sequence[Page]:
    return [Page("/outils", manage, "tools", "jardin.edit")]


def _view(actor: Actor, granted: Q) -> Q:
    """Hide what is secret even from administrators, show its host what is theirs."""
    allowed = granted & Q(secret=False)
    return allowed | Q(host_id=actor.user_id) if actor.user_id else allowed


def _broken(actor: Actor, granted: Q) -> Q:
    raise RuntimeError(f"pas de règle pour {actor} et {granted}")


@hookimpl
def permission_rules() -> Sequence[PermissionRule]:
    return [
        PermissionRule("jardin.view", Bed, where=_view),
        PermissionRule("jardin.broken", Bed, where=_broken),
        PermissionRule("jardin.view", Note, "bed__organisation_id"),
    ]


@hookimpl
async def page_slot(slot: str, event: EventView) -> Sequence[Markup]:
    return [Markup(f"<p>Jardin de {event.slug}, {slot}</p>")]  # noqa: S704  a slug


@hookimpl
def event_sections() -> Sequence[EventSection]:
    return [EventSection("Jardinage", (EventField("tool", "Outil à apporter"),))]


@hookimpl
async def validate_event(draft: EventDraft) -> Sequence[Fault]:
    heard.drafts.append(draft)
    return [Fault("Pas de béton.")] if "béton" in draft.content.title else []


@hookimpl
async def event_committed(change: EventChange) -> None:
    heard.changes.append(change)
