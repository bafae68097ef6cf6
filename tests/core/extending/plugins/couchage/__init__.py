"""Where one may sleep after an event: a plugin that extends events in every way there is."""

from collections.abc import Sequence

from palabre.api import EventField, EventSection, FieldKind, Manifest, hookimpl

manifest = Manifest(name="couchage", title="Couchage", version="1.0", api=1, url="/couchage")

SECTION = EventSection(
    "Dormir sur place",
    (
        EventField(
            "beds",
            "Lits",
            FieldKind.NUMBER,
            maximum=99,
            property="X-COUCHAGE-BEDS",
            hint="Combien de personnes peuvent dormir.",
        ),
        EventField(
            "house",
            "Chez qui",
            FieldKind.CHOICE,
            choices={"habitant": "Chez l’habitant", "gite": "Gîte"},
        ),
        EventField(
            "meals", "Repas", FieldKind.CHOICES, choices={"midi": "Midi", "soir": "Soir, tard"}
        ),
        EventField("pets", "Animaux bienvenus", FieldKind.YES),
        EventField("until", "Réserver avant le", FieldKind.DATE),
        EventField("page", "Page de réservation", FieldKind.LINK),
        EventField("note", "À savoir", FieldKind.TEXT, property="X-COUCHAGE-NOTE"),
        EventField("host", "Téléphone de l’hôte", public=False),
    ),
    hint="Pour celles et ceux qui viennent de loin.",
)


@hookimpl
def event_sections() -> Sequence[EventSection]:
    return [SECTION]
