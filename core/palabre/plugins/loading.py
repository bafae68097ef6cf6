"""Finds the installed plugins and takes in what they declare.

Entry points are loaded one by one, sorted by name: a plugin that can't be used is refused with the
reason and the cure, and the others go on. Nothing here needs the database.
"""

import importlib
import importlib.metadata
import importlib.util
import inspect
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import pluggy
from babel.messages.pofile import read_po
from tortoise.apps import Apps
from tortoise.connection import ConnectionHandler

from palabre import hookspecs
from palabre.database.connection import core_models
from palabre.hookspecs import API_VERSION, PROJECT, PROMISES
from palabre.hookvalues import (
    Basis,
    EventSection,
    ListFilter,
    Manifest,
    NavigationItem,
    PermissionRule,
)
from palabre.jobs.declaring import Job
from palabre.plugin_settings import options_of
from palabre.plugins.declaring import (
    faults_of_filters,
    faults_of_permissions,
    faults_of_rules,
    faults_of_sections,
    is_version,
)
from palabre.plugins.given import Unfit, check_items, check_values
from palabre.plugins.watchdog import Blocked, watch
from palabre.web.routing import PRINCIPAL, PUBLIC, Page, known_permission, to_routes

GROUP = "palabre.plugins"
IMPORT_SECONDS = 10.0
NAME = re.compile(r"[a-z][a-z0-9_]{1,29}")
URL = re.compile(r"/[a-z0-9]+(-[a-z0-9]+)*")
HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
# What the core, the server or Debian's PostgreSQL would mistake for their own.
RESERVED_NAMES = frozenset({"core", "palabre", "pg", "public", "information_schema", "theme"})
CORE_URLS = frozenset(
    {"/compte", "/donnees-personnelles", "/inscription", "/mentions-legales", "/moderation"}
    | {"/mot-de-passe", "/mot-de-passe-oublie", "/travaux"}
    | {"/abonnement", "/accessibilite", "/administration", "/agenda", "/api", "/connexion"}
    | {"/deconnexion", "/en", "/evenements", "/fr", "/healthz", "/invitation", "/lieux"}
    | {"/mes-evenements", "/organisations", "/static", "/uploads"}
)

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Implementation:
    """A plugin's function for a hook, and which of the hook's arguments it takes."""

    function: Callable[..., Any]
    takes: tuple[str, ...]


@dataclass(slots=True)
class Loaded:
    """A plugin as it was found: with a `fault` when it was refused, else with all it declared."""

    name: str
    distribution: str = ""
    version: str = ""  # the distribution's
    fault: str = ""
    manifest: Manifest | None = None
    folder: Path | None = None
    models: str = ""
    pages: tuple[Page, ...] = ()
    navigation: tuple[NavigationItem, ...] = ()
    rules: tuple[PermissionRule, ...] = ()
    sections: tuple[EventSection, ...] = ()
    jobs: tuple[Job[Any], ...] = ()
    filters: tuple[ListFilter, ...] = ()
    hooks: dict[str, Implementation] = field(default_factory=dict)


def installed() -> list[importlib.metadata.EntryPoint]:
    """Return the entry points of all installed plugins, sorted by name."""
    return sorted(importlib.metadata.entry_points(group=GROUP), key=lambda point: point.name)


def load_all(points: Iterable[importlib.metadata.EntryPoint]) -> list[Loaded]:
    """Load each entry point; the result has one entry for each, refused ones included."""
    watch.start()
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    taken: dict[str, str] = {}
    return [_load(point, manager, taken) for point in points]


