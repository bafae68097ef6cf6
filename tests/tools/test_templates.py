"""The template lint sees what it must and leaves the rest alone."""

import pytest

from tools.templates import complaints, faults


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("<p>Bonjour</p>", "1: “Bonjour” does not go through gettext"),
        ('\n<p>{{ _("a") }} bonjour</p>', "2: “\ufffc bonjour” does not go through gettext"),
        ('<img src="/a.png" alt="Une image">', "1: alt=“Une image” does not go through gettext"),
        ('<input type="submit" value="Envoyer">', "1: value=“Envoyer” does not go through gettext"),
        ('<p onclick="x()">', "1: inline event handler onclick"),
        ("<script>alert(1)</script>", "1: inline script"),
        ("<style>p { color: red }</style>", "1: inline style"),
        ('<p style="color: red">', "1: inline style"),
        ('<a href="javascript:x()">', "1: href holds a script"),
        ('<img src="//images.example/a.png" alt="">', "1: src points to another host"),
        (
            '<link rel="stylesheet" href="https://a.example/a.css">',
            "1: href points to another host",
        ),
        ("{{ text|safe }}", "1: |safe; let Python return Markup"),
        (
            "{% autoescape false %}{{ a }}{% endautoescape %}",
            "1: autoescape is not for templates to switch",
        ),
        ("{% if a %}", "1: Unexpected end of template"),
    ],
)
def test_refuses(source: str, complaint: str) -> None:
    found = faults(source)

    assert [fault[: len(complaint)] for fault in found] == [complaint]


@pytest.mark.parametrize(
    "source",
    [
        '<p title="{{ _("Titre") }}">{{ _("Texte") }} · {{ number }}</p>',
        "{% trans %}Bonjour <b>vous</b>{% endtrans %}",
        "{% trans n=count %}un jour{% pluralize %}{{ n }} jours{% endtrans %}",
        '<script src="/static/palabre.js" defer></script>',
        '<script type="application/ld+json">{{ data }}</script>',
        '<a href="https://www.example.org/">{{ name }}</a>',
        '{% macro described(id) %} aria-describedby="{{ id }}-hint"{% endmacro %}',
        "{% block main_class %}narrow{% endblock %}",
        '<{{ level }} class="day-head">{{ day }}</{{ level }}>',
        "{% macro address(state) %}/mes-evenements?etat={{ state }}{% endmacro %}",
        "<code>PALABRE_HOST</code> <p>Palabre</p>",
        "{# Un commentaire en français #}",
    ],
)
def test_accepts(source: str) -> None:
    assert faults(source) == []


def test_every_template_of_the_workspace_is_clean() -> None:
    assert complaints() == []
