"""One door: who may do what (`can`), and the same rule as a query (`visible`).

Denied unless a rule allows it. Rules know three kinds of actors: a person with a role in the
event's organisation, a person with a role on the whole site, and the system itself (command line,
jobs). An unknown action is a programming error and raises KeyError.

The core's actions are decided by the rules below and by them alone. Those that a plugin brings
("hebergement.manage") are `palabre.people.granted`'s; about an object of a plugin's own, the
database is asked: `await may(…)`.

A rule answers with its reason (`palabre.people.reasons`), so that what is explained to an
administrator is what was decided.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from tortoise.expressions import Q
from tortoise.models import Model

from palabre.events.models import EVERYBODY, Event, Venue
from palabre.events.values import Publication
from palabre.people import granted, reasons
from palabre.people.models import Organisation, Role, SiteRole
from palabre.people.reasons import Reason

VIEW = "event.view"
_CORE = Event | Organisation | Venue
PUBLISHERS = frozenset({Role.OWNER, Role.EDITOR})
UNFINISHED = frozenset({Publication.DRAFT, Publication.SUBMITTED, Publication.REFUSED})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a signed-in person, nobody, or the system. Frozen for the length of a request.

    `below` are the organisations that depend on one of which they are owner or editor, however far
    down: a coordinator reads what these prepare. `factors` are those that their session has passed,
    `proved_at` is when they last did; `asleep` says that their roles ask for one more, and are not
    among `roles` and `site_roles` until they have it.
    """

    user_id: UUID | None = None
    name: str = ""
    roles: Mapping[UUID, Role] = field(default_factory=dict)
    site_roles: frozenset[SiteRole] = frozenset()
    below: frozenset[UUID] = frozenset()
    csrf_token: str = ""
    factors: frozenset[str] = frozenset()
    proved_at: datetime | None = None
    asleep: bool = False
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

Thing = Model | None
Rule = Callable[[Actor, Thing], Reason]


def can(actor: Actor, action: str, thing: Thing = None) -> bool:
    """Whether `actor` may do `action` to `thing`; with None, whether they may do it anywhere.

    Raises KeyError for an action that there isn't, TypeError for a plugin's object (see `may`).
    """
    return why(actor, action, thing).allows


def why(actor: Actor, action: str, thing: Thing = None) -> Reason:
    """Return what `can` goes by: the same evaluation of the same rule, with its reason."""
    rule = ACTIONS.get(action)
    if rule is not None:
        return rule(actor, thing)
    if not isinstance(thing, _CORE | None):
        raise TypeError(f"ask `await may(…)` whether {action} covers a {type(thing).__name__}")
    return granted.action(action).why(actor, _organisation_of(thing))


async def may(actor: Actor, action: str, thing: Thing = None) -> bool:
    """Whether `can` says so, for any object: about a plugin's own the database is asked."""
    if action in ACTIONS or isinstance(thing, _CORE | None):
        return can(actor, action, thing)
    return await type(thing).filter(visible(actor, type(thing), action), pk=thing.pk).exists()


async def why_may(actor: Actor, action: str, thing: Thing = None) -> Reason:
    """Return what `may` goes by, with its reason."""
    if action in ACTIONS or isinstance(thing, _CORE | None):
        return why(actor, action, thing)
    allowed = await may(actor, action, thing)
    own, model = granted.action(action), type(thing)
    by_role = model.filter(own.granted(actor, own.rule_for(model)), pk=thing.pk)
    if not own.takes_part:
        return reasons.PLUGIN_OFF
    if await by_role.exists():
        return reasons.RULE_KEEPS if allowed else reasons.RULE_DENIES
    return reasons.RULE_ALLOWS if allowed else reasons.NOT_GRANTED_HERE


def visible(actor: Actor, model: type[Model] = Event, action: str = VIEW) -> Q:
    """Return the objects of `model` for which `actor` may do `action`, as a query over it.

    Of the core's rules there is "event.view" over Event; all others are plugins' over their own
    models. Raises KeyError for an action that isn't about `model`.
    """
    if model in _CORE.__args__ or action in ACTIONS:
        if (model, action) != (Event, VIEW):
            raise KeyError(action)
        return _visible_events(actor)
    return granted.action(action).visible(actor, model)


