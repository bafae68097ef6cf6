"""The ways through the site: one list, to which plugins add theirs."""

from collections.abc import Sequence
from dataclasses import dataclass

from palabre.i18n import gettext as _
from palabre.people.permissions import Actor


@dataclass(frozen=True, slots=True)
class Item:
    """A link of the navigation: `title` in the reader's language, `path` without a language."""

    title: str
    path: str

    def leads_to(self, path: str) -> bool:
        """Whether `path` is this page or lies below it."""
        return path == self.path or path.startswith(self.path.rstrip("/") + "/")


def public_items(plugins: Sequence[Item] = ()) -> list[Item]:
    """Return what everybody finds at the top of each page, the plugins' items among them."""
    return [
        Item(_("Agenda"), "/agenda"),
        Item(_("Organisations"), "/organisations"),
        *plugins,
        Item(_("S’abonner"), "/abonnement"),
    ]


def account_items(actor: Actor) -> list[Item]:
    """Return what a signed-in person finds under their name."""
    items = [
        Item(_("Mes événements"), "/mes-evenements"),
        Item(_("Nouvel événement"), "/evenements/nouveau"),
    ]
    if actor.is_moderator:
        items.append(Item(_("Modération"), "/moderation"))
    if actor.is_administrator:
        items.append(Item(_("Administration"), "/administration"))
    items.append(Item(_("Mon compte"), "/compte"))
    return items
