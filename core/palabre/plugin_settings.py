"""Typed settings of plugins: a frozen pydantic model becomes a form, its checks and stored values.

    class Options(PluginSettings):
        edition: int = setting(6, title=marked("Édition en cours"), ge=1)

    manifest = Manifest(..., settings=Options)

Only what differs from the defaults is stored, so that a value nobody touched follows the plugin's
next version. Titles, hints and words are French msgids of the plugin's catalogue.
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from palabre.i18n import gettext as _
from palabre.i18n import marked

MAX_TEXT = 10_000  # characters of one value; a setting is no place for documents
Values = Mapping[str, object]


class PluginSettings(BaseModel):
    """The base of a plugin's settings; every field has a default, made with `setting`."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_max_length=MAX_TEXT)


def setting(  # noqa: PLR0913  the words and limits of a field, all by name
    default: object,
    *,
    title: str,
    hint: str = "",
    words: Mapping[str, str] | None = None,
    rows: int = 1,
    ge: float | None = None,
    le: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | None = None,
) -> Any:  # noqa: ANN401  stands for the field's own type, as pydantic's Field does
    """Return a field of a `PluginSettings`.

    `title` and `hint` are what the form says, in French; `words` maps the values of a choice to
    French; `rows` above 1 makes a text of several lines. The others limit what is taken, as in
    pydantic.
    """
    extra: dict[str, JsonValue] = {"words": {**(words or {})}, "rows": rows}
    return Field(
        default=default,
        title=title,
        description=hint or None,
        json_schema_extra=extra,
        ge=ge,
        le=le,
        min_length=min_length,
        max_length=max_length,
        pattern=pattern,
    )


class Kind(StrEnum):
    """How a setting is asked for."""

    LINE = "line"
    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    SWITCH = "switch"
    CHOICE = "choice"
    DAY = "day"
    SECRET = "secret"  # noqa: S105  a kind, not one
    LINES = "lines"


KINDS: dict[object, Kind] = {
    str: Kind.LINE,
    int: Kind.WHOLE,
    float: Kind.NUMBER,
    bool: Kind.SWITCH,
    date: Kind.DAY,
    SecretStr: Kind.SECRET,
    tuple[str, ...]: Kind.LINES,
}


@dataclass(frozen=True, slots=True)
class Option:
    """One setting as the form asks for it; `choices` are pairs (value, French words)."""

    name: str
    kind: Kind
    title: str
    hint: str
    may_be_empty: bool
    rows: int
    choices: tuple[tuple[str, str], ...] = ()


def options_of(model: type[PluginSettings]) -> tuple[Option, ...]:
    """Return what the form of `model` asks for. Raises ValueError, saying what the author must do."""
    if not issubclass(model, PluginSettings):
        raise TypeError("`settings` est une classe tirée de PluginSettings")
    model()  # every field has a default, and the defaults fit
    return tuple(_option(name, info) for name, info in model.model_fields.items())


def _option(name: str, info: FieldInfo) -> Option:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    if not info.title:
        raise ValueError(f"le réglage {name!r} n’a pas de titre : setting(…, title=…)")
    wanted, may_be_empty = _without_none(info.annotation)
    words: Any = extra.get("words") or {}
    rows = int(str(extra.get("rows", 1)))
    choices = tuple((value, str(words.get(value, value))) for value in _choices(wanted))
    kind = Kind.CHOICE if choices else KINDS.get(wanted)
    if kind is None:
        known = "str, int, float, bool, date, SecretStr, tuple[str, ...], Literal, StrEnum"
        raise ValueError(f"le réglage {name!r} est d’un type inconnu ; sont connus : {known}")
    if kind is Kind.LINE and rows > 1:
        kind = Kind.TEXT
    return Option(name, kind, info.title, info.description or "", may_be_empty, rows, choices)


def _without_none(annotation: object) -> tuple[object, bool]:
    if get_origin(annotation) in {Union, types.UnionType}:
        others = [kind for kind in get_args(annotation) if kind is not type(None)]
        if len(others) == 1:
            return others[0], True
    return annotation, False


def _choices(wanted: object) -> list[str]:
    if get_origin(wanted) is Literal:
        return [value for value in get_args(wanted) if isinstance(value, str)]
    if isinstance(wanted, type) and issubclass(wanted, StrEnum):
        return [member.value for member in wanted]
    return []


