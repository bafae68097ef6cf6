"""What plugins' fields say of events: read from the form, put back into it, put into words.

The core does all of it from the fields that a plugin declares (hook `event_sections`), so that no
plugin runs while somebody reads. A value that doesn't fit its field, because another version of
the plugin wrote it, is kept and not shown.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from palabre import plugins
from palabre.errors import Refused
from palabre.events.domain.validation import LARGEST_EXTRA, MAX_DESCRIPTION, MAX_NOTE
from palabre.events.inputs import read_date
from palabre.events.texts import block, line, link
from palabre.events.typed import Reading, Typed
from palabre.events.values import Content, Extra, Extras
from palabre.feeds.values import Extension
from palabre.hookvalues import EventField, EventSection, FieldKind
from palabre.i18n import gettext as _

MARK = "section"  # the hidden field that says which plugins' sections a form had
YES = "1"
_TYPES: Mapping[FieldKind, type] = {
    FieldKind.NUMBER: int,
    FieldKind.YES: bool,
    FieldKind.CHOICES: list,
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One field of an event in words."""

    field: EventField
    label: str
    text: str
    value: Extra


def sections() -> tuple[tuple[str, EventSection], ...]:
    """Return the parts that plugins add to the event form, by plugin."""
    return plugins.current().sections


def sections_for(organisation_ids: Collection[UUID]) -> tuple[tuple[str, EventSection], ...]:
    """Return those of the plugins that are on for one of these organisations."""
    return plugins.current().sections_for(organisation_ids)


def name_of(plugin: str, field: EventField) -> str:
    """Return the name of a plugin's field in forms and faults; no field of the core has a dash."""
    return f"{plugin}-{field.name}"


def labels() -> dict[str, str]:
    """Return the label of every plugin's field by its name in the form."""
    return {
        name_of(plugin, field): _(field.label)
        for plugin, section in sections()
        for field in section.fields
    }


# The form


def read_extras(typed: Typed, reading: Reading, before: Extras) -> Extras:
    """Read the sections that the form had; what it didn't have stays as it was `before`."""
    shown = set(typed.many(MARK))
    read = {plugin: dict(values) for plugin, values in before.items()}
    for plugin, section in sections():
        if plugin not in shown:
            continue
        values = read.setdefault(plugin, {})
        for field in section.fields:
            name = name_of(plugin, field)
            value = reading.attempt(None, _read, field, name, typed)
            values.pop(field.name, None)
            if value is not None:
                values[field.name] = value
            elif field.required:
                sentence = _("Remplissez « {label} ».").format(label=_(field.label))
                reading.faults.setdefault(name, sentence)
    return {plugin: values for plugin, values in read.items() if values}


def fill_extras(extras: Extras) -> Iterator[tuple[str, str]]:
    """Yield the form's values for what an event says; reading them back gives the same."""
    for plugin, section in sections():
        for field in section.fields:
            value = extras.get(plugin, {}).get(field.name)
            if value is not None and _fits(field, value):
                texts = value if isinstance(value, list) else [YES if value is True else str(value)]
                yield from ((name_of(plugin, field), text) for text in texts)


def checked(plugin: str, values: Mapping[str, Extra]) -> dict[str, Extra]:
    """Return values that a plugin hands over, checked as if they had been typed.

    Raises Refused for what the form would refuse, ValueError for what it could not even show.
    """
    fields = {f.name: f for owner, s in sections() if owner == plugin for f in s.fields}
    for name, value in values.items():
        if name not in fields or not _fits(fields[name], value):
            raise ValueError(f"{plugin}: {value!r} is not a value of {name!r}")
    typed, reading = Typed([(MARK, plugin), *fill_extras({plugin: dict(values)})]), Reading()
    read = read_extras(typed, reading, {}).get(plugin, {})
    faults = {name: why for name, why in reading.faults.items() if name.split("-")[1] in values}
    for name, why in faults.items():
        raise Refused(why, name)
    return read


