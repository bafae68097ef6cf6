"""A plugin's filter: in the form, the feeds, the API and the subscription; and when it is away."""

import re
from collections.abc import Awaitable, Callable
from importlib.metadata import EntryPoint

import asyncpg
import pytest
import vobject
from couchage.models import Stay

from palabre.api import ListFilter, refresh_lists
from palabre.database.connection import execute, fetch, transaction
from palabre.events.models import Event
from palabre.people.permissions import SYSTEM
from palabre.plugins import Plugins, domain, list_filters
from palabre.plugins.declaring import faults_of_filters
from palabre.plugins.loading import GROUP, load_all
from palabre.plugins.state import State
from palabre.testing import Make, Visitor
from palabre.web.site import Site

TITLE = re.compile(r'class="card-title"[^>]*>\s*<a[^>]*>([^<]+)')
Titles = Callable[[str], Awaitable[dict[str, list[str]]]]


@pytest.fixture
async def events(make: Make) -> dict[str, Event]:
    return {
        "gite": await make.event("Au gîte", extras={"couchage": {"beds": 9, "house": "gite"}}),
        "habitant": await make.event("Chez Jo", extras={"couchage": {"house": "habitant"}}),
        "nowhere": await make.event("Bivouac"),
    }


@pytest.fixture
def titles(client: Visitor, site: Site) -> Titles:
    """Read the same list as page, calendar, JSON and API."""

    async def read(query: str) -> dict[str, list[str]]:
        await site.feeds.settle()
        ics = (await client.get(f"/agenda.ics?{query}")).text
        vevents = vobject.readOne(ics).contents.get("vevent", [])
        page = (await client.get(f"/agenda?{query}")).text
        listed = (await client.get(f"/agenda.json?{query}")).json()["events"]
        api = (await client.get(f"/api/v1/events?{query}")).json()["events"]
        return {
            "page": sorted(t for t in ("Au gîte", "Chez Jo", "Bivouac") if f">{t}<" in page),
            "ics": sorted(each.summary.value for each in vevents),
            "json": sorted(each["title"] for each in listed),
            "api": sorted(each["title"] for each in api),
        }

    return read


def everywhere(*found: str) -> dict[str, list[str]]:
    return dict.fromkeys(("page", "ics", "json", "api"), sorted(found))


@pytest.mark.usefixtures("events")
async def test_it_narrows_every_list_at_once(titles: Titles, client: Visitor) -> None:
    assert await titles("couchage=gite") == everywhere("Au gîte")
    assert await titles("couchage=gite&couchage=habitant") == everywhere("Au gîte", "Chez Jo")
    assert await titles("couchage=gite&q=jo") == everywhere()
    assert await titles("couchage=") == everywhere("Au gîte", "Chez Jo", "Bivouac")

    page = (await client.get("/agenda?couchage=gite")).text
    assert re.search(r'<select id="f-couchage".*?<option value="gite" selected>', page, re.DOTALL)
    assert "/agenda.ics?couchage=gite" in page
    assert "Gîte" in (await client.get("/abonnement?couchage=gite")).text
    assert (await client.get("/api/v1/")).json()["parameters"]["couchage"] == "Dormir"


@pytest.mark.usefixtures("events")
async def test_an_unknown_value_is_said_not_guessed(client: Visitor) -> None:
    page = await client.get("/agenda?couchage=chateau")
    feed = await client.get("/agenda.ics?couchage=chateau")
    api = await client.get("/api/v1/events?couchage=chateau")

    assert page.status_code == 400
    assert "« chateau » n’est pas un choix possible" in page.text.replace("\xa0", " ")
    assert feed.status_code == 400
    assert api.status_code == 422


async def test_what_may_be_chosen_can_come_from_its_tables(
    titles: Titles, client: Visitor, events: dict[str, Event]
) -> None:
    await Stay.filter(event_id=events["gite"].id).update(valley="romanche")

    page = (await client.get("/agenda")).text
    shown = re.search(r'id="f-couchage_vallee".*?</select>', page, re.DOTALL)

    assert shown is not None
    assert re.findall(r"<option[^>]*>([^<]+)", shown[0]) == ["Indifférent", "Ferrand", "Romanche"]
    assert await titles("couchage_vallee=romanche") == everywhere("Au gîte")
    assert "Aucun événement" in (await client.get("/agenda?couchage_vallee=veneon")).text


async def test_a_change_in_its_table_reaches_the_feeds_that_go_by_it(
    titles: Titles, client: Visitor, events: dict[str, Event]
) -> None:
    assert await titles("couchage=gite") == everywhere("Au gîte")
    other = (await client.get("/agenda.ics?couchage=habitant")).headers["etag"]
    before = await client.get("/agenda.ics?couchage=gite")

    await Stay.create(event_id=events["nowhere"].id, beds=2, house="gite")
    assert await titles("couchage=gite") == everywhere("Au gîte", "Bivouac")
    await Stay.filter(event_id=events["gite"].id).delete()
    assert await titles("couchage=gite") == everywhere("Bivouac")
    after = await client.get("/agenda.ics?couchage=gite")

    assert after.headers["etag"] != before.headers["etag"]
    assert after.headers["last-modified"] > before.headers["last-modified"]
    assert (await client.get("/agenda.ics?couchage=habitant")).headers["etag"] == other


