"""A plugin's own fields: typed into the event form, kept with the event, read everywhere."""

import json
import re
from datetime import timedelta

import pytest
import vobject
from icalendar import Calendar

from palabre.events.domain import transitions
from palabre.events.domain.reading import content_of_event
from palabre.events.models import Event
from palabre.people.models import Organisation
from palabre.people.permissions import SYSTEM
from palabre.plugins import Plugins
from palabre.plugins.state import State
from palabre.testing import LogIn, Make, Visitor, tomorrow_evening

TYPED = {
    "section": "couchage",
    "couchage-beds": "12",
    "couchage-house": "gite",
    "couchage-meals": ["midi", "soir"],
    "couchage-pets": "1",
    "couchage-until": "14/11/2026",
    "couchage-page": "gite.example.org/réserver",
    "couchage-note": "Clé chez la voisine ; sonner, deux fois\nX-FAUX:oui",
    "couchage-memo": "Demander la clé",
}
KEPT = {
    "beds": 12,
    "house": "gite",
    "meals": ["midi", "soir"],
    "memo": "Demander la clé",
    "note": "Clé chez la voisine ; sonner, deux fois\nX-FAUX:oui",
    "page": "https://gite.example.org/r%C3%A9server",
    "pets": True,
    "until": "2026-11-14",
}


@pytest.fixture
async def organisation(make: Make) -> Organisation:
    return await make.organisation("Refuges de l’Oisans")


@pytest.fixture
async def editor(login: LogIn, organisation: Organisation) -> Visitor:
    return await login("editor", organisation)


def form(**more: object) -> dict[str, object]:
    day = (tomorrow_evening().starts + timedelta(days=20)).date()
    return {
        "title": "Traversée à pied", "start_date": str(day), "start_time": "9:00",
        "zone": "Europe/Paris", "do": "publish", **TYPED, **more,
    }  # fmt: skip


async def saved(editor: Visitor, **more: object) -> Event:
    answer = await editor.submit("/evenements/nouveau", form(**more))
    assert answer.status_code == 303, re.findall(r'field-error"[^>]*>([^<]+)', answer.text)
    return await Event.get(slug=answer.headers["location"].split("/")[2])


def ics_of(text: str) -> vobject.base.Component:
    return vobject.readOne(text).vevent


async def test_what_is_typed_is_kept_with_the_event(editor: Visitor) -> None:
    event = await saved(editor)

    assert content_of_event(event).extras == {"couchage": KEPT}
    page = (await editor.get(f"/evenements/{event.slug}/modifier")).text
    assert 'name="couchage-beds" type="number" value="12"' in page
    assert '<option value="gite" selected>' in page
    assert 'value="soir" checked' in page
    assert 'value="2026-11-14"' in page


async def test_each_mistake_stands_beside_its_field_and_nothing_is_lost(editor: Visitor) -> None:
    wrong = {
        "couchage-beds": "100", "couchage-house": "<b>château</b>", "couchage-meals": ["midi", "goûter"],
        "couchage-until": "demain", "couchage-page": "javascript:alert(1)",
    }  # fmt: skip

    answer = await editor.submit("/evenements/nouveau", form(**wrong))

    assert answer.status_code == 422
    beside = dict(re.findall(r'id="f-couchage-(\w+)-error">([^<]+)<', answer.text))
    assert {
        name: text.replace("\u202f", " ").replace("\xa0", " ") for name, text in beside.items()
    } == {
        "beds": "Écrivez un nombre de 0 à 99.",
        "house": "Choisissez une réponse de la liste.",
        "meals": "Choisissez une réponse de la liste.",
        "until": "Écrivez la date comme ceci : 14/11/2026.",
        "page": "Cette adresse n’est pas valable : elle commence par https:// ou http://.",
    }
    assert 'value="100"' in answer.text
    assert 'value="demain"' in answer.text
    assert "sonner, deux fois" in answer.text
    assert not await Event.exists()


async def test_readers_see_the_public_fields_escaped(editor: Visitor, client: Visitor) -> None:
    event = await saved(editor, **{"couchage-note": "Fermé <script>"})

    page = (await client.get(f"/evenements/{event.slug}")).text

    assert "<h2>Dormir sur place</h2>" in page
    assert re.findall(r"<dt>([^<]+)</dt>\s*<dd>([^<]+)</dd>", page)[:3] == [
        ("Lits", "12"), ("Chez qui", "Gîte"), ("Repas", "Midi, Soir, tard"),
    ]  # fmt: skip
    assert "Fermé &lt;script&gt;" in page
    assert "Demander la clé" not in page