def _load(
    point: importlib.metadata.EntryPoint, manager: pluggy.PluginManager, taken: dict[str, str]
) -> Loaded:
    loaded = Loaded(point.name)
    if point.dist is not None:
        loaded.distribution, loaded.version = point.dist.name, point.dist.version
    try:
        package = _import(point)
        loaded.folder = Path(str(package.__file__)).parent
        check_catalogues(loaded.folder / "locale")
        loaded.manifest = check_manifest(getattr(package, "manifest", None), point.name)
        _claim(loaded.manifest, taken)
        loaded.models = _models(package, point.name)
        loaded.hooks = _hooks(manager, package, point.name)
        _check_privacy(loaded.manifest, loaded.hooks)
        loaded.pages = _pages(loaded)
        loaded.navigation = _navigation(loaded)
        loaded.rules = _rules(loaded)
        loaded.sections = _declared(loaded, "event_sections", faults_of_sections)
        loaded.jobs = _jobs(loaded)
        loaded.filters = _declared(loaded, "list_filters", faults_of_filters)
    except Unfit as fault:
        loaded.fault = str(fault)
        loaded.pages, loaded.navigation, loaded.hooks, loaded.models = (), (), {}, ""
        loaded.sections, loaded.filters, loaded.rules, loaded.jobs = (), (), (), ()
    return loaded


def _import(point: importlib.metadata.EntryPoint) -> ModuleType:
    package = _guarded("importée", IMPORT_SECONDS, point.load)
    if not isinstance(package, ModuleType) or not hasattr(package, "__path__"):
        raise Unfit(
            f"Le point d’entrée {point.value!r} ne désigne pas un paquet : écrivez "
            f'{point.name} = "palabre_{point.name}" dans [project.entry-points."{GROUP}"].'
        )
    return package


def _guarded(verb: str, seconds: float, call: Callable[[], Item]) -> Item:
    """Call a stranger's code at the start; whatever it raises makes the plugin unfit."""
    try:
        with watch.step(seconds):
            return call()
    except Unfit:
        raise
    except Blocked:
        raise Unfit(f"N’a pas pu être {verb} en {seconds:g} s.") from None
    except (Exception, SystemExit) as error:
        raise Unfit(f"N’a pas pu être {verb} : {type(error).__name__}: {error}") from error


def check_manifest(manifest: object, name: str) -> Manifest:
    """Return `manifest` when it is one and belongs to the entry point `name`; raises Unfit."""
    if not isinstance(manifest, Manifest):
        raise Unfit("Le paquet n’exporte pas `manifest = Manifest(…)` (palabre.api).")
    check_values(manifest)
    rules = _guarded("lue (manifest)", IMPORT_SECONDS, lambda: _manifest_rules(manifest, name))
    for is_well, cure in rules:
        if not is_well:
            raise Unfit(f"Manifeste refusé : {cure}")
    model = manifest.settings
    if model is not None:
        _guarded("lue (settings)", IMPORT_SECONDS, lambda: options_of(model))
    return manifest


def _manifest_rules(manifest: Manifest, name: str) -> list[tuple[bool, str]]:
    personal = manifest.personal_data
    wrong = next(faults_of_permissions(name, manifest.permissions), "")
    return [
        (
            manifest.api == API_VERSION,
            f"l’extension demande l’API {manifest.api}, ce Palabre offre l’API {API_VERSION}.",
        ),
        (manifest.name == name, f"`name` doit être celui du point d’entrée, {name!r}."),
        (
            bool(NAME.fullmatch(name)) and name not in RESERVED_NAMES,
            "`name` est fait de 2 à 30 minuscules, chiffres et _, sans nom réservé.",
        ),
        (0 < len(manifest.title.strip()) <= 60, "`title` a de 1 à 60 caractères."),
        (is_version(manifest.version), "`version` est un numéro comme 1.0.2 (PEP 440)."),
        (bool(URL.fullmatch(manifest.url)), "`url` ressemble à « /mon-extension »."),
        (manifest.url not in CORE_URLS, f"l’adresse {manifest.url} est celle du cœur."),
        (not wrong, wrong),
        (
            all(data.table.startswith(f"{name}_") for data in personal),
            f"chaque table de `personal_data` commence par {name}_.",
        ),
        (
            all(data.what and data.purpose and data.retention for data in personal),
            "`personal_data` dit ce qui est gardé, pourquoi et combien de temps.",
        ),
        (
            all(isinstance(data.basis, Basis) for data in personal),
            "`basis` de chaque `personal_data` est un membre de `palabre.api.Basis`.",
        ),
        (
            all(HOST.fullmatch(host) for host in manifest.hosts),
            "`hosts` liste des noms de machines, sans adresse ni port.",
        ),
    ]


