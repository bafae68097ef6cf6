"""Pages from templates: one environment for the core, the theme and the plugins.

A template is looked for in the theme, then in the plugin whose name it starts with, then in the
core: a theme may replace any page, a plugin only its own. What a theme replaces it can still extend,
as `original/agenda/list.html`; where its template fails, the page is made without the theme. An
undefined name is an error, never an empty hole. Everything is escaped unless it is Markup.
"""

import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import structlog
from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
    pass_context,
)
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from palabre import i18n
from palabre.people.permissions import ANONYMOUS, Actor, can
from palabre.settings import Settings
from palabre.themes import PLAIN, Theme
from palabre.web import navigation
from palabre.web.language import addresses, localise
from palabre.web.security import CSRF_FIELD
from palabre.web.site import site_of
from palabre.web.static import Static
from palabre.web.text import FILTERS
from palabre.web.typography import french

CORE_TEMPLATES = Path(__file__).parent.parent / "templates"

log = structlog.get_logger()

PERSONAL = "private, no-cache"

PluginItems = Callable[[Actor], Sequence[navigation.Item]]


@dataclass(frozen=True, slots=True)
class Folders:
    """Where templates and static files lie: the theme's, and each plugin's by its name."""

    theme: Theme = PLAIN
    plugin_templates: Mapping[str, Path] | None = None
    plugin_static: Mapping[str, Path] | None = None


class Templates:
    """Renders pages; built once at start, then read only."""

    def __init__(
        self,
        settings: Settings,
        static: Static,
        folders: Folders,
        plugin_items: PluginItems = lambda _actor: (),
        is_safe: Callable[[], bool] = lambda: False,
    ) -> None:
        """`plugin_items` returns what plugins add to the navigation for an actor.

        While `is_safe()` says so the theme's templates are set aside.
        """
        self.settings = settings
        self.static = static
        self.plugin_items = plugin_items
        self.is_safe = is_safe
        self.environment = self._environment(folders, static.has)
        self._undressed = self._environment(
            replace(folders, theme=PLAIN),
            lambda name: not name.startswith("theme/") and static.has(name),
        )
        self._theme = str(folders.theme.templates or "")
        self._broken: set[str] = set()
        _Used.templates = self

    def _environment(self, folders: Folders, static_has: Callable[[str], bool]) -> Environment:
        environment = _environment(folders)
        environment.globals.update(
            static_url=self.static.url,
            static_has=static_has,
            site_name=self.settings.site_name,
            origin=self.settings.origin,
            time_zone=self.settings.time_zone,
            tokens=folders.theme.tokens,
            languages=i18n.LANGUAGES,
            base_language=i18n.BASE_LANGUAGE,
        )
        return environment

    def text(self, request: Request, name: str, context: Mapping[str, Any]) -> str:
        """Render `name` to HTML in the language of the request."""
        actor = getattr(request.state, "actor", ANONYMOUS)
        everywhere = {
            "request": request,
            "actor": actor,
            "path": request.scope["path"],
            "language": i18n.language.get(),
            "language_paths": addresses(request.scope["path"], request.url.query),
            "demo": site_of(request).demo,
            "accessibility_state": site_of(request).accessibility,
            "navigation": navigation.public_items(self.plugin_items(actor)),
            "account": navigation.account_items(actor) if actor.user_id else (),
        }
        values = everywhere | dict(context)
        return localise(self.made(lambda templates: templates.get_template(name).render(values)))

    def made(self, make: Callable[[Environment], str]) -> str:
        """Return what `make` renders; where the theme's own templates fail, without them."""
        if self.is_safe():
            return make(self._undressed)
        try:
            return make(self.environment)
        except Exception as error:
            where = self._in_theme(error)
            if not where:
                raise
            if where not in self._broken:  # once: a broken page is asked for again and again
                self._broken.add(where)
                kind = type(error).__name__
                log.error("theme_failed", where=where, kind=kind)  # noqa: TRY400  variables may be people's data
            with suppress(TemplateNotFound):  # a page that only the theme has
                return make(self._undressed)
            raise

    def _in_theme(self, error: Exception) -> str:
        """Return the file and line of the theme that raised `error`, "" when it was another."""
        places = [(f.filename, f.lineno) for f in traceback.extract_tb(error.__traceback__)]
        if isinstance(error, TemplateSyntaxError):
            places.append((error.filename or "", error.lineno))
        own = [place for place in places if self._theme and place[0].startswith(f"{self._theme}/")]
        return f"{own[-1][0]}:{own[-1][1]}" if own else ""


