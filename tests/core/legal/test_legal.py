"""The legal pages: made from what is known, written by administrators, never lost, always safe."""

from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from palabre.app import PAGES
from palabre.legal import domain, publisher
from palabre.legal.markdown import TAGS, to_html
from palabre.legal.publisher import Publisher
from palabre.people.models import SiteRole
from palabre.people.permissions import SYSTEM
from palabre.plugins.loading import CORE_URLS
from palabre.privacy.erasure import erase
from palabre.privacy.register import ACTIVITIES

if TYPE_CHECKING:
    import httpx

    from palabre.testing import LogIn, Make, Visitor

WHOLE = Publisher(
    name="Collectif des Voisins",
    address="1 place de la Halle, 38710 Mens",
    email="contact@voisins.example",
    director="La présidente",
    host_name="Hébergeur coopératif",
    host_address="2 rue du Serveur, 38000 Grenoble",
)
ADDRESSES = ("/mentions-legales", "/donnees-personnelles", "/accessibilite")
EDIT = "/administration/pages/mentions-legales"


def plain(answer: "httpx.Response") -> str:
    return answer.text.replace("&nbsp;", " ").replace("\xa0", " ").replace("\u202f", " ")


async def test_the_pages_are_there_from_the_first_day_and_in_every_footer(
    client: "Visitor",
) -> None:
    for address in ADDRESSES:
        answer = await client.get(address)
        assert answer.status_code == 200
        assert all(f'href="{each}"' in answer.text for each in ADDRESSES)
    assert 'href="/mentions-legales"' in (await client.get("/")).text
    assert "qu’en français" not in answer.text


async def test_in_english_the_text_is_marked_as_french(client: "Visitor") -> None:
    answer = await client.get("/en/accessibilite")

    assert 'class="prose" lang="fr"' in answer.text
    assert "only exists in French" in answer.text


async def test_what_the_administrator_says_is_on_the_pages(
    client: "Visitor", login: "LogIn"
) -> None:
    before = plain(await client.get("/mentions-legales"))
    administrator = await login("administrator")
    lacking = plain(await administrator.get("/administration/pages"))
    form = {name: getattr(WHOLE, name) for name in WHOLE.__dataclass_fields__}

    saved = await administrator.submit("/administration/pages", form)

    assert "à compléter" in before
    assert "Il manque encore" in lacking
    assert saved.headers["location"] == "/administration/pages?fait=editeur"
    after = plain(await client.get("/mentions-legales"))
    assert all(words in after for words in (WHOLE.name, WHOLE.director, WHOLE.host_address))
    assert "à compléter" not in after
    assert "Il manque encore" not in plain(await administrator.get("/administration/pages"))


async def test_the_page_about_data_is_the_register(client: "Visitor") -> None:
    page = plain(await client.get("/donnees-personnelles"))

    for activity in ACTIVITIES.values():
        assert activity.title in page
        assert activity.purpose in page
    assert "14 jours sans visite, 60 jours en tout cas." in page


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "non conforme"),
        ({"audit_rate": "49"}, "non conforme"),
        ({"audit_rate": "50"}, "partiellement conforme"),
        ({"audit_rate": "99"}, "partiellement conforme"),
        ({"audit_rate": "100"}, "totalement conforme"),
    ],
)
async def test_the_state_of_accessibility_follows_the_audit(
    client: "Visitor", login: "LogIn", given: dict[str, str], words: str
) -> None:
    audit = {"audit_on": "2026-01-15", "audit_by": "Une experte"} if given else {}
    administrator = await login("administrator")

    await administrator.submit("/administration/pages", {**audit, **given})

    page = plain(await client.get("/accessibilite"))
    assert f"<h1>Accessibilité : {words}</h1>" in page
    assert f"Accessibilité : {words}</a>" in plain(await client.get("/organisations"))
    assert ("n’a pas encore été audité" in page) == (not given)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"email": "voisins"}, "email"),
        ({"audit_rate": "75"}, "audit_on"),
        ({"audit_on": "9999-01-01", "audit_by": "x", "audit_rate": "75"}, "audit_on"),
        ({"audit_on": "2026-01-15", "audit_rate": "75"}, "audit_by"),
        ({"audit_on": "2026-01-15", "audit_by": "x", "audit_rate": "101"}, "audit_rate"),
        ({"name": "x" * 301}, "name"),
    ],
)
async def test_what_cannot_be_is_said_beside_its_field_and_kept(
    login: "LogIn", given: dict[str, str], field: str
) -> None:
    administrator = await login("administrator")

    answer = await administrator.submit("/administration/pages", {"director": "Moi", **given})

    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text
    assert 'value="Moi"' in answer.text
    assert await publisher.read() == Publisher()


