"""The words for what plugins are and do, in lists and pages."""

from palabre.i18n import marked
from palabre.plugins.extension import Standing

STANDINGS = {
    Standing.ACTIVE: (marked("active"), "good"),
    Standing.PAUSED: (marked("en pause"), "bad"),
    Standing.DISABLED: (marked("désactivée"), "plain"),
    Standing.REFUSED: (marked("refusée"), "bad"),
}
WHERE = {
    "event_committed": marked("Suit les événements enregistrés"),
    "event_sections": marked("Ajoute des champs aux événements"),
    "health": marked("Se contrôle elle-même"),
    "navigation": marked("Ajoute des liens au menu"),
    "page_slot": marked("Complète la page des événements"),
    "routes": marked("A ses propres pages"),
    "validate_event": marked("Vérifie les événements avant leur enregistrement"),
}