def create_static(folders: Folders) -> Static:
    """Read the static files of the core, the theme (`theme/…`) and the plugins (`<name>/…`)."""
    found = {"": CORE_TEMPLATES.parent / "static"}
    if folders.theme.static is not None:
        found["theme"] = folders.theme.static
    tokens = {"palabre.css": folders.theme.tokens.css()}
    return Static(found | dict(folders.plugin_static or {}), tokens)


def render(
    request: Request,
    name: str,
    context: Mapping[str, Any] | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Answer `request` with the template `name`.

    The template also sees what `Templates.text` adds: actor, path, language, navigation …
    Unless `headers` say otherwise, no cache but the reader's own may keep the page.
    """
    page = site_of(request).templates.text(request, name, context or {})
    return HTMLResponse(page, status, {"cache-control": PERSONAL, **(headers or {})})


def render_piece(name: str, **context: object) -> Markup:
    """Return the template `name` of a plugin as a piece of HTML for a page of the core.

    In the reader's language, everything in it escaped. It knows `context` and what all templates
    know (`static_url`, `_`, the filters), but no request: no `csrf_field()`, no `url()`.
    """
    if _Used.templates is None:
        raise RuntimeError("no application has been created: there are no templates yet")
    values = {"language": i18n.language.get(), **context}
    piece = _Used.templates.made(lambda used: used.get_template(name).render(values))
    return Markup(piece)  # noqa: S704  our environment escapes


class _Used:
    """The templates of this process's application, for pieces that are made without a request."""

    templates: Templates | None = None


def _environment(folders: Folders) -> Environment:
    environment = Environment(
        loader=loader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"],
    )
    environment.filters.update(FILTERS, french=_typeset)
    environment.globals.update(csrf_field=_csrf_field, url=_url, can=_can)
    environment.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]  # added by jinja2.ext.i18n
    # Jinja's own `_` costs 5 µs a call, half of a long page: it looks up, wraps and formats anew.
    environment.globals["_"] = _words
    _pattern.cache_clear()
    _plain.cache_clear()
    return environment


def loader(folders: Folders) -> BaseLoader:
    """Return where templates are looked for: the theme, then the plugin, then the core."""
    plugins = {
        name: FileSystemLoader(folder / name)
        for name, folder in (folders.plugin_templates or {}).items()
    }
    own = [FileSystemLoader(folders.theme.templates)] if folders.theme.templates else []
    undressed = ChoiceLoader([PrefixLoader(plugins), FileSystemLoader(CORE_TEMPLATES)])
    return ChoiceLoader([*own, PrefixLoader({"original": undressed}), undressed])


def _typeset(text: str) -> str:
    return french(text) if i18n.language.get() == "fr" else text


def _words(message: str, **values: object) -> Markup:
    """Return `message` in the reader's language, with `values` put in, escaped.

    As in Jinja's own, a percent sign is written twice.
    """
    code = i18n.language.get()
    return _pattern(code, message) % values if values else _plain(code, message)


@lru_cache(maxsize=4096)
def _pattern(_language: str, message: str) -> Markup:
    return Markup(_gettext(message))  # noqa: S704  from our own templates and catalogues only


@lru_cache(maxsize=4096)
def _plain(language: str, message: str) -> Markup:
    return _pattern(language, message) % {}


def _gettext(message: str) -> str:
    return _typeset(i18n.gettext(message))


def _ngettext(singular: str, plural: str, number: int) -> str:
    return _typeset(i18n.ngettext(singular, plural, number))


@pass_context
def _csrf_field(context: Context) -> Markup:
    """Return the hidden field that proves a form is ours; nothing for a reader without a session."""
    # a plugin's own person has no account, but a session with a token all the same
    token = context["actor"].csrf_token or getattr(context["request"].state, "csrf_token", "")
    if not token:
        return Markup("")
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, token)


@pass_context
def _url(context: Context, route: str, **parameters: object) -> str:
    """Return the path of the page named `route` with its `parameters`."""
    return str(context["request"].app.url_path_for(route, **parameters))


@pass_context
def _can(context: Context, action: str, thing: Any = None) -> bool:  # noqa: ANN401  an event, an organisation or a venue: `can` says which
    """Whether the reader may do `action` to `thing`."""
    return can(context["actor"], action, thing)
