"""The buttons of an event, its history, its single dates and the desk, through HTTP by role."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from palabre.events.domain.reading import content_of_event, history
from palabre.events.domain.saving import Change, save_event
from palabre.events.models import Event
from palabre.events.values import Override, Publication, Recurrence, Status, Timed
from palabre.people.models import Organisation
from palabre.people.permissions import SYSTEM
from palabre.testing import LogIn, Make, Visitor
from tests.core.events.test_form_pages import EVENING, NEW, text_of

DRAFT, SUBMITTED = Publication.DRAFT, Publication.SUBMITTED
PUBLISHED, REFUSED = Publication.PUBLISHED, Publication.REFUSED
WITHDRAWN = Publication.WITHDRAWN


async def press(visitor: Visitor, event: Event, do: str, **more: str) -> int:
    version = str((await Event.get(id=event.id)).version)
    form = {"do": do, "version": version} | more
    answer = await visitor.submit(f"/evenements/{event.slug}/actions", form)
    return answer.status_code


async def states(event: Event) -> tuple[Publication, Status]:
    found = await Event.get(id=event.id)
    return found.publication, found.status


@pytest.mark.parametrize(
    ("before", "do", "after", "status"),
    [
        (DRAFT, "submit", SUBMITTED, Status.SCHEDULED),
        (DRAFT, "publish", PUBLISHED, Status.SCHEDULED),
        (SUBMITTED, "take_back", DRAFT, Status.SCHEDULED),
        (SUBMITTED, "publish", PUBLISHED, Status.SCHEDULED),
        (PUBLISHED, "withdraw", WITHDRAWN, Status.SCHEDULED),
        (PUBLISHED, "cancel", PUBLISHED, Status.CANCELLED),
        (PUBLISHED, "postpone", PUBLISHED, Status.POSTPONED),
    ],
)
@pytest.mark.parametrize("role", ["editor", "moderator"])
async def test_editors_and_moderators_move_events(
    login: LogIn,
    make: Make,
    role: str,
    before: Publication,
    do: str,
    after: Publication,
    status: Status,
) -> None:
    organisation = await make.organisation()
    event = await make.event(organisation=organisation, publication=before)
    person = await login(role, organisation if role == "editor" else None)

    assert await press(person, event, do) == 303
    assert await states(event) == (after, status)


async def own(visitor: Visitor, **more: str) -> Event:
    await visitor.submit(NEW, EVENING | more)
    return await Event.get(title=EVENING["title"])


@pytest.mark.parametrize("do", ["publish", "withdraw", "cancel", "postpone", "refuse", "reinstate"])
async def test_a_volunteer_may_not(login: LogIn, make: Make, do: str) -> None:
    organisation = await make.organisation()
    event = await make.event(organisation=organisation)
    volunteer = await login("contributor", organisation)
    draft = await own(volunteer, do="submit")
    if do in {"cancel", "postpone", "reinstate"}:
        assert await press(volunteer, event, do) == 403
    else:
        target = draft if do in {"publish", "refuse"} else event
        assert await press(volunteer, target, do, reason="Parce que.") == 403

    assert await states(event) == (PUBLISHED, Status.SCHEDULED)
    assert (await states(draft))[0] == SUBMITTED


async def test_a_volunteer_looks_after_drafts(login: LogIn) -> None:
    volunteer = await login("contributor")
    event = await own(volunteer)

    assert await press(volunteer, event, "submit") == 303
    assert await press(volunteer, event, "take_back") == 303
    assert await press(volunteer, event, "duplicate") == 303
    assert await press(volunteer, event, "delete") == 303
    assert [found.title for found in await Event.all()] == ["Veillée de contes (copie)"]


async def test_strangers_and_passers_by_may_nothing(
    client: Visitor, login: LogIn, make: Make
) -> None:
    event = await make.event()
    draft = await make.event("Brouillon", publication=DRAFT)
    stranger = await login("owner")

    for do in ("publish", "withdraw", "cancel", "delete", "refuse", "duplicate", "reschedule"):
        answers = [
            await press(stranger, draft, do),
            await press(client, event, do),
            await press(stranger, event, do, reason="x", new_date="2027-01-01"),
        ]
        assert answers[0] == 404
        assert answers[1] == 403
        assert answers[2] in {403, 422}
    assert await states(event) == (PUBLISHED, Status.SCHEDULED)
    assert await Event.all().count() == 2


async def test_a_refusal_says_why_and_comes_back_mended(login: LogIn, make: Make) -> None:
    organisation = await make.organisation()
    volunteer, editor = (
        await login("contributor", organisation),
        await login("editor", organisation),
    )
    event = await own(volunteer, do="submit")

    silent = await editor.submit(
        f"/evenements/{event.slug}/actions", {"do": "refuse", "version": "1", "reason": " "}
    )
    assert silent.status_code == 422
    assert "l’auteur doit pouvoir corriger" in text_of(silent.text)
    assert await press(editor, event, "refuse", reason="Il manque <le lieu>.") == 303

    page = await volunteer.get(f"/evenements/{event.slug}/modifier")
    assert "Il manque <le lieu>." in text_of(page.text)
    assert "<le lieu>" not in page.text
    assert await press(volunteer, event, "submit") == 303
    assert (await states(event))[0] == SUBMITTED


async def test_withdrawing_and_cancelling_can_be_undone(login: LogIn, make: Make) -> None:
    organisation = await make.organisation()
    event = await make.event(organisation=organisation)
    editor = await login("editor", organisation)

    for do, back in (("withdraw", "publish"), ("cancel", "reinstate"), ("postpone", "reinstate")):
        assert await press(editor, event, do) == 303
        page = await editor.get(f"/evenements/{event.slug}/modifier?fait={do}")
        assert f'name="do" value="{back}"' in page.text
        assert await press(editor, event, back) == 303
        assert await states(event) == (PUBLISHED, Status.SCHEDULED)


async def test_a_cancelled_event_stays_in_the_feed(
    client: Visitor, login: LogIn, make: Make
) -> None:
    organisation = await make.organisation()
    event = await make.event(organisation=organisation)
    editor = await login("editor", organisation)

    await press(editor, event, "cancel")

    assert "STATUS:CANCELLED" in (await client.get("/agenda.ics")).text


async def test_a_new_date_keeps_the_length(login: LogIn, make: Make) -> None:
    organisation = await make.organisation()
    event = await make.event(organisation=organisation)
    editor = await login("editor", organisation)

    wrong = await press(editor, event, "reschedule", new_date="bientôt")
    assert wrong == 422
    assert await press(editor, event, "reschedule", new_date="14/01/2027", new_time="9h15") == 303

    found = await Event.get()
    when = content_of_event(found).when
    assert isinstance(when, Timed)
    assert f"{when.starts:%Y-%m-%d %H:%M}" == "2027-01-14 09:15"
    assert when.ends is not None
    assert when.ends - when.starts == timedelta(minutes=90)
    assert found.status == Status.RESCHEDULED


async def test_a_series_is_not_moved_as_a_whole(login: LogIn, make: Make) -> None:
    organisation = await make.organisation()
    event = await weekly(make, organisation)
    editor = await login("editor", organisation)

    assert await press(editor, event, "reschedule", new_date="2027-01-14") == 422
    assert (await Event.get()).starts_at == TUESDAYS.starts


async def test_a_published_event_is_not_deleted_but_withdrawn(login: LogIn, make: Make) -> None:
    organisation = await make.organisation()
    event = await make.event(organisation=organisation)
    owner = await login("owner", organisation)

    assert await press(owner, event, "delete") == 303
    assert (await states(event))[0] == WITHDRAWN


async def test_an_old_page_s_button_changes_nothing(login: LogIn, make: Make) -> None:
    organisation = await make.organisation()
    event = await make.event(organisation=organisation)
    editor = await login("editor", organisation)
    await press(editor, event, "cancel")

    for form in ({"do": "withdraw", "version": "1"}, {"do": "withdraw"}):
        answer = await editor.submit(f"/evenements/{event.slug}/actions", form)
        assert answer.status_code == 409
    assert (
        await editor.submit(f"/evenements/{event.slug}/actions", {"do": "drop"})
    ).status_code == 404
    assert await states(event) == (PUBLISHED, Status.CANCELLED)


async def test_history_tells_who_changed_what_and_brings_it_back(login: LogIn, make: Make) -> None:
    organisation = await make.organisation()
    editor = await login("editor", organisation)
    event = await own(editor, description="Un conte.")
    address = f"/evenements/{event.slug}"
    await editor.submit(
        f"{address}/modifier",
        EVENING | {"version": "1", "title": "Veillée", "description": "Deux contes."},
    )

    page = await editor.get(f"{address}/historique")
    said = text_of(page.text)
    assert editor.user
    assert f"{editor.user.display_name} a modifié l’événement" in said
    assert "Titre Veillée de contes Veillée" in said
    assert "Description Un conte. Deux contes." in said

    answer = await editor.submit(f"{address}/historique", {"restore": "1", "version": "2"})
    late = await editor.submit(f"{address}/historique", {"restore": "1", "version": "2"})
    none = await editor.submit(f"{address}/historique", {"restore": "99", "version": "3"})

    assert (answer.status_code, late.status_code, none.status_code) == (303, 409, 404)
    assert (await Event.get()).description == "Un conte."
    assert [revision.action for revision in await history(event.id)] == [
        "restored",
        "edited",
        "created",
    ]


async def test_a_long_history_has_pages(login: LogIn, make: Make) -> None:
    organisation = await make.organisation()
    editor = await login("editor", organisation)
    event = await own(editor)
    for number in range(1, 53):
        await save_event(
            SYSTEM,
            Change(
                replace(content_of_event(event), title=f"Titre {number}"), organisation.id, event.id
            ),
        )

    newest = text_of((await editor.get(f"/evenements/{event.slug}/historique")).text)
    oldest = text_of((await editor.get(f"/evenements/{event.slug}/historique?depuis=3")).text)
    strange = await editor.get(f"/evenements/{event.slug}/historique?depuis=%00x")

    assert newest.count("Rétablir cette version") == 49
    assert "Plus ancien" in newest
    assert "a créé l’événement" in oldest
    assert "Titre 1 Titre 2" in oldest
    assert strange.status_code == 200


async def test_history_is_for_editors(client: Visitor, login: LogIn, make: Make) -> None:
    event = await make.event()
    address = f"/evenements/{event.slug}/historique"

    assert (await client.get(address)).status_code == 303
    assert (await (await login("owner")).get(address)).status_code == 403
    assert (await (await login("moderator")).get(address)).status_code == 200


TUESDAYS = Timed(
    datetime(2026, 12, 1, 19, tzinfo=UTC), datetime(2026, 12, 1, 21, tzinfo=UTC), "Europe/Paris"
)


async def weekly(make: Make, organisation: Organisation) -> Event:
    return await make.event(
        "Atelier",
        when=TUESDAYS,
        organisation=organisation,
        recurrence=Recurrence("FREQ=WEEKLY;COUNT=4"),
        description="On apporte sa laine.",
    )


async def test_one_date_is_cancelled_moved_and_put_back(login: LogIn, make: Make) -> None:
    organisation = await make.organisation()
    event = await weekly(make, organisation)
    editor = await login("editor", organisation)
    address = f"/evenements/{event.slug}/dates"
    second = TUESDAYS.starts + timedelta(days=7)

    listed = text_of((await editor.get(address)).text)
    assert listed.count("de 20 h à 22 h") == 4

    cancelled = await editor.submit(
        f"{address}/2026-12-08T20:00",
        {"version": "1", "answer": "cancel", "reason": "L’animatrice est malade."},
    )
    assert cancelled.status_code == 303
    content = content_of_event(await Event.get())
    assert content.overrides == (
        Override(second, cancelled=True, description="L’animatrice est malade."),
    )

    moved = await editor.submit(
        f"{address}/2026-12-08T20:00",
        {
            "version": "2",
            "answer": "move",
            "start_date": "10/12/2026",
            "start_time": "18h",
            "end_time": "19h",
            "reason": "Salle prise.",
        },
    )
    assert moved.status_code == 303
    (override,) = content_of_event(await Event.get()).overrides
    assert override.when is not None
    assert f"{override.when.starts:%d/%m %H:%M}" == "10/12 18:00"
    assert override.description == "Salle prise.\n\nOn apporte sa laine."
    page = await editor.get(f"{address}/2026-12-08T20:00")
    assert ">\nSalle prise.</textarea>" in page.text

    await editor.submit(f"{address}/2026-12-08T20:00", {"version": "3", "answer": "keep"})
    assert content_of_event(await Event.get()).overrides == ()


async def test_a_new_hour_is_not_lost_for_want_of_an_answer(login: LogIn, make: Make) -> None:
    """The form comes with "as the others" chosen; who only types another hour means to move it."""
    organisation = await make.organisation()
    event = await weekly(make, organisation)
    editor = await login("editor", organisation)
    form = {"version": "1", "answer": "keep", "start_date": "2026-12-08", "start_time": "21:15"}

    answer = await editor.submit(f"/evenements/{event.slug}/dates/2026-12-08T20:00", form)

    assert answer.status_code == 422
    assert "choisissez « est déplacée »" in text_of(answer.text)


async def test_wrong_answers_about_a_date(client: Visitor, login: LogIn, make: Make) -> None:
    organisation = await make.organisation()
    event = await weekly(make, organisation)
    single = await make.event("Une fois", organisation=organisation)
    editor = await login("editor", organisation)
    address = f"/evenements/{event.slug}/dates/2026-12-08T20:00"

    unanswered = await editor.submit(address, {"version": "1"})
    unread = await editor.submit(
        address, {"version": "1", "answer": "move", "start_date": "x", "start_time": "99"}
    )
    late = await editor.submit(address, {"version": "7", "answer": "cancel"})

    assert (unanswered.status_code, unread.status_code, late.status_code) == (422, 422, 409)
    assert "Écrivez la date comme ceci" in text_of(unread.text)
    for nowhere in ("2026-12-09T20:00", "hier", "%00", "2026-12-08"):
        assert (await editor.get(f"/evenements/{event.slug}/dates/{nowhere}")).status_code == 404
    key = f"{content_of_event(single).when.starts:%Y-%m-%dT%H:%M}"
    assert (await editor.get(f"/evenements/{single.slug}/dates/{key}")).status_code == 404
    assert (await client.get(address)).status_code == 303
    assert (await (await login("owner")).get(address)).status_code == 403


async def test_the_desk_shows_one_s_own(login: LogIn, make: Make) -> None:
    mine, other = await make.organisation("Ici"), await make.organisation("Ailleurs")
    await make.event("Fête publique", organisation=mine)
    await make.event("Brouillon d’ici", organisation=mine, publication=DRAFT)
    await make.event("Brouillon d’ailleurs", organisation=other, publication=DRAFT)
    editor = await login("editor", mine)

    everything = text_of((await editor.get("/mes-evenements")).text)
    drafts = text_of((await editor.get("/mes-evenements?etat=draft")).text)
    searched = text_of((await editor.get("/mes-evenements?q=publique")).text)

    assert "Fête publique" in everything
    assert "Brouillon d’ici" in everything
    assert "d’ailleurs" not in everything
    assert "Fête publique" not in drafts
    assert "Brouillon d’ici" in drafts
    assert "Brouillon d’ici" not in searched


async def test_the_desk_leads_where_one_may_go(login: LogIn, make: Make) -> None:
    organisation = await make.organisation()
    event = await make.event(organisation=organisation)
    volunteer = await login("contributor", organisation)
    draft = await own(volunteer)

    desk = (await volunteer.get("/mes-evenements")).text

    assert f'href="/evenements/{event.slug}"' in desk
    assert f'href="/evenements/{draft.slug}/modifier"' in desk


@pytest.mark.parametrize(
    "query",
    ["etat=x&page=-1&q=%00&organisation=%00", "page=99999999999", "q=" + "%25" * 500, "page=x"],
)
async def test_the_desk_takes_any_query(login: LogIn, query: str) -> None:
    editor = await login("editor")

    assert (await editor.get(f"/mes-evenements?{query}")).status_code == 200


async def test_an_empty_desk_says_what_to_do(login: LogIn) -> None:
    editor, moderator = await login("editor"), await login("moderator")

    assert "Créer un événement" in text_of((await editor.get("/mes-evenements")).text)
    assert "Pas encore d’organisation" in text_of((await moderator.get("/mes-evenements")).text)


async def test_moderators_see_what_waits(client: Visitor, login: LogIn, make: Make) -> None:
    await make.event("À relire vite", publication=SUBMITTED)
    await make.event("Brouillon", publication=DRAFT)
    moderator, editor = await login("moderator"), await login("owner")

    waiting = text_of((await moderator.get("/moderation")).text)

    assert "À relire vite" in waiting
    assert "Brouillon" not in waiting
    assert (await editor.get("/moderation")).status_code == 403
    assert (await client.get("/moderation")).status_code == 303