async def test_calendars_programs_and_the_search_read_them(
    editor: Visitor, client: Visitor
) -> None:
    event = await saved(editor)

    text = (await client.get(f"/evenements/{event.slug}.ics")).text
    listed = (await client.get("/agenda.json")).json()["events"]
    api = (await client.get("/api/v1/events")).json()["events"]
    found = (await client.get("/agenda?q=voisine")).text

    read = ics_of(text)
    assert read.contents["x-couchage-beds"][0].value == "12"
    assert "Lits : 12" in read.description.value.split("\n")
    other = Calendar.from_ical(text).walk("VEVENT")[0]
    assert str(other["X-COUCHAGE-NOTE"]) == KEPT["note"]
    assert "X-FAUX" not in other
    public = {name: value for name, value in KEPT.items() if name != "memo"} | {"taken": 0}
    assert [each["extensions"] for each in listed] == [{"couchage": public}]
    assert api == listed
    assert "Traversée à pied" in found
    assert "Demander la clé" not in text + json.dumps(listed)


async def test_an_event_without_values_has_the_bytes_it_had(make: Make, client: Visitor) -> None:
    event = await make.event()

    text = (await client.get(f"/evenements/{event.slug}.ics")).text
    said = (await client.get(f"/evenements/{event.slug}.json")).json()["events"][0]

    assert "X-COUCHAGE" not in text
    assert "extensions" not in said


async def test_history_duplicates_and_an_old_version_have_them(editor: Visitor) -> None:
    event = await saved(editor)
    answer = await editor.submit(
        f"/evenements/{event.slug}/modifier",
        form(version="1", do="save", **{"couchage-beds": "3", "couchage-pets": ""}),
    )
    assert answer.status_code == 303

    history = (await editor.get(f"/evenements/{event.slug}/historique")).text
    copy = await Event.get(id=(await transitions.duplicate(SYSTEM, event.id)).event_id)
    back = await editor.submit(
        f"/evenements/{event.slug}/historique", {"restore": "1", "version": "2"}
    )

    assert "Dormir sur place" in history
    assert re.search(r"Lits : 12.*Lits : 3", history.replace("\xa0", " "), re.DOTALL)
    assert copy.extras["couchage"]["beds"] == 3
    assert back.status_code == 303
    assert (await Event.get(id=event.id)).extras == {"couchage": KEPT}


async def test_two_editors_choose_between_their_values(editor: Visitor) -> None:
    event = await saved(editor)
    address = f"/evenements/{event.slug}/modifier"
    await editor.submit(address, form(version="1", do="save", **{"couchage-beds": "3"}))

    late = form(version="1", do="save", **{"couchage-beds": "5"})
    conflict = await editor.submit(address, late)
    assert conflict.status_code == 409
    assert "Lits : 3" in conflict.text.replace("\xa0", " ")

    chosen = late | {"version": "2", "seen": "1", "merging": "1", "choose_couchage": "mine"}
    assert (await editor.submit(address, chosen)).status_code == 303
    assert (await Event.get(id=event.id)).extras["couchage"]["beds"] == 5


async def test_a_form_without_the_section_leaves_its_values(editor: Visitor) -> None:
    event = await saved(editor)
    plain = {name: value for name, value in form(version="1", do="save").items()
             if not name.startswith("couchage") and name != "section"}  # fmt: skip

    answer = await editor.submit(f"/evenements/{event.slug}/modifier", plain | {"title": "Autre"})

    assert answer.status_code == 303
    assert (await Event.get(id=event.id)).extras == {"couchage": KEPT}


async def test_a_disabled_plugin_hides_its_fields_and_loses_nothing(
    editor: Visitor, palabre_plugins: Plugins
) -> None:
    event = await saved(editor)

    palabre_plugins.follow({"couchage": State(enabled=False)})
    page = (await editor.get(f"/evenements/{event.slug}/modifier")).text
    answer = await editor.submit(
        f"/evenements/{event.slug}/modifier", form(version="1", do="save", title="Sans")
    )

    assert "couchage" not in page
    assert answer.status_code == 303
    assert (await Event.get(id=event.id)).extras == {"couchage": KEPT}
