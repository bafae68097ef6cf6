"""Where one may sleep after an event: a plugin that extends events in every way there is."""

from collections.abc import Sequence

from markupsafe import Markup

from couchage.models import Stay
from palabre.api import (
    Actor,
    DashboardCard,
    Demo,
    EventFace,
    EventField,
    EventMove,
    EventSave,
    EventSection,
    EventView,
    Fault,
    FieldKind,
    ListFilter,
    Manifest,
    OrganisationView,
    Publication,
    Refused,
    hookimpl,
    render_piece,
    save_values,
)

manifest = Manifest(name="couchage", title="Couchage", version="1.0", api=1, url="/couchage")

HOUSES = {"habitant": "Chez l’habitant", "gite": "Gîte"}
SECTION = EventSection(
    "Dormir sur place",
    (
        EventField(
            "beds",
            "Lits",
            FieldKind.NUMBER,
            hint="Combien de personnes peuvent dormir.",
            maximum=99,
            property="X-COUCHAGE-BEDS",
        ),
        EventField("house", "Chez qui", FieldKind.CHOICE, choices=HOUSES),
        EventField(
            "meals", "Repas", FieldKind.CHOICES, choices={"midi": "Midi", "soir": "Soir, tard"}
        ),
        EventField("pets", "Animaux bienvenus", FieldKind.YES),
        EventField("until", "Réserver avant le", FieldKind.DATE),
        EventField("page", "Page de réservation", FieldKind.LINK),
        EventField("note", "À savoir", FieldKind.TEXT, property="X-COUCHAGE-NOTE"),
        EventField("memo", "Note pour l’équipe", public=False),
    ),
    hint="Pour celles et ceux qui viennent de loin.",
)


@hookimpl
def event_sections() -> Sequence[EventSection]:
    return [SECTION]


@hookimpl
async def events_saved(saves: Sequence[EventSave]) -> None:
    for save in saves:
        said = save.content.extras.get("couchage", {})
        if said.get("memo") == "casser":
            await Stay.filter(event_id=save.event_id).delete()
            raise ZeroDivisionError("events_saved")
        if said.get("memo") == "refuser":
            raise Refused("Le gîte est fermé.", "couchage-house")
        if not said:
            await Stay.filter(event_id=save.event_id).delete()
        else:
            row = {"beds": said.get("beds", 0), "house": said.get("house", "")}
            await Stay.update_or_create(row, event_id=save.event_id)


@hookimpl
async def event_faces(events: Sequence[EventSave]) -> Sequence[EventFace]:
    taken = {stay.event_id: stay.taken for stay in await Stay.all()}
    if any(e.content.extras["couchage"].get("memo") == "cacher" for e in events):
        raise ZeroDivisionError("event_faces")
    return [
        EventFace(
            event_id,
            lines=(("Lits pris", f"{number}, à ce jour\r\nEND:VEVENT"),),
            properties={"TAKEN": f"{number}, à ce jour"},
            data={"taken": number},
            words="dortoir",
        )
        for event_id, number in taken.items()
        if event_id in {e.event_id for e in events}
    ]


@hookimpl
async def event_transition(move: EventMove) -> Sequence[Fault]:
    beds = move.content.extras.get("couchage", {}).get("beds")
    if move.publication is Publication.PUBLISHED and beds == 0:
        return [Fault("Sans lit, mieux vaut ne rien annoncer.", "beds")]
    return []


@hookimpl
def list_filters() -> Sequence[ListFilter]:
    return [
        ListFilter(
            "couchage",
            "Dormir",
            "SELECT event_id FROM couchage_stay WHERE house = ANY(:values)",
            choices=HOUSES,
            several=True,
        ),
        ListFilter(
            "couchage_vallee",
            "Vallée",
            "SELECT s.event_id FROM couchage_stay s JOIN couchage_valley v ON v.slug = s.valley"
            " WHERE v.slug = ANY(:values)",
            options="SELECT slug, name FROM couchage_valley ORDER BY name",
        ),
    ]


@hookimpl
async def page_slot(
    slot: str, event: EventView | None, organisation: OrganisationView | None
) -> Sequence[Markup]:
    shown = event.slug if event else organisation.name if organisation else "l’accueil"
    return [render_piece("couchage/piece.html", slot=slot, shown=f"<{shown}>")]


@hookimpl
async def dashboard_cards(actor: Actor) -> Sequence[DashboardCard]:
    body = render_piece("couchage/piece.html", slot="desk", shown=str(actor.user_id))
    return [
        DashboardCard("Lits demandés", body, "/demandes", "Répondre"),
        DashboardCard("Sans lien", body),
    ]


@hookimpl
async def demo_data(demo: Demo) -> None:
    for number, event_id in enumerate(demo.event_ids[:3], start=1):
        await save_values(demo.actor, event_id, "couchage", {"beds": number, "house": "gite"})
