"""One plugin as its page shows it: put together from its code, the database and this process."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import asyncpg

from palabre import plugins
from palabre.database.connection import acquired
from palabre.errors import NotFound
from palabre.explaining.labels import ACTIONS
from palabre.hookvalues import Permission
from palabre.i18n import gettext as _
from palabre.plugin_settings import Kind, Option, PluginSettings, options_of
from palabre.plugins.domain import Holdings, holdings
from palabre.plugins.extension import Extension
from palabre.plugins.labels import VISITORS
from palabre.web.routing import SAFE_METHODS


@dataclass(frozen=True, slots=True)
class Address:
    """A route of a plugin: its address, whether it can be followed, what it takes, who may."""

    path: str
    link: str
    methods: str
    permission: str
    who: str


@dataclass(frozen=True, slots=True)
class Field:
    """One setting of the form: its words in the reader's language, and what it shows now."""

    option: Option
    value: str
    is_set: bool


async def find(name: str) -> tuple[Extension | None, Holdings]:
    """Return the plugin `name` if its code is here, and what the database holds for it.

    Raises NotFound when it is neither.
    """
    extension = next((e for e in plugins.current().extensions if e.name == name), None)
    try:
        held = await _held(name)
    except asyncpg.UndefinedTableError:  # somebody purged it between two statements
        held = await _held(name)
    if extension is None and not held.is_known:
        raise NotFound(_("Aucune extension ne porte ce nom."))
    return extension, held


async def _held(name: str) -> Holdings:
    async with acquired() as connection:
        return await holdings(connection, name)


def addresses(extension: Extension) -> list[Address]:
    """Return a plugin's routes, with who may go there."""
    own = extension.loaded.manifest.permissions if extension.loaded.manifest else {}
    return [
        Address(
            path=mounted.path,
            link=""
            if "{" in mounted.path or not SAFE_METHODS & set(page.methods)
            else mounted.path,
            methods=", ".join(page.methods),
            permission=page.permission,
            who=_who(page.permission, own),
        )
        for page in extension.loaded.pages
        for mounted in (extension.mounted(page),)
    ]


def _who(permission: str, own: Mapping[str, Permission]) -> str:
    said = own.get(permission)
    words = said.words if said else VISITORS.get(permission) or ACTIONS.get(permission)
    return _(words or permission)


def fields(settings: PluginSettings, typed: Mapping[str, str] | None = None) -> list[Field]:
    """Return the settings as the form shows them: as they are, or as they were `typed`."""
    return [_field(option, settings, typed) for option in options_of(type(settings))]


def _field(option: Option, settings: PluginSettings, typed: Mapping[str, str] | None) -> Field:
    current = getattr(settings, option.name)
    words = replace(
        option,
        title=_(option.title),
        hint=_(option.hint) if option.hint else "",
        choices=tuple((value, _(label)) for value, label in option.choices),
    )
    if option.kind is Kind.SECRET:
        return Field(words, "", is_set=bool(current and current.get_secret_value()))
    shown = typed.get(option.name, "") if typed is not None else _text(option.kind, current)
    return Field(words, shown, is_set=True)


def _text(kind: Kind, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return "\n".join(value)
    return ("1" if value else "") if kind is Kind.SWITCH else str(value)