def _claim(manifest: Manifest, taken: dict[str, str]) -> None:
    """Refuse a second plugin of the same name or address; the first in the order keeps it."""
    for claim in (manifest.name, manifest.url):
        if claim in taken:
            raise Unfit(f"{claim!r} est déjà pris par l’extension {taken[claim]!r}.")
    taken |= dict.fromkeys((manifest.name, manifest.url), manifest.name)


def _models(package: ModuleType, name: str) -> str:
    """Return the name of the package's `models` module, "" without one; its tables are its own."""
    dotted = f"{package.__name__}.models"
    if importlib.util.find_spec(dotted) is None:
        return ""
    module = _guarded("importée", IMPORT_SECONDS, lambda: importlib.import_module(dotted))
    models = getattr(module, "__models__", None)
    if models is None:
        raise Unfit("models.py ne finit pas par `__models__ = [...]`.")
    for model in models:
        if model.__module__ != dotted:
            raise Unfit(f"`__models__` contient {model.__name__}, qui n’est pas à elle.")
        meta: Any = model.Meta
        table, app = getattr(meta, "table", ""), getattr(meta, "app", "")
        if not table.startswith(f"{name}_"):
            raise Unfit(f"La table {table!r} de {model.__name__} doit commencer par {name}_.")
        if app != name:
            raise Unfit(f"{model.__name__}.Meta.app doit être {name!r}, pas {app!r}.")
    _guarded("liée à ses modèles", IMPORT_SECONDS, lambda: _bind(name, dotted))
    return dotted


def _bind(name: str, dotted: str) -> None:
    """Bind the models to the core's without a database: one bad key would stop the whole site."""
    connections = ConnectionHandler()
    connections._init_config({"default": {}})  # noqa: SLF001  a handler that never connects
    apps = {"core": core_models(), name: [dotted]}
    config = {app: {"models": models} for app, models in apps.items()}
    Apps(config, connections, validate_connections=False)


def _hooks(
    manager: pluggy.PluginManager, package: ModuleType, name: str
) -> dict[str, Implementation]:
    """Register with pluggy, which checks names and arguments; return the implementations."""
    try:
        manager.register(package, name)
        manager.check_pending()
    except (pluggy.PluginValidationError, ValueError) as error:
        manager.unregister(name=name) if manager.has_plugin(name) else None
        known = ", ".join(sorted(PROMISES))
        raise Unfit(f"Crochet refusé : {error}. Les crochets sont : {known}.") from error
    hooks = {}
    for caller in manager.get_hookcallers(package) or []:
        implementation = next(i for i in caller.get_hookimpls() if i.plugin is package)
        if implementation.wrapper or implementation.hookwrapper:
            raise Unfit(f"{caller.name} : les enveloppes (wrapper) ne sont pas admises.")
        if implementation.tryfirst or implementation.trylast:
            raise Unfit(f"{caller.name} : l’ordre est alphabétique, sans tryfirst ni trylast.")
        hooks[caller.name] = Implementation(implementation.function, implementation.argnames)
    return hooks


def _check_privacy(manifest: Manifest, hooks: Mapping[str, Implementation]) -> None:
    """Refuse a plugin that holds personal data and could neither hand them out nor erase them."""
    missing = [hook for hook in ("export_person", "erase_person") if hook not in hooks]
    if manifest.personal_data and missing:
        raise Unfit(
            "Le manifeste déclare des données personnelles (`personal_data`) : il faut aussi le"
            f" crochet {' et le crochet '.join(missing)}."
        )