async def test_where_no_table_tells_the_plugin_does(
    titles: Titles, events: dict[str, Event]
) -> None:
    assert await titles("couchage=gite") == everywhere("Au gîte")
    await execute("ALTER TABLE couchage_stay DISABLE TRIGGER USER")
    await Stay.filter(event_id=events["gite"].id).update(house="habitant")

    async with transaction():
        await refresh_lists([events["gite"].id])

    assert await titles("couchage=gite") == everywhere()


@pytest.mark.usefixtures("events")
async def test_a_paused_plugin_goes_on_narrowing(titles: Titles, palabre_plugins: Plugins) -> None:
    palabre_plugins.follow({"couchage": State(paused=True)})

    assert await titles("couchage=gite") == everywhere("Au gîte")


@pytest.mark.usefixtures("events")
async def test_without_its_plugin_a_list_is_shut_and_never_everything(
    titles: Titles, client: Visitor, palabre_plugins: Plugins
) -> None:
    assert await titles("couchage=gite") == everywhere("Au gîte")

    await domain.disable(SYSTEM, "couchage")
    await palabre_plugins.refresh()
    answers = {
        address: await client.get(f"{address}?couchage=gite")
        for address in ("/agenda", "/agenda.ics", "/agenda.json", "/api/v1/events", "/abonnement")
    }
    assert {answer.status_code for answer in answers.values()} == {503}
    assert answers["/agenda.ics"].headers["retry-after"] == "3600"
    assert "Bivouac" not in "".join(answer.text for answer in answers.values())
    assert "« Dormir » ne fonctionne pas" in answers["/agenda"].text.replace("\xa0", " ")
    assert (await client.get("/agenda?couchage=")).status_code == 200
    assert 'id="f-couchage"' not in (await client.get("/agenda")).text

    await domain.enable(SYSTEM, "couchage", [])
    await palabre_plugins.refresh()
    assert await titles("couchage=gite") == everywhere("Au gîte")


async def test_a_purged_plugin_closes_its_lists_for_good(
    client: Visitor, palabre_plugins: Plugins
) -> None:
    await domain.purge(SYSTEM, "couchage")
    await palabre_plugins.refresh()

    assert (await client.get("/agenda.ics?couchage=gite")).status_code == 410
    assert (await client.get("/agenda?couchage=gite")).status_code == 410


async def test_a_filter_that_breaks_later_costs_its_own_lists(
    titles: Titles, client: Visitor, palabre_plugins: Plugins
) -> None:
    await execute("ALTER TABLE couchage_stay RENAME COLUMN house TO home")

    for address in ("/agenda", "/agenda.ics", "/api/v1/events"):
        assert (await client.get(f"{address}?couchage=gite")).status_code == 503
    assert (await client.get("/agenda?couchage_vallee=romanche")).status_code == 200
    assert (await titles(""))["ics"] == []
    assert palabre_plugins.extensions[0].costs["list_filters"].failures >= 3


BAD = {
    "SELECT event_id FROM couchage_stays WHERE house = ANY(:values)": "PostgreSQL le refuse",
    "SELECT id FROM core_event WHERE title = ANY(:values)": "core_event, qui n’est pas",
    "SELECT slug FROM couchage_valley WHERE slug = ANY(:values)": "il donne text",
    "SELECT NULL::uuid FROM couchage_valley WHERE slug = ANY(:values)": "core_follow_lists",
    "DELETE FROM couchage_stay WHERE house = ANY(:values) RETURNING event_id": "le refuse",
}


@pytest.mark.parametrize("sql", BAD)
async def test_sql_that_is_not_fit_is_refused_at_the_start(database_url: str, sql: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        fault = await list_filters.fault_of(
            connection, "couchage", [ListFilter("couchage", "Dormir", sql)]
        )
    finally:
        await connection.close()

    assert BAD[sql] in fault


async def test_a_plugin_with_an_unfit_filter_is_refused_and_the_site_starts(
    database: str, palabre_plugins: Plugins
) -> None:
    await execute("DROP TABLE couchage_stay")

    await palabre_plugins.start(database, delivering=False)
    await palabre_plugins.stop()

    assert "couchage_stay" in palabre_plugins.report()[0].reason
    assert await fetch("SELECT * FROM core_list_filter") == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (ListFilter("commune", "Commune", "SELECT :values"), "nom à lui"),
        (ListFilter("couchage", "", "SELECT :values"), "`label`"),
        (ListFilter("couchage", "Lit", "SELECT 1"), "ne demande rien"),
        (ListFilter("couchage", "Lit", "SELECT :values; DROP TABLE x"), "sans « ; »"),
        (ListFilter("couchage", "Lit", "SELECT :values", choices={"Gîte": "Gîte"}), "minuscules"),
    ],
)
def test_a_filter_is_declared_with_care(given: ListFilter, said: str) -> None:
    assert any(said in fault for fault in faults_of_filters("couchage", [given]))


def test_the_plugin_is_fit() -> None:
    assert load_all([EntryPoint("couchage", "couchage", GROUP)])[0].fault == ""
