"""The plugins' own actions: granted to roles, and narrowed or widened by the plugin's own rule.

Asked through `permissions`, the one door. Denied unless

* the plugin takes part, and is on for the organisation where it is one that organisations switch on;
* a role that has the action allows it, or the plugin's rule for this model does.

A rule is a query over the plugin's own model: lists are filtered by it, and whether it covers one
object is asked of the database with the same query, so that the two can't differ. A rule that fails
covers nothing. The core's actions and models never come here: no plugin widens them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tortoise.expressions import Q
from tortoise.models import Model

from palabre.people import reasons
from palabre.people.models import Role, SiteRole
from palabre.people.reasons import Reason

if TYPE_CHECKING:
    from palabre.people.permissions import Actor

NOTHING = Q(pk__in=[])
ORGANISATION = "organisation_id"  # the column by which an object belongs to an organisation

# From who asks, and what their roles allow, to what they may: all without a query of its own.
Where = Callable[["Actor", Q], Q]


@dataclass(frozen=True, slots=True)
class Rule:
    """How an action is about one model.

    `organisation` leads from an object to its organisation's id ("event__organisation_id"), "" when
    it belongs to none; `where` is None where roles alone decide.
    """

    organisation: str = ORGANISATION
    where: Where | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """A plugin's own action as it stands now.

    `on_for` are the organisations for which the plugin is on, None for all; `takes_part` is False
    while it is paused or disabled.
    """

    plugin: str
    roles: frozenset[Role]
    site_roles: frozenset[SiteRole]
    takes_part: bool = True
    on_for: frozenset[UUID] | None = None
    rules: Mapping[type[Model], Rule] = field(default_factory=dict)

    def why(self, actor: "Actor", organisation_id: UUID | None = None) -> Reason:
        """Say whether roles allow the action for an organisation, or anywhere."""
        if organisation_id is not None and not self.takes_part:
            return reasons.PLUGIN_OFF
        if organisation_id is not None and not self._is_on_for(organisation_id):
            return reasons.PLUGIN_OFF_HERE
        if actor.is_administrator:
            return reasons.SYSTEM if actor.is_system else reasons.ADMINISTRATOR
        if self.site_roles & actor.site_roles:
            return reasons.GRANTED_ON_SITE
        if organisation_id is not None:
            granted = actor.roles.get(organisation_id) in self.roles
            return reasons.GRANTED if granted else reasons.NOT_GRANTED
        somewhere = any(self._is_on_for(held) for held in self._organisations(actor))
        return reasons.GRANTED_SOMEWHERE if somewhere else reasons.NOT_GRANTED_ANYWHERE

    def granted(self, actor: "Actor", rule: Rule) -> Q:
        """Return what roles alone allow, as a query."""
        if actor.is_administrator or self.site_roles & actor.site_roles:
            return Q()
        held = self._organisations(actor)
        return _among(rule, held) if held and rule.organisation else NOTHING

    def visible(self, actor: "Actor", model: type[Model]) -> Q:
        """Return the objects of `model` for which `actor` may do it."""
        if not self.takes_part:
            return NOTHING
        rule = self.rule_for(model)
        allowed = self.granted(actor, rule)
        if rule.where is not None:
            allowed = rule.where(actor, allowed)
        if self.on_for is None or not rule.organisation:
            return allowed
        return allowed & _among(rule, self.on_for)

    def rule_for(self, model: type[Model]) -> Rule:
        """Return the plugin's rule for `model`; without one, roles in the object's organisation."""
        own = ORGANISATION if ORGANISATION in model._meta.fields_map else ""  # noqa: SLF001  Tortoise's public description of a model
        return self.rules.get(model, Rule(own))

    def _organisations(self, actor: "Actor") -> list[UUID]:
        return [held for held, role in actor.roles.items() if role in self.roles]

    def _is_on_for(self, organisation_id: UUID) -> bool:
        return self.on_for is None or organisation_id in self.on_for


def _among(rule: Rule, organisation_ids: Iterable[UUID]) -> Q:
    condition: dict[str, Any] = {f"{rule.organisation}__in": list(organisation_ids)}
    return Q(**condition)


Source = Callable[[str], Action | None]


class _Asked:
    source: Source = staticmethod(lambda _name: None)


def ask(source: Source) -> None:
    """Take the plugins' actions from `source` from now on; None for one that there isn't."""
    _Asked.source = staticmethod(source)


def action(name: str) -> Action:
    """Return a plugin's action; raises KeyError for one that nobody brought."""
    found = _Asked.source(name)
    if found is None:
        raise KeyError(name)
    return found
