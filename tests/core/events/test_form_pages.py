"""The event form through HTTP: who may, what is kept, what is refused, what two editors see."""

import asyncio
import re
from html import unescape
from typing import Any

import pytest

from palabre.events.domain.reading import content_of_event, history
from palabre.events.models import Event, Venue
from palabre.events.values import Publication, Recurrence
from palabre.people.domain import add_member
from palabre.people.models import Role
from palabre.testing import LogIn, Make, Visitor

NEW = "/evenements/nouveau"
EVENING = {
    "title": "Veillée de contes",
    "zone": "Europe/Paris",
    "start_date": "2026-12-01",
    "start_time": "20:00",
    "end_time": "22:00",
    "do": "save",
}


def text_of(page: str) -> str:
    """Return what a reader sees, spaces made plain."""
    body = re.sub(r"<[^>]+>", " ", page.partition("<main")[2])
    return " ".join(unescape(body).replace("\u202f", " ").split())


def value_of(page: str, name: str) -> str:
    found = re.search(rf'<input[^>]* name="{name}"[^>]* value="([^"]*)"', page)
    return unescape(found[1]) if found else ""


async def edited(visitor: Visitor, event: Event, **values: str) -> Any:
    """Post the form that this event's page shows, with other values."""
    page = (await visitor.get(f"/evenements/{event.slug}/modifier")).text
    form = dict(EVENING) | {"version": value_of(page, "version"), "title": event.title} | values
    return await visitor.submit(f"/evenements/{event.slug}/modifier", form)


async def test_a_volunteer_keeps_a_draft(login: LogIn) -> None:
    volunteer = await login("contributor")

    answer = await volunteer.submit(NEW, EVENING)

    event = await Event.get()
    assert answer.status_code == 303
    assert answer.headers["location"] == "/evenements/veillee-de-contes/modifier?fait=save"
    assert (event.title, event.publication) == ("Veillée de contes", Publication.DRAFT)
    page = await volunteer.get(answer.headers["location"])
    assert "C’est enregistré." in page.text
    assert value_of(page.text, "start_date") == "2026-12-01"


@pytest.mark.parametrize(
    ("role", "do", "publication"),
    [
        ("contributor", "submit", Publication.SUBMITTED),
        ("editor", "submit", Publication.SUBMITTED),
        ("editor", "publish", Publication.PUBLISHED),
        ("owner", "publish", Publication.PUBLISHED),
    ],
)
async def test_each_role_has_its_button(
    login: LogIn, role: str, do: str, publication: Publication
) -> None:
    member = await login(role)

    answer = await member.submit(NEW, EVENING | {"do": do})

    assert answer.status_code == 303
    assert (await Event.get()).publication == publication


async def test_a_volunteer_cannot_publish_by_hand(login: LogIn) -> None:
    volunteer = await login("contributor")

    answer = await volunteer.submit(NEW, EVENING | {"do": "publish", "publication": "published"})

    assert answer.status_code == 403
    assert not await Event.exists()


async def test_state_and_owner_are_not_the_form_s_to_say(login: LogIn, make: Make) -> None:
    other = await make.organisation("Autre collectif")
    volunteer = await login("contributor")

    answer = await volunteer.submit(
        NEW,
        EVENING
        | {
            "publication": "published",
            "organisation": str(other.id),
            "organisation_id": str(other.id),
            "created_by_id": str(other.id),
            "uid": "mine@example.org",
            "parent_id": str(other.id),
            "is_demo": "1",
        },
    )

    event = await Event.get()
    assert answer.status_code == 303
    assert event.publication == Publication.DRAFT
    assert event.organisation_id != other.id
    assert volunteer.user
    assert event.created_by_id == volunteer.user.id
    assert event.uid != "mine@example.org"
    assert event.parent_id is None
    assert not event.is_demo


