"""What plugins declare as data, checked once at the start: a stranger's typo must speak."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from inspect import iscoroutinefunction

from packaging.version import InvalidVersion, Version

from palabre.hookvalues import (
    VALUES,
    EventField,
    EventSection,
    FieldKind,
    ListFilter,
    Permission,
    PermissionRule,
)
from palabre.people.models import Role, SiteRole

FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
MAX_FIELDS = 60  # of one plugin: more is a form that nobody fills in
MAX_CHOICES = 200
WITH_CHOICES = frozenset({FieldKind.CHOICE, FieldKind.CHOICES})


def faults_of_sections(plugin: str, sections: Sequence[EventSection]) -> Iterator[str]:
    """Yield what is wrong with a plugin's part of the event form, in French, with the cure."""
    names: set[str] = set()
    for section in sections:
        if not section.title.strip() or not section.fields:
            yield f"la partie {section.title!r} a besoin d’un titre et d’un champ au moins."
        for each in section.fields:
            if not isinstance(each, EventField):
                yield f"{each!r} n’est pas un EventField."
                return
            if each.name in names:
                yield f"deux champs s’appellent {each.name!r}."
            names.add(each.name)
            yield from (f"le champ {each.name!r} : {fault}" for fault in _field(plugin, each))
    if len(names) > MAX_FIELDS:
        yield f"{len(names)} champs ; {MAX_FIELDS} au plus."


def faults_of_permissions(plugin: str, permissions: Mapping[str, Permission]) -> Iterator[str]:
    """Yield what is wrong with a plugin's own actions."""
    for action, said in permissions.items():
        if not isinstance(said, Permission) or not said.words:
            yield f"la permission {action!r} est un Permission avec ses mots en français."
        elif not action.startswith(f"{plugin}."):
            yield f"la permission {action!r} se nomme « {plugin}.verbe »."
        elif not (set(said.roles) <= set(Role) and set(said.site_roles) <= set(SiteRole)):
            yield f"la permission {action!r} a des rôles qui ne sont ni Role ni SiteRole."


def faults_of_rules(
    models: str, actions: Collection[str], rules: Sequence[PermissionRule]
) -> Iterator[str]:
    """Yield what is wrong with a plugin's rules: each is about its own action and its own model."""
    seen = set()
    for rule in rules:
        if rule.action not in actions:
            yield f"{rule.action!r} n’est pas une permission de son manifeste."
        if not models or getattr(rule.model, "__module__", "") != models:
            yield f"{rule.model!r} n’est pas un modèle de son models.py."
            return
        path = rule.organisation.partition("__")[0]
        if path and path not in rule.model._meta.fields_map:  # noqa: SLF001  Tortoise's description of a model
            yield f"{rule.model.__name__} n’a pas de champ {path!r} : écrivez organisation=…"
        if rule.where is not None and (not callable(rule.where) or iscoroutinefunction(rule.where)):
            yield "`where` est une fonction `def where(actor, granted)`."
        if (rule.action, rule.model) in seen:
            yield f"deux règles pour {rule.action} et {rule.model.__name__}."
        seen.add((rule.action, rule.model))


def _field(plugin: str, each: EventField) -> Iterator[str]:
    prefix = f"X-{plugin.upper().replace('_', '-')}-"
    if not FIELD_NAME.fullmatch(each.name):
        yield "`name` est fait de minuscules, chiffres et _."
    if not each.label.strip():
        yield "`label` manque."
    if not isinstance(each.kind, FieldKind):
        yield "`kind` est un FieldKind."
    if bool(each.choices) != (each.kind in WITH_CHOICES) or len(each.choices) > MAX_CHOICES:
        yield f"`choices` va avec CHOICE et CHOICES, {MAX_CHOICES} au plus."
    if not all(isinstance(text, str) and text for pair in each.choices.items() for text in pair):
        yield "`choices` nomme chaque valeur par un texte."
    if each.maximum < each.minimum:
        yield "`maximum` est plus petit que `minimum`."
    if each.property and not re.fullmatch(re.escape(prefix) + "[A-Z0-9-]{1,40}", each.property):
        yield f"`property` commence par {prefix}."
    if each.property and not each.public:
        yield "`property` va dans les agendas : elle ne peut pas être réservée aux rédacteurs."


def faults_of_filters(plugin: str, filters: Sequence[ListFilter]) -> Iterator[str]:
    """Yield what is wrong with a plugin's list filters, as far as it shows without a database."""
    names = [each.name for each in filters]
    for each in filters:
        own = each.name == plugin or each.name.startswith(f"{plugin}_")
        if not own or not FIELD_NAME.fullmatch(each.name) or names.count(each.name) > 1:
            yield f"le filtre {each.name!r} a besoin d’un nom à lui, « {plugin} » ou « {plugin}_… »."
        if not each.label.strip():
            yield f"le filtre {each.name!r} n’a pas de `label`."
        if VALUES not in each.events:
            yield f"le filtre {each.name!r} : `events` ne demande rien de {VALUES}."
        if ";" in each.events + each.options or VALUES in each.options:
            yield f"le filtre {each.name!r} : une seule requête chacun, sans « ; »."
        if each.choices and each.options:
            yield f"le filtre {each.name!r} : `choices` ou `options`, pas les deux."
        if any(value != " ".join(value.casefold().split()) or not value for value in each.choices):
            yield f"le filtre {each.name!r} : les valeurs de `choices` sont en minuscules."


def is_version(text: str) -> bool:
    """Whether a version can be compared with others (PEP 440)."""
    try:
        return bool(Version(text))
    except InvalidVersion:
        return False
