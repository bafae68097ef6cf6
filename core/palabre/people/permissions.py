"""One door: who may do what (`can`), and the same rule as a query (`visible`).

Denied unless a rule allows it. Rules know three kinds of actors: a person with a role in the
event's organisation, a person with a role on the whole site, and the system itself (command line,
jobs). An unknown action is a programming error and raises KeyError.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from tortoise.expressions import Q

from palabre.events.models import Event, Venue
from palabre.events.values import Publication
from palabre.people.models import Organisation, Role, SiteRole

PUBLISHERS = frozenset({Role.OWNER, Role.EDITOR})
UNFINISHED = frozenset({Publication.DRAFT, Publication.SUBMITTED, Publication.REFUSED})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a signed-in person, nobody, or the system. Frozen for the length of a request."""

    user_id: UUID | None = None
    name: str = ""
    roles: Mapping[UUID, Role] = field(default_factory=dict)
    site_roles: frozenset[SiteRole] = frozenset()
    csrf_token: str = ""
    is_system: bool = False

    @property
    def is_administrator(self) -> bool:
        """Whether everything on the site is theirs to do."""
        return self.is_system or SiteRole.ADMINISTRATOR in self.site_roles

    @property
    def is_moderator(self) -> bool:
        """Whether they watch over what is published; administrators do too."""
        return self.is_administrator or SiteRole.MODERATOR in self.site_roles

    def publishes_for(self, organisation_id: UUID) -> bool:
        """Whether they are owner or editor of the organisation."""
        return self.roles.get(organisation_id) in PUBLISHERS


ANONYMOUS = Actor()
SYSTEM = Actor(name="Palabre", is_system=True)

Thing = Event | Organisation | Venue | None
Rule = Callable[[Actor, Thing], bool]


def can(actor: Actor, action: str, thing: Thing = None) -> bool:
    """Whether `actor` may do `action` to `thing`; with None, whether they may do it anywhere."""
    return ACTIONS[action](actor, thing)


def visible(actor: Actor) -> Q:
    """Return "event.view" as a query over Event: the events that `actor` may see."""
    public = Q(publication=Publication.PUBLISHED)
    if actor.is_moderator:
        return Q()
    if not actor.roles:
        return public
    return public | Q(organisation_id__in=list(actor.roles))


def _view(actor: Actor, thing: Thing) -> bool:
    if not isinstance(thing, Event):
        return True
    return (
        thing.publication == Publication.PUBLISHED
        or actor.is_moderator
        or thing.organisation_id in actor.roles
    )


def _create(actor: Actor, thing: Thing) -> bool:
    if actor.is_administrator:
        return True
    return thing.id in actor.roles if isinstance(thing, Organisation) else bool(actor.roles)


def _edit(actor: Actor, thing: Thing) -> bool:
    if actor.is_moderator:
        return True
    if not isinstance(thing, Event):
        return bool(actor.roles)
    if actor.publishes_for(thing.organisation_id):
        return True
    return (
        thing.organisation_id in actor.roles
        and thing.created_by_id is not None
        and thing.created_by_id == actor.user_id
        and thing.publication in UNFINISHED
    )


def _publish(actor: Actor, thing: Thing) -> bool:
    if actor.is_moderator:
        return True
    if isinstance(thing, Event):
        return actor.publishes_for(thing.organisation_id)
    if isinstance(thing, Organisation):
        return actor.publishes_for(thing.id)
    return any(role in PUBLISHERS for role in actor.roles.values())


def _delete(actor: Actor, thing: Thing) -> bool:
    if isinstance(thing, Event) and thing.publication in UNFINISHED:
        return _edit(actor, thing)
    return _publish(actor, thing)


def _organisation_edit(actor: Actor, thing: Thing) -> bool:
    if actor.is_administrator:
        return True
    if isinstance(thing, Organisation):
        return actor.roles.get(thing.id) is Role.OWNER
    return Role.OWNER in actor.roles.values()


def _moderate(actor: Actor, _thing: Thing) -> bool:
    return actor.is_moderator


def _administer(actor: Actor, _thing: Thing) -> bool:
    return actor.is_administrator


def _venue_edit(actor: Actor, _thing: Thing) -> bool:
    return actor.is_moderator or any(role in PUBLISHERS for role in actor.roles.values())


ACTIONS: Mapping[str, Rule] = {
    "event.view": _view,
    "event.create": _create,
    "event.edit": _edit,
    "event.submit": _edit,
    "event.publish": _publish,
    "event.refuse": _publish,
    "event.withdraw": _publish,
    "event.cancel": _publish,
    "event.delete": _delete,
    "organisation.edit": _organisation_edit,
    "organisation.import": _create,
    "venue.edit": _venue_edit,
    "venue.merge": _moderate,
    "site.moderate": _moderate,
    "plugin.manage": _administer,
    "site.administer": _administer,
}