async def test_nobody_else_comes_in(client: Visitor, login: LogIn, make: Make) -> None:
    event = await make.event("Brouillon secret", publication=Publication.DRAFT)
    public = await make.event("Fête")
    stranger = await login("editor")

    assert (await client.get(NEW)).headers["location"] == "/connexion?next=/evenements/nouveau"
    assert (await client.post(NEW, data=EVENING)).status_code == 403
    assert (await stranger.get(f"/evenements/{event.slug}/modifier")).status_code == 404
    assert (await edited(stranger, event)).status_code == 404
    assert (await stranger.get(f"/evenements/{public.slug}/modifier")).status_code == 403
    assert (await edited(stranger, public)).status_code == 403
    assert (await stranger.get("/evenements/rien/modifier")).status_code == 404
    assert (await stranger.get("/evenements/%00/modifier")).status_code == 404
    assert (await stranger.get(f"/evenements/{'x' * 5000}/modifier")).status_code == 404


async def test_a_form_without_its_token_changes_nothing(login: LogIn) -> None:
    editor = await login("editor")

    without = await editor.post(NEW, data=EVENING)
    elsewhere = await editor.post(
        NEW,
        data=EVENING,
        headers={"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
    )

    assert (without.status_code, elsewhere.status_code) == (403, 403)
    assert not await Event.exists()


async def test_faults_are_listed_and_everything_typed_is_kept(login: LogIn) -> None:
    editor = await login("editor")
    typed = EVENING | {
        "title": "",
        "description": "Un conte <script>alert(1)</script>\n\nEt un thé.",
        "start_time": "vingt heures",
        "end_time": "14h30",
        "zone": "Europe/Grenoble",
        "url": "javascript:alert(1)",
        "categories": ["Conte", "Thé"],
        "accessibility": ["mi"],
        "price_text": '5 € "réduit"',
        "place_name": "Sous le tilleul",
    }

    answer = await editor.submit(NEW, typed)

    said = text_of(answer.text)
    assert answer.status_code == 422
    assert "5 choses sont à corriger" in said
    assert 'href="#f-title"' in answer.text
    assert "<script>alert" not in answer.text
    assert "Un conte <script>alert(1)</script>" in unescape(answer.text)
    assert value_of(answer.text, "start_time") == "vingt heures"
    assert value_of(answer.text, "price_text") == '5 € "réduit"'
    assert value_of(answer.text, "place_name") == "Sous le tilleul"
    assert 'value="Thé" checked' in answer.text
    assert 'value="mi" checked' in answer.text
    assert not await Event.exists()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"start_date": "31/02/2026"}, "Cette date n’existe pas dans le calendrier."),
        ({"start_date": "9999-12-31"}, "L’année doit être comprise entre 1900 et 2200."),
        ({"end_date": "2026-11-30"}, "La fin est avant le début."),
        ({"zone": "../../etc/passwd"}, "Ce fuseau horaire est inconnu"),
        ({"repeat": "hourly"}, "Choisissez une répétition de la liste."),
        ({"repeat": "daily", "count": "1000000000"}, "Écrivez un nombre de fois entre 1 et 3660."),
        ({"title": "a" * 201}, "Ce texte est trop long"),
        ({"description": "é" * 15_000}, "Ce texte est trop long"),
        ({"image_url": "https://x.example/a.jpg"}, "Dites en quelques mots ce que l’image montre"),
        ({"venue": "introuvable"}, "Aucun lieu connu ne porte ce nom."),
        ({"co_organisers": "introuvable"}, "n’est pas le nom d’une organisation"),
        ({"extra_date": "hier"}, "Écrivez la date comme ceci"),
    ],
)
async def test_wrong_input_has_a_sentence(
    login: LogIn, values: dict[str, str], sentence: str
) -> None:
    editor = await login("editor")

    answer = await editor.submit(NEW, EVENING | values)

    assert answer.status_code == 422
    assert sentence in text_of(answer.text)
    assert not await Event.exists()


async def test_a_title_of_one_megabyte_is_not_even_read(login: LogIn) -> None:
    editor = await login("editor")

    answer = await editor.submit(NEW, EVENING | {"title": "a" * 1_048_576})

    assert answer.status_code == 413
    assert not await Event.exists()