async def test_a_text_is_previewed_then_published_then_undone(
    client: "Visitor", login: "LogIn"
) -> None:
    administrator = await login("administrator")
    text = "## Chez nous\n\nBonjour **tout le monde**."

    preview = await administrator.submit(EDIT, {"do": "preview", "source": text, "version": "0"})
    assert "<strong>tout le monde</strong>" in preview.text
    assert "Chez nous" not in (await client.get("/mentions-legales")).text

    await administrator.submit(EDIT, {"do": "save", "source": text, "version": "0"})
    assert "<h2>Chez nous</h2>" in (await client.get("/mentions-legales")).text
    [first] = await domain.versions("mentions-legales")
    assert (first.author, first.source) == ("Ana Martin", text)

    done = await administrator.get(f"{EDIT}?fait=texte")
    assert 'value="start"' in done.text
    await administrator.submit(EDIT, {"do": "start", "version": str(first.id)})
    assert "Chez nous" not in (await client.get("/mentions-legales")).text

    newest = await domain.newest("mentions-legales")
    assert newest is not None
    look = await administrator.get(f"{EDIT}?version={first.id}")
    assert "<h2>Chez nous</h2>" in look.text
    back = {"do": f"restore-{first.id}", "version": str(newest.id)}
    await administrator.submit(EDIT, back)
    assert "<h2>Chez nous</h2>" in (await client.get("/mentions-legales")).text
    assert len(await domain.versions("mentions-legales")) == 3


async def test_two_who_write_at_once_lose_nothing(login: "LogIn", client: "Visitor") -> None:
    one, two = await login("administrator"), await login("administrator")
    await one.submit(EDIT, {"do": "save", "source": "Premier", "version": "0"})

    late = await two.submit(EDIT, {"do": "save", "source": "Second", "version": "0"})

    assert late.status_code == 422
    assert "Second</textarea>" in late.text
    assert "Premier" in (await client.get("/mentions-legales")).text


@pytest.mark.parametrize(
    "form",
    [
        {"do": "save", "source": "  ", "version": "0"},
        {"do": "save", "source": "x" * 100_001, "version": "0"},
        {"do": "autre", "source": "x", "version": "0"},
        {"do": "restore-99", "source": "x", "version": "0"},
        {"do": "restore-x", "source": "x", "version": "0"},
        {"do": "save", "source": "x", "version": "-1"},
    ],
)
async def test_what_cannot_be_saved_changes_nothing(login: "LogIn", form: dict[str, str]) -> None:
    administrator = await login("administrator")

    answer = await administrator.submit(EDIT, form)

    assert answer.status_code in {404, 422}
    assert await domain.versions("mentions-legales") == []


async def test_versions_stay_without_the_name_of_who_left(make: "Make") -> None:
    author = await make.user("Zéphyrine", site_role=SiteRole.ADMINISTRATOR)
    await make.user(site_role=SiteRole.ADMINISTRATOR)
    from palabre.people.sessions import actor_of_user

    await domain.save(await actor_of_user(author), "accessibilite", "Texte", 0)
    await erase(SYSTEM, author)

    [version] = await domain.versions("accessibilite")
    assert (version.source, version.author) == ("Texte", "")


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        '<img src="https://tracker.example/x.png" onerror="alert(1)">',
        "![x](https://tracker.example/x.png)",
        "<iframe src=https://tracker.example></iframe>",
        '[x](https://a.example "onmouseover=alert(1)")',
        "<style>*{display:none}</style>",
    ],
)
def test_markdown_becomes_nothing_that_acts_or_calls_home(source: str) -> None:
    reader = _Elements()
    reader.feed(to_html(source))

    assert reader.names <= TAGS
    assert reader.attributes <= {"href", "rel", "title"}
    assert all(address.startswith("https://a.example") for address in reader.addresses)


class _Elements(HTMLParser):
    """Notes which elements, attributes and addresses a piece of HTML has."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _value in attrs}
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"}]


def test_headings_begin_below_the_title_of_the_page() -> None:
    html = to_html("# Un\n\n## Deux\n\n##### Cinq\n\n| a | b |\n|---|---|\n| 1 | 2 |")

    assert "<h2>Un</h2>" in html
    assert "<h1" not in html
    assert "<h4>Cinq</h4>" in html
    assert "<td>1</td>" in html


def test_no_plugin_can_take_an_address_of_the_core() -> None:
    own = {f"/{page.path.split('/')[1]}" for page in PAGES} - {"/", "/robots.txt"}

    assert own - CORE_URLS == set()