def check_catalogues(folder: Path) -> None:
    """Read the translations once: a broken file would break every page in its language."""
    for path in folder.glob("*/LC_MESSAGES/*.po"):
        with path.open("rb") as source:
            _guarded(
                f"traduite ({path.name})",
                IMPORT_SECONDS,
                partial(read_po, source, abort_invalid=True),
            )


def _at_start(loaded: Loaded, hook: str) -> tuple[Any, ...]:
    promise = PROMISES[hook]
    implementation = loaded.hooks.get(hook)
    if implementation is None:
        return ()
    return check_items(hook, _guarded(f"lue ({hook})", promise.seconds, implementation.function))


def _pages(loaded: Loaded) -> tuple[Page, ...]:
    pages: Sequence[Page] = _at_start(loaded, "routes")
    own = loaded.manifest.permissions if loaded.manifest else {}
    for page in pages:
        if not page.path.startswith("/"):
            raise Unfit(f"La page {page.name!r} a un chemin sans « / » au début.")
        if not inspect.iscoroutinefunction(page.endpoint):
            raise Unfit(f"La vue de la page {page.path!r} n’est pas une fonction `async def`.")
        if page.permission == PRINCIPAL:
            _check_principals(loaded, page, pages)
        else:
            _check_permission(f"La page {page.path!r}", page.permission, own)
    _guarded("montée", IMPORT_SECONDS, lambda: to_routes(pages))
    return tuple(pages)


def _check_principals(loaded: Loaded, page: Page, pages: Sequence[Page]) -> None:
    entrance = loaded.manifest.entrance if loaded.manifest else "/"
    if "principal" not in loaded.hooks:
        raise Unfit(f"La page {page.path!r} est à ses propres personnes, sans crochet `principal`.")
    if not any(other.path == entrance and other.permission == PUBLIC for other in pages):
        raise Unfit(
            f"`entrance` doit être une de ses pages PUBLIC, et {entrance!r} n’en est pas une."
        )


def _navigation(loaded: Loaded) -> tuple[NavigationItem, ...]:
    items: Sequence[NavigationItem] = _at_start(loaded, "navigation")
    own = loaded.manifest.permissions if loaded.manifest else {}
    for item in items:
        if not item.path.startswith("/") or not item.title.strip():
            raise Unfit(f"Le lien {item.title!r} a besoin d’un titre et d’un chemin en « /… ».")
        _check_permission(f"Le lien {item.title!r}", item.permission, own)
    return tuple(items)


def _jobs(loaded: Loaded) -> tuple[Job[Any], ...]:
    jobs: Sequence[Job[Any]] = _at_start(loaded, "jobs")
    if twice := {job.name for job in jobs if [other.name for other in jobs].count(job.name) > 1}:
        raise Unfit(f"jobs : plusieurs travaux s’appellent {', '.join(sorted(twice))}.")
    return _guarded(
        "lue (jobs)", IMPORT_SECONDS, lambda: tuple(j.declared(loaded.name) for j in jobs)
    )


def _declared(loaded: Loaded, hook: str, faults: Callable[..., Iterable[str]]) -> tuple[Any, ...]:
    """Return what the plugin declares as data for `hook`, when nothing is wrong with it."""
    items = _at_start(loaded, hook)
    for fault in faults(loaded.name, items):
        raise Unfit(f"{hook} : {fault}")
    return items


def _rules(loaded: Loaded) -> tuple[PermissionRule, ...]:
    own = loaded.manifest.permissions if loaded.manifest else {}
    return _declared(
        loaded, "permission_rules", lambda _name, rules: faults_of_rules(loaded.models, own, rules)
    )


def _check_permission(thing: str, permission: object, own: Collection[str]) -> None:
    if not permission:
        raise Unfit(f"{thing} n’a pas de permission : écrivez PUBLIC, MEMBER ou une action.")
    if not isinstance(permission, str) or not (known_permission(permission) or permission in own):
        raise Unfit(f"{thing} demande la permission inconnue {permission!r}.")