async def test_thousands_of_fields_are_refused(login: LogIn) -> None:
    editor = await login("editor")

    answer = await editor.submit(NEW, EVENING | {"removed": ["2026-12-01"] * 2000})

    assert answer.status_code == 422


async def test_hidden_characters_do_not_survive(login: LogIn) -> None:
    editor = await login("editor")

    answer = await editor.submit(NEW, EVENING | {"title": "\u202eContes\x00\x1b\u2066 !"})

    assert answer.status_code == 303
    assert (await Event.get()).title == "Contes\u2066 !\u2069"


async def test_the_preview_shows_the_dates_and_saves_nothing(login: LogIn) -> None:
    editor = await login("editor")
    form = EVENING | {"do": "preview", "title": "", "repeat": "weekly", "until": "22/12/2026"}

    answer = await editor.submit(NEW, form)

    said = text_of(answer.text)
    assert answer.status_code == 200
    assert "Chaque mardi jusqu’au 22 décembre 2026" in said
    assert said.count("de 20 h à 22 h") == 4
    assert not await Event.exists()


async def test_monthly_repetitions_name_their_day(login: LogIn) -> None:
    editor = await login("editor")

    answer = await editor.submit(NEW, EVENING | {"do": "preview", "start_date": "2026-12-29"})

    said = text_of(answer.text)
    assert "Le 29 (s’il existe) de chaque mois" in said
    assert said.count("Le dernier mardi de chaque mois") == 2


async def test_the_preview_alone_for_the_script(login: LogIn) -> None:
    editor = await login("editor")
    form = EVENING | {"do": "preview", "csrf": editor.actor.csrf_token if editor.actor else ""}

    answer = await editor.post(NEW, data=form, headers={"x-palabre-fragment": "dates"})

    assert answer.text.lstrip().startswith("<h2>")
    assert "mardi 1er décembre 2026" in answer.text


async def test_a_date_ticked_away_is_not_in_the_event(login: LogIn) -> None:
    editor = await login("editor")
    form = EVENING | {"repeat": "weekly", "count": "4", "removed": ["2026-12-08T20:00"]}

    await editor.submit(NEW, form)

    content = content_of_event(await Event.get())
    assert content.recurrence is not None
    assert [f"{start:%d/%m %H:%M}" for start in content.recurrence.exdates] == ["08/12 20:00"]


@pytest.mark.parametrize("fault", [{"venue": "nulle part"}, {"title": ""}, {"start_date": "x"}])
async def test_a_removed_date_stays_removed_while_something_is_mended(
    login: LogIn, fault: dict[str, str]
) -> None:
    editor = await login("editor")
    form = EVENING | {"repeat": "weekly", "count": "4", "removed": ["2026-12-08T20:00"]}

    answer = await editor.submit(NEW, form | fault)

    kept = re.findall(
        r'<input[^>]* name="removed" value="2026-12-08T20:00"( checked)?', answer.text
    )
    assert answer.status_code == 422
    assert kept == [" checked" if "start_date" not in fault else ""]


async def test_a_venue_is_found_by_a_few_letters(login: LogIn, make: Make) -> None:
    venue = await make.venue("Médiathèque Kateb-Yacine", "Grenoble")
    await make.venue("Médiathèque", "Voiron")
    editor = await login("editor")

    await editor.submit(NEW, EVENING | {"venue": "kateb grenoble"})

    assert (await Event.get()).venue_id == venue.id


async def test_look_alikes_are_chosen_from(login: LogIn, make: Make) -> None:
    first = await make.venue("MJC", "Fontaine")
    await make.venue("MJC", "Voiron")
    editor = await login("editor")

    asked = await editor.submit(NEW, EVENING | {"venue": "mjc"})
    answer = await editor.submit(NEW, EVENING | {"venue": "mjc", "venue_choice": str(first.id)})

    assert asked.status_code == 422
    assert "Plusieurs lieux portent ce nom" in text_of(asked.text)
    assert str(first.id) in asked.text
    assert answer.status_code == 303
    assert (await Event.get()).venue_id == first.id


