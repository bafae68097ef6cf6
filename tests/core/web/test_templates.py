import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from jinja2 import TemplateNotFound, UndefinedError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from palabre.i18n import language
from palabre.people.permissions import Actor, SiteRole
from palabre.settings import Settings
from palabre.themes import Theme
from palabre.web.navigation import Item
from palabre.web.templates import Folders, Templates, create_static, render

NARROW = "\u202f"


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    theme, plugin = tmp_path / "theme", tmp_path / "plugin"
    for folder in (theme, plugin):
        folder.mkdir()
    dressed = Theme("essai", "Essai", templates=theme)
    return Folders(dressed, plugin_templates={"festival": plugin})


def asked(folders: Folders, path: str = "/agenda", actor: Actor | None = None) -> Request:
    """Return a request to a site with these folders."""
    settings = Settings(base_url="https://palabre.example")
    templates = Templates(settings, create_static(folders), folders)
    app = Starlette(routes=[Route("/evenements/{slug}", lambda _: None, name="event")])
    app.state.site = SimpleNamespace(
        templates=templates, demo=False, settings=settings, accessibility=""
    )
    request = Request(
        {
            "type": "http",
            "app": app,
            "path": path,
            "query_string": b"prix=gratuit",
            "headers": [],
            "server": ("localhost", 80),
            "scheme": "http",
            "method": "GET",
            "state": {},
        }
    )
    if actor is not None:
        request.state.actor = actor
    return request


def rendered(folders: Folders, source: str, **context: Any) -> str:
    write(folders.theme.templates, "t.html", source)
    return bytes(render(asked(folders), "t.html", context).body).decode()


def test_a_theme_comes_before_a_plugin_and_a_plugin_before_nothing(folders: Folders) -> None:
    write(folders.plugin_templates["festival"], "festival/page.html", "plugin")
    first = render(asked(folders), "festival/page.html").body
    write(folders.theme.templates, "festival/page.html", "theme")

    assert first == b"plugin"
    assert render(asked(folders), "festival/page.html").body == b"theme"


def test_a_plugin_replaces_only_its_own_pages(folders: Folders) -> None:
    write(folders.plugin_templates["festival"], "base.html", "taken")
    write(folders.plugin_templates["festival"], "other/page.html", "taken")

    assert (
        b"taken"
        not in render(asked(folders), "errors/error.html", {"status": 404, "message": ""}).body
    )
    with pytest.raises(TemplateNotFound):
        render(asked(folders), "other/page.html")


def test_what_people_wrote_is_escaped(folders: Folders) -> None:
    page = rendered(folders, "{{ title }} {{ _('Pour %(who)s', who=title) }}", title="<b>&")

    assert page == "&lt;b&gt;&amp; Pour &lt;b&gt;&amp;"


def test_a_missing_name_is_an_error(folders: Folders) -> None:
    with pytest.raises(UndefinedError, match="nobody"):
        rendered(folders, "{{ nobody }}")


def test_sentences_get_french_spaces_and_peoples_words_do_not(folders: Folders) -> None:
    page = rendered(folders, "{{ _('Vraiment ?') }} {{ title }}", title="Ah ?")

    assert page == f"Vraiment{NARROW}? Ah ?"


def test_addresses_by_name(folders: Folders) -> None:
    assert rendered(folders, "{{ url('event', slug='a-b') }}") == "/evenements/a-b"


def test_a_form_carries_the_token_of_a_session_and_nothing_without_one(folders: Folders) -> None:
    write(folders.theme.templates, "t.html", "{{ csrf_field() }}")
    member = Actor(user_id=uuid4(), name="Responsable", csrf_token='s"t')

    assert render(asked(folders, actor=member), "t.html").body == (
        b'<input type="hidden" name="csrf" value="s&#34;t">'
    )
    assert render(asked(folders), "t.html").body == b""


def error_page(folders: Folders, **asking: Any) -> str:
    answer = render(
        asked(folders, **asking), "errors/error.html", {"status": 404, "message": ""}, 404
    )
    return bytes(answer.body).decode()


def test_a_page_names_its_language_and_its_twin(folders: Folders) -> None:
    token = language.set("en")
    try:
        page = error_page(folders)
    finally:
        language.reset(token)

    assert '<html lang="en">' in page
    assert '<a hreflang="fr" lang="fr" href="/agenda?prix=gratuit">Français</a>' in page
    assert 'href="https://palabre.example/agenda?prix=gratuit"' in page
    assert '<a class="brand" href="/en/">' in page


def test_the_page_one_is_on_is_marked(folders: Folders) -> None:
    links = re.findall(
        r'<a href="([^"]+)" aria-current="(\w+)"', error_page(folders, path="/agenda/mois/2026-11")
    )

    assert links == [("/agenda", "true")]
    assert '<a href="/agenda" aria-current="page">' in error_page(folders)


def test_plugins_add_to_the_navigation(folders: Folders) -> None:
    request = asked(folders)
    request.app.state.site.templates.plugin_items = lambda _actor: [Item("Festival", "/festival")]

    page = bytes(render(request, "errors/error.html", {"status": 404, "message": ""}).body).decode()

    assert re.findall(r'<li><a href="([^"]+)"', page.partition("</nav>")[0]) == [
        "/agenda",
        "/organisations",
        "/festival",
        "/abonnement",
    ]