def raw_values(settings: PluginSettings) -> tuple[dict[str, object], dict[str, object]]:
    """Return what differs from the defaults, ready for JSON: what is no secret, and what is."""
    model = type(settings)
    defaults, kinds = model(), {option.name: option.kind for option in options_of(model)}
    changed = {name for name in kinds if getattr(settings, name) != getattr(defaults, name)}
    hidden = {name for name in changed if kinds[name] is Kind.SECRET}
    secrets: dict[str, object] = {}
    for name in hidden:
        value: SecretStr | None = getattr(settings, name)
        secrets[name] = value.get_secret_value() if value is not None else None
    return settings.model_dump(mode="json", include=changed - hidden), secrets


def loaded(model: type[PluginSettings], stored: Values) -> tuple[PluginSettings, dict[str, str]]:
    """Return the settings for stored values, and for each value that no longer fits, why.

    What doesn't fit falls back to its default: a new version of a plugin may ask for more.
    """
    known = {name: value for name, value in stored.items() if name in model.model_fields}
    try:
        return model.model_validate(known), {}
    except ValidationError as error:
        faults = sentences(error)
        fitting = {name: value for name, value in known.items() if name not in faults}
        try:
            return model.model_validate(fitting), faults
        except ValidationError:
            return model(), faults


def from_form(
    current: PluginSettings, form: Callable[[str], str | None]
) -> tuple[PluginSettings, dict[str, str]]:
    """Return the settings that a posted form asks for, and the faults by field; "" is the whole.

    `form` gives a field's text, None when it was not sent. A secret left empty keeps what it was;
    "forget-NAME" empties it. With faults, the settings are `current`.
    """
    values = {
        option.name: value
        for option in options_of(type(current))
        if (value := _typed(option, current, form)) is not ...
    }
    try:
        return type(current).model_validate(values), {}
    except ValidationError as error:
        return current, sentences(error)


def _typed(option: Option, current: PluginSettings, form: Callable[[str], str | None]) -> object:
    """Return the raw value of one field, Ellipsis for its default."""
    text = (form(option.name) or "").replace("\r\n", "\n").strip()
    if option.kind is Kind.SECRET:
        return _secret(text, form(f"forget-{option.name}"), getattr(current, option.name))
    if option.kind is Kind.SWITCH:
        return text == "1"
    if option.kind is Kind.LINES:
        return tuple(line.strip() for line in text.splitlines() if line.strip())
    if not text and option.may_be_empty:
        return None
    if option.kind is Kind.NUMBER:
        return text.replace(",", ".")
    return text


def _secret(text: str, forget: str | None, current: SecretStr | None) -> object:
    if forget:
        return ...
    return text or (current.get_secret_value() if current is not None else ...)


# What pydantic finds wrong, for a volunteer; the numbers in braces are pydantic's own.
SENTENCES = {
    "int_parsing": marked("Écrivez un nombre entier, par exemple 12."),
    "int_from_float": marked("Écrivez un nombre entier, par exemple 12."),
    "float_parsing": marked("Écrivez un nombre, par exemple 12 ou 2,5."),
    "finite_number": marked("Écrivez un nombre, par exemple 12 ou 2,5."),
    "greater_than_equal": marked("Écrivez un nombre à partir de {ge}."),
    "less_than_equal": marked("Écrivez un nombre jusqu’à {le}."),
    "greater_than": marked("Écrivez un nombre plus grand que {gt}."),
    "less_than": marked("Écrivez un nombre plus petit que {lt}."),
    "string_too_short": marked("C’est trop court : il faut au moins {min_length} caractères."),
    "string_too_long": marked("C’est trop long : {max_length} caractères au plus."),
    "too_short": marked("Il en faut au moins {min_length}, un par ligne."),
    "too_long": marked("Il y en a trop : {max_length} au plus, un par ligne."),
    "string_pattern_mismatch": marked("Cela n’a pas la forme attendue."),
    "literal_error": marked("Choisissez l’une des réponses proposées."),
    "enum": marked("Choisissez l’une des réponses proposées."),
    "date_parsing": marked("Donnez une date, par exemple 2026-11-14."),
    "date_from_datetime_parsing": marked("Donnez une date, par exemple 2026-11-14."),
}


def sentences(error: ValidationError) -> dict[str, str]:
    """Return the first fault of each field as a sentence; an author's ValueError speaks for itself."""
    said: dict[str, str] = {}
    for fault in error.errors():
        name = str(fault["loc"][0]) if fault["loc"] else ""
        said.setdefault(name, _sentence(fault["type"], fault["msg"], fault.get("ctx", {})))
    return said


def _sentence(kind: str, message: str, numbers: Mapping[str, Any]) -> str:
    if kind in SENTENCES:
        return _(SENTENCES[kind]).format(**numbers)
    if kind == "value_error":
        return _(str(numbers.get("error", message)))
    return _("Cette valeur ne convient pas ({message}).").format(message=message)