async def test_a_new_venue_is_made_once(login: LogIn) -> None:
    editor = await login("editor")
    place = {"place_name": "Sous le tilleul", "place_commune": "Mens", "place_postal_code": "38710"}

    await editor.submit(NEW, EVENING | place | {"do": "preview"})
    assert not await Venue.exists()
    await editor.submit(NEW, EVENING | place)
    await editor.submit(NEW, EVENING | place | {"title": "Autre"})

    venue = await Venue.get()
    assert (venue.name, venue.commune, venue.postal_code) == ("Sous le tilleul", "Mens", "38710")
    assert {event.venue_id for event in await Event.all()} == {venue.id}


async def test_other_organisations_are_named(login: LogIn, make: Make) -> None:
    partner = await make.organisation("Tétraktys")
    editor = await login("editor")

    await editor.submit(NEW, EVENING | {"co_organisers": ["tetraktys", "", "Tétraktys"]})

    event = await Event.get()
    page = await editor.get(f"/evenements/{event.slug}/modifier")
    assert event.co_organiser_ids == [partner.id]
    assert value_of(page.text, "co_organisers") == "Tétraktys"


async def test_untouched_is_unchanged(login: LogIn, make: Make) -> None:
    organisation = await make.organisation()
    editor = await login("editor", organisation)
    await editor.submit(NEW, EVENING)
    event = await Event.get()

    answer = await edited(editor, event)

    assert answer.headers["location"].endswith("?fait=unchanged")
    assert (await Event.get()).version == 1


async def test_the_second_editor_sees_both_versions(login: LogIn, make: Make) -> None:
    organisation = await make.organisation()
    first, second = await login("editor", organisation), await login("owner", organisation)
    await first.submit(NEW, EVENING | {"description": "Un conte."})
    event = await Event.get()
    address = f"/evenements/{event.slug}/modifier"
    begun = EVENING | {"version": "1"}
    await first.submit(address, begun | {"title": "Veillée", "description": "Deux contes."})
    mine = begun | {"title": "Soirée", "description": "Un conte.", "price": "free"}

    clash = await second.submit(address, mine)

    said = text_of(clash.text)
    assert clash.status_code == 409
    assert first.user
    assert f"{first.user.display_name} a enregistré cet événement" in said
    assert "Soirée" in said
    assert "Veillée" in said
    assert (await Event.get()).title == "Veillée"
    # Only one of us changed these: the change is suggested.
    assert 'name="choose_price" value="mine" required checked' in clash.text
    assert 'name="choose_description" value="theirs" required checked' in clash.text
    assert 'name="choose_title" value="mine" required checked' not in clash.text
    assert 'name="choose_title" value="theirs" required checked' not in clash.text

    hidden = {
        name: unescape(value)
        for name, value in re.findall(
            r'<input type="hidden" name="(\w+)" value="([^"]*)"', clash.text
        )
    }
    undecided = await second.submit(address, hidden | {"choose_price": "mine"})
    decided = await second.submit(
        address,
        hidden | {"choose_price": "mine", "choose_title": "mine", "choose_description": "theirs"},
    )

    event = await Event.get()
    assert undecided.status_code == 409
    assert decided.status_code == 303
    assert (event.title, event.description, event.price) == ("Soirée", "Deux contes.", "free")
    assert [revision.action for revision in await history(event.id)] == [
        "merged",
        "edited",
        "created",
    ]


async def test_a_third_save_during_the_choice_is_not_lost_either(login: LogIn, make: Make) -> None:
    organisation = await make.organisation()
    first, second = await login("editor", organisation), await login("owner", organisation)
    await first.submit(NEW, EVENING)
    event = await Event.get()
    address = f"/evenements/{event.slug}/modifier"
    await first.submit(address, EVENING | {"version": "1", "title": "A"})
    await first.submit(address, EVENING | {"version": "2", "title": "A", "price": "paid"})

    late = EVENING | {
        "version": "2",
        "seen": "1",
        "merging": "1",
        "title": "B",
        "choose_title": "mine",
    }
    answer = await second.submit(address, late)

    assert answer.status_code == 409
    assert (await Event.get()).title == "A"