def _read(field: EventField, name: str, typed: Typed) -> Extra | None:
    """Return what was typed into `field`, None for nothing; raises Refused."""
    if field.kind is FieldKind.CHOICES:
        ticked = [value for value in field.choices if value in typed.many(name)]
        if set(typed.many(name)) - set(ticked):
            raise Refused(_("Choisissez une réponse de la liste."), name)
        return ticked or None
    text = typed.one(name).strip()
    if not text:
        return None
    if field.kind is FieldKind.YES:
        return True
    if field.kind is FieldKind.CHOICE and text not in field.choices:
        raise Refused(_("Choisissez une réponse de la liste."), name)
    value = _READERS[field.kind](field, name, text)
    return None if value == "" else value


def _number(field: EventField, name: str, text: str) -> Extra:
    digits = "".join(text.split())
    most = field.maximum or LARGEST_EXTRA
    try:
        number = int(digits) if len(digits) < 20 else most + 1
    except ValueError:
        raise Refused(_("Écrivez un nombre entier, en chiffres."), name) from None
    if not field.minimum <= number <= most:
        if not field.maximum:
            sentence = _("Écrivez un nombre à partir de {least}.").format(least=field.minimum)
        else:
            sentence = _("Écrivez un nombre de {least} à {most}.").format(
                least=field.minimum, most=field.maximum
            )
        raise Refused(sentence, name)
    return number


_READERS: Mapping[FieldKind, Callable[[EventField, str, str], Extra]] = {
    FieldKind.LINE: lambda field, name, text: line(text, name, field.maximum or MAX_NOTE),
    FieldKind.TEXT: lambda field, name, text: block(text, name, field.maximum or MAX_DESCRIPTION),
    FieldKind.NUMBER: _number,
    FieldKind.CHOICE: lambda _field, _name, text: text,
    FieldKind.DATE: lambda _field, name, text: read_date(text, name).isoformat(),
    FieldKind.LINK: lambda _field, name, text: link(text, name),
}


# In words


def facts(plugin: str, section: EventSection, content: Content) -> list[Fact]:
    """Return what `content` says in the public fields of a section, in the reader's language."""
    return _facts(plugin, section, content, _)


def extensions_of(content: Content, organisation_id: UUID) -> tuple[Extension, ...]:
    """Return what subscribers read of plugins' fields, in French: a feed speaks one language."""
    if not content.extras:
        return ()
    found: dict[str, list[Fact]] = {}
    for plugin, section in sections_for([organisation_id]):
        found.setdefault(plugin, []).extend(_facts(plugin, section, content, str))
    return tuple(_extension(plugin, said) for plugin, said in found.items() if said)


def _extension(plugin: str, said: list[Fact]) -> Extension:
    return Extension(
        plugin,
        lines=tuple((fact.label, fact.text) for fact in said),
        properties=tuple((f.field.property, f.text) for f in said if f.field.property),
        data={fact.field.name: fact.value for fact in said},
        words="\n".join(f"{fact.label} {fact.text}" for fact in said),
    )


def in_words(plugin: str, content: Content) -> str:
    """Return all fields of a plugin, one on a line, for whoever compares two versions."""
    lines = []
    for owner, section in sections():
        for field in section.fields if owner == plugin else ():
            value = content.extras.get(plugin, {}).get(field.name)
            if value is not None and _fits(field, value):
                lines.append(f"{_(field.label)} : {_words(field, value, _)}")
    return "\n".join(lines)


def _facts(
    plugin: str, section: EventSection, content: Content, translated: Callable[[str], str]
) -> list[Fact]:
    values = content.extras.get(plugin, {})
    return [
        Fact(field, translated(field.label), _words(field, value, translated), value)
        for field in section.fields
        if field.public and (value := values.get(field.name)) is not None and _fits(field, value)
    ]


def _fits(field: EventField, value: Extra) -> bool:
    """Whether `value` is of the kind that the field has now; a choice that is gone still is."""
    wanted = _TYPES.get(field.kind, str)
    return type(value) is wanted and (field.kind is not FieldKind.DATE or _is_day(str(value)))


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def _words(field: EventField, value: Extra, translated: Callable[[str], str]) -> str:
    if isinstance(value, bool):
        return translated("oui")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return ", ".join(translated(field.choices.get(each, each)) for each in value)
    if field.kind is FieldKind.CHOICE:
        return translated(field.choices.get(value, value))
    if field.kind is FieldKind.DATE:
        return f"{date.fromisoformat(value):%d/%m/%Y}"
    return value