def _visible_events(actor: Actor) -> Q:
    if actor.is_moderator:
        return Q()
    return Q(seen_by__in=[EVERYBODY, *actor.roles, *actor.below])


def _organisation_of(thing: Thing) -> UUID | None:
    if isinstance(thing, Event):
        return thing.organisation_id
    return thing.id if isinstance(thing, Organisation) else None


def _view(actor: Actor, thing: Thing) -> Reason:
    if not isinstance(thing, Event):
        return reasons.ANYONE
    if thing.publication == Publication.PUBLISHED:
        return reasons.PUBLISHED
    if actor.is_moderator:
        return _moderating(actor)
    if thing.organisation_id in actor.roles:
        return reasons.MEMBER
    return reasons.COORDINATOR if thing.organisation_id in actor.below else reasons.NOT_SEEN


def _create(actor: Actor, thing: Thing) -> Reason:
    if actor.is_administrator:
        return _administering(actor)
    if isinstance(thing, Organisation):
        return reasons.MEMBER if thing.id in actor.roles else reasons.NOT_MEMBER
    return reasons.MEMBER_SOMEWHERE if actor.roles else reasons.NOT_MEMBER_ANYWHERE


def _edit(actor: Actor, thing: Thing) -> Reason:
    if actor.is_moderator:
        return _moderating(actor)
    if not isinstance(thing, Event):
        return reasons.MEMBER_SOMEWHERE if actor.roles else reasons.NOT_MEMBER_ANYWHERE
    if actor.publishes_for(thing.organisation_id):
        return reasons.PUBLISHER
    if thing.organisation_id not in actor.roles:
        return reasons.NOT_MEMBER
    if thing.publication not in UNFINISHED:
        return reasons.NOT_UNFINISHED
    made = thing.created_by_id is not None and thing.created_by_id == actor.user_id
    return reasons.AUTHOR if made else reasons.NOT_AUTHOR


def _publish(actor: Actor, thing: Thing) -> Reason:
    if actor.is_moderator:
        return _moderating(actor)
    if isinstance(thing, Event | Organisation):
        owner = thing.organisation_id if isinstance(thing, Event) else thing.id
        return reasons.PUBLISHER if actor.publishes_for(owner) else reasons.NOT_PUBLISHER
    return _venue_edit(actor, thing)


def _delete(actor: Actor, thing: Thing) -> Reason:
    if isinstance(thing, Event) and thing.publication in UNFINISHED:
        return _edit(actor, thing)
    return _publish(actor, thing)


def _organisation_edit(actor: Actor, thing: Thing) -> Reason:
    if actor.is_administrator:
        return _administering(actor)
    if isinstance(thing, Organisation):
        return reasons.OWNER if actor.roles.get(thing.id) is Role.OWNER else reasons.NOT_OWNER
    owns = Role.OWNER in actor.roles.values()
    return reasons.OWNER_SOMEWHERE if owns else reasons.NOT_OWNER_ANYWHERE


def _venue_edit(actor: Actor, _thing: Thing) -> Reason:
    if actor.is_moderator:
        return _moderating(actor)
    publishes = any(role in PUBLISHERS for role in actor.roles.values())
    return reasons.PUBLISHER_SOMEWHERE if publishes else reasons.NOT_PUBLISHER_ANYWHERE


def _moderating(actor: Actor, _thing: Thing = None) -> Reason:
    if actor.is_administrator:
        return _administering(actor)
    return reasons.MODERATOR if actor.is_moderator else reasons.NOT_MODERATOR


def _administering(actor: Actor, _thing: Thing = None) -> Reason:
    if actor.is_system:
        return reasons.SYSTEM
    return reasons.ADMINISTRATOR if actor.is_administrator else reasons.NOT_ADMINISTRATOR


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
    "venue.merge": _moderating,
    "site.moderate": _moderating,
    "plugin.manage": _administering,
    "site.administer": _administering,
}