async def test_a_form_without_a_version_overwrites_nothing(login: LogIn) -> None:
    editor = await login("editor")
    await editor.submit(NEW, EVENING)
    event = await Event.get()

    for version in ("", "0", "-1", "9" * 30, "x", "²"):
        answer = await editor.submit(
            f"/evenements/{event.slug}/modifier", EVENING | {"title": "X", "version": version}
        )
        assert answer.status_code == 409

    assert (await Event.get()).title == "Veillée de contes"


async def test_a_double_tap_makes_one_event(login: LogIn) -> None:
    editor = await login("editor")

    answers = await asyncio.gather(*(editor.submit(NEW, EVENING) for _tap in range(3)))
    await editor.submit(NEW, EVENING | {"description": "Une autre."})

    assert {answer.headers["location"] for answer in answers} == {
        "/evenements/veillee-de-contes/modifier?fait=save"
    }
    assert await Event.all().count() == 2


async def test_what_was_typed_survives_a_deletion(login: LogIn) -> None:
    editor = await login("editor")
    await editor.submit(NEW, EVENING)
    event = await Event.get()
    await event.delete()

    answer = await editor.submit(
        f"/evenements/{event.slug}/modifier",
        EVENING | {"version": "1", "description": "Long texte."},
    )

    assert answer.status_code == 404
    assert "Cet événement n’existe plus." in text_of(answer.text)
    assert "Long texte." in answer.text
    assert f'action="{NEW}"' in answer.text


async def test_a_past_date_is_pointed_out(login: LogIn) -> None:
    editor = await login("editor")

    answer = await editor.submit(NEW, EVENING | {"do": "preview", "start_date": "01/12/2016"})

    assert "Toutes ces dates sont passées." in text_of(answer.text)


async def test_the_form_begins_with_one_s_usual_organisation(login: LogIn, make: Make) -> None:
    first, second = await make.organisation("Alpha"), await make.organisation("Beta")
    editor = await login("editor", second)
    await editor.submit(NEW, EVENING)
    assert editor.user
    await add_member(editor.user, first, Role.EDITOR)

    page = await editor.get(NEW)
    asked = await editor.get(f"{NEW}?organisation={first.slug}")

    assert f'value="{second.id}" selected' in page.text
    assert f'value="{first.id}" selected' in asked.text


async def test_an_imported_rhythm_survives_the_form(login: LogIn, make: Make) -> None:
    organisation = await make.organisation()
    rule = Recurrence("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=5")
    event = await make.event("Permanence", organisation=organisation, recurrence=rule)
    editor = await login("editor", organisation)
    page = await editor.get(f"/evenements/{event.slug}/modifier")

    assert "Comme maintenant : selon un rythme particulier" in text_of(page.text)
    pairs = {
        name: value_of(page.text, name)
        for name in ("version", "start_date", "start_time", "end_time", "zone")
    }
    answer = await editor.submit(
        f"/evenements/{event.slug}/modifier",
        pairs | {"title": "Permanence", "repeat": "custom", "do": "save", "description": "Mots."},
    )

    assert answer.status_code == 303
    assert (await Event.get()).rrule == rule.rule


async def test_somebody_without_an_organisation_is_told_so(login: LogIn) -> None:
    moderator = await login("moderator")

    answer = await moderator.get(NEW)

    assert answer.status_code == 403
    assert "il faut être membre d’une organisation" in text_of(answer.text)


async def test_the_form_speaks_english(login: LogIn) -> None:
    editor = await login("editor")

    answer = await editor.get(f"/en{NEW}")

    assert answer.status_code == 200
    assert 'action="/en/evenements/nouveau"' in answer.text