def test_the_account_menu_is_for_those_who_have_one(folders: Folders) -> None:
    administrator = Actor(
        user_id=uuid4(), name="<Équipe>", site_roles=frozenset({SiteRole.ADMINISTRATOR})
    )

    page = error_page(folders, actor=administrator)

    assert "&lt;Équipe&gt;" in page
    assert "/moderation" in page
    assert "/connexion" not in page
    assert "/connexion" in error_page(folders)


def test_demo_data_is_said_on_every_page(folders: Folders) -> None:
    request = asked(folders)
    request.app.state.site.demo = True

    page = bytes(render(request, "errors/error.html", {"status": 404, "message": ""}).body).decode()

    assert "Données de démonstration" in page
    assert "Données de démonstration" not in error_page(folders)


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503])
def test_every_error_says_what_to_do(folders: Folders, status: int) -> None:
    context = {"status": status, "message": "Une phrase <précise>."}
    page = bytes(render(asked(folders), "errors/error.html", context, status).body).decode()

    assert f"Erreur {status}" in page
    assert "Une phrase &lt;précise&gt;." in page
    assert 'class="button primary"' in page
    assert page.count("<h1>") == 1


MACROS = '{% from "macros/forms.html" import field, select, choices, checkbox, textarea, errors %}'


def test_a_field_ties_its_label_hint_and_error_together(folders: Folders) -> None:
    page = rendered(
        folders,
        MACROS
        + "{{ field('title', 'Titre', value=v, errors={'title': 'Trop court !'}, hint='Dix mots', required=true, maxlength=200, autofocus=false) }}",
        v='"><b>',
    )

    assert '<label for="f-title">Titre</label>' in page
    assert '<span class="hint" id="f-title-hint">Dix mots</span>' in page
    assert f'<span class="field-error" id="f-title-error">Trop court{NARROW}!</span>' in page
    assert (
        '<input id="f-title" name="title" type="text" value="&#34;&gt;&lt;b&gt;" required '
        'aria-describedby="f-title-hint f-title-error" aria-invalid="true" maxlength="200">'
    ) in page


def test_a_password_is_never_sent_back(folders: Folders) -> None:
    page = rendered(
        folders, MACROS + "{{ field('password', 'P', type='password', value='secret') }}"
    )

    assert "secret" not in page


def test_a_text_keeps_its_first_empty_line(folders: Folders) -> None:
    page = rendered(folders, MACROS + "{{ textarea('t', 'T', value='\\nun') }}")

    assert '<textarea id="f-t" name="t" rows="6">\n\nun</textarea>' in page


def test_choices_keep_what_was_chosen(folders: Folders) -> None:
    page = rendered(
        folders,
        MACROS
        + "{{ select('s', 'S', [('', 'Tous'), ('a', 'A')], value='a') }}"
        + "{{ choices('r', 'R', [('x', 'X'), ('y', 'Y', 'Dites lequel')], value='y') }}"
        + "{{ choices('c', 'C', [('1', 'Un'), ('2', 'Deux'), ('3', 'Trois')], value=['1', '3'], kind='checkbox') }}"
        + "{{ checkbox('b', 'B', checked=true) }}",
    )

    assert re.findall(r'<option value="(\w*)" selected', page) == ["a"]
    assert re.findall(
        r'<input type="(\w+)"(?: id="f-b")? name="(\w)" value="(\w)" checked', page
    ) == [
        ("radio", "r", "y"),
        ("checkbox", "c", "1"),
        ("checkbox", "c", "3"),
        ("checkbox", "b", "1"),
    ]


def test_the_summary_leads_to_each_field(folders: Folders) -> None:
    page = rendered(
        folders, MACROS + "{{ errors({'title': 'Un titre.', '': 'Tout.'}, {'title': 'Titre'}) }}"
    )

    assert "2 choses sont à corriger" in page
    assert '<li><a href="#f-title">Titre\u00a0: Un titre.</a></li>' in page
    assert "<li>Tout.</li>" in page
    assert rendered(folders, MACROS + "{{ errors({}) }}").strip() == ""


@pytest.mark.parametrize(
    "text",
    [
        "{% if %}",
        "{{ nobody.name }}",
        '{% include "absent.html" %}',
        '{% extends "base.html" %}{% block main %}{{ 1 / 0 }}{% endblock %}',
    ],
)
def test_where_the_theme_fails_the_page_is_made_without_it(folders: Folders, text: str) -> None:
    assert folders.theme.templates is not None
    write(folders.theme.templates, "errors/error.html", text)

    page = render(asked(folders), "errors/error.html", {"status": 404, "message": "Perdu"})

    assert "Perdu" in bytes(page.body).decode()


def test_the_failure_of_another_template_is_not_the_themes(folders: Folders) -> None:
    plugin = (folders.plugin_templates or {})["festival"]
    write(plugin, "festival/list.html", "{{ nobody.name }}")

    with pytest.raises(UndefinedError):
        render(asked(folders), "festival/list.html")


def test_a_theme_extends_what_it_replaces(folders: Folders, tmp_path: Path) -> None:
    write(tmp_path / "plugin", "festival/page.html", "<p>{% block a %}programme{% endblock %}</p>")
    write(
        tmp_path / "theme",
        "festival/page.html",
        '{% extends "original/festival/page.html" %}{% block a %}{{ super() }} !{% endblock %}',
    )
    request = asked(folders)

    assert b"<p>programme !</p>" in render(request, "festival/page.html").body
