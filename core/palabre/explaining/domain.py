"""Ask the rules about a person, an action and an object; answer in sentences.

The decision is that of `permissions.why`, which is what `can` goes by; here it gets its words.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from tortoise.exceptions import OperationalError

from palabre.errors import Refused
from palabre.events.models import Event, Venue
from palabre.explaining.labels import ACTIONS, ROLES
from palabre.i18n import gettext as _
from palabre.people.models import Organisation, User
from palabre.people.permissions import ACTIONS as RULES
from palabre.people.permissions import ANONYMOUS, Actor, Thing, why_may
from palabre.people.sessions import actor_of_user
from palabre.plugins import current
from palabre.plugins.extension import Extension

# The first part of an object's address, and the actions that it is asked about.
EVENT, ORGANISATION, VENUE = "evenements", "organisations", "lieux"
_CONCERNED = {
    EVENT: ("event.",),
    ORGANISATION: ("organisation.", "event.create", "event.publish"),
    VENUE: ("venue.",),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the rules say of one action, and why."""

    action: str
    title: str
    allows: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Question:
    """Who is asked about, and which object; `organisation` is the one that it belongs to."""

    actor: Actor
    person: str
    is_open: bool
    kind: str
    thing: Thing
    organisation: Organisation | None


def actions() -> Mapping[str, str]:
    """Return every action with its words, those of the plugins included."""
    own = {action: _(words) for action, words in ACTIONS.items()}
    for extension in current().extensions:
        if extension.loaded.manifest is not None:
            said = extension.loaded.manifest.permissions
            own |= {action: permission.words for action, permission in said.items()}
    return own


async def ask(account: str, address: str) -> Question:
    """Return who `account` is ("" for a reader without one) and what lies at `address`.

    `address` is a page's, whole or only its path, or the table and key of a plugin's own object
    ("hebergement_bed/12"); "" asks about no object in particular. Raises Refused, naming the field "account" or "address".
    """
    user = await _user(account.strip())
    kind, thing = await _thing(address.strip())
    actor = await actor_of_user(user) if user and user.is_active else ANONYMOUS
    person = user.display_name if user else _("une personne sans compte")
    return Question(
        actor,
        person,
        user is None or user.is_active,
        kind,
        thing,
        thing.organisation if isinstance(thing, Event) else _as_organisation(thing),
    )


async def answers(question: Question, action: str = "") -> list[Answer]:
    """Return what the rules say of `action`, or of all that concern the object.

    Raises Refused, naming the field "action", for one that doesn't exist.
    """
    known = actions()
    if action and action not in known:
        message = _("L’action « {action} » n’existe pas. Il y a : {known}.")
        raise Refused(message.format(action=action, known=", ".join(known)), "action")
    asked = [action] if action else [name for name in known if _concerns(question, name)]
    return [await _answer(question, name, known[name]) for name in asked]


async def _answer(question: Question, action: str, title: str) -> Answer:
    reason = await why_may(question.actor, action, question.thing)
    organisation = question.organisation
    role = question.actor.roles.get(organisation.id) if organisation else None
    sentence = _(reason.words).format(
        person=question.person,
        organisation=organisation.name if organisation else "",
        role=_(ROLES[role]) if role else "",
        plugin=_plugin_of(action),
    )
    return Answer(action, title, reason.allows, sentence[:1].upper() + sentence[1:])


def _plugin_of(action: str) -> str:
    extension = _extension(action.partition(".")[0])
    return extension.title if extension is not None and action not in RULES else ""


def _extension(name: str) -> Extension | None:
    return next((each for each in current().extensions if each.name == name), None)


def _concerns(question: Question, action: str) -> bool:
    if question.thing is None:
        return True
    own = action.partition(".")[0]
    if question.kind not in _CONCERNED:  # a plugin's own object
        return own == question.kind
    if action in RULES:
        return action.startswith(_CONCERNED[question.kind])
    return question.kind in {EVENT, ORGANISATION}


def _as_organisation(thing: Thing) -> Organisation | None:
    return thing if isinstance(thing, Organisation) else None


async def _user(account: str) -> User | None:
    if not account:
        return None
    user = await User.get_or_none(email=account.replace("\0", "").lower())
    if user is None:
        raise Refused(_("Aucun compte n’a cette adresse électronique."), "account")
    return user


async def _thing(address: str) -> tuple[str, Thing]:
    if not address:
        return "", None
    parts = unquote(urlsplit(address).path).replace("\0", "").strip("/").split("/")
    kind, slug = (parts[0], parts[1]) if len(parts) > 1 else ("", "")
    thing: Thing = None
    if kind == EVENT:
        thing = await Event.get_or_none(slug=slug).select_related("organisation")
    elif kind == ORGANISATION:
        thing = await Organisation.get_or_none(slug=slug, merged_into_id=None)
    elif kind == VENUE:
        thing = await Venue.get_or_none(slug=slug)
    elif extension := _extension(kind.partition("_")[0]):
        kind, thing = extension.name, await _own_object(extension, parts)
    if thing is None:
        message = _("Rien n’est à cette adresse. Collez celle d’un événement, d’une organisation…")
        raise Refused(message, "address")
    return kind, thing


async def _own_object(extension: Extension, parts: list[str]) -> Thing:
    """Return a plugin's own object, named by its table and key: "hebergement_bed/12"."""
    for model in extension.models():
        if model.Meta.table == parts[0]:  # type: ignore[attr-defined]  # checked when it was loaded
            with suppress(OperationalError, ValueError):
                return await model.get_or_none(pk=parts[1])
    return None
