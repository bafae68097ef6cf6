"""The words for what plugins are and do, in lists and pages."""

from palabre.i18n import marked
from palabre.jobs.queue import JobState
from palabre.plugins.extension import Standing
from palabre.web.routing import MEMBER, PUBLIC

STANDINGS = {
    Standing.ACTIVE: (marked("active"), "good"),
    Standing.PAUSED: (marked("en pause"), "bad"),
    Standing.DISABLED: (marked("désactivée"), "plain"),
    Standing.REFUSED: (marked("refusée"), "bad"),
}
VISITORS = {
    PUBLIC: marked("Tout le monde"),
    MEMBER: marked("Les personnes connectées"),
}
JOBS = {
    JobState.WAITING: marked("attend"),
    JobState.RUNNING: marked("en cours"),
    JobState.DONE: marked("fait"),
    JobState.FAILED: marked("n’a pas abouti"),
    JobState.CANCELLED: marked("annulé"),
}
WHERE = {
    "dashboard_cards": marked("Ajoute des cartes à « Mes événements »"),
    "demo_data": marked("Complète la démonstration"),
    "erase_person": marked("Oublie une personne quand son compte est effacé"),
    "event_committed": marked("Suit les événements enregistrés"),
    "event_faces": marked("Complète les événements dans les agendas"),
    "event_sections": marked("Ajoute des champs aux événements"),
    "event_transition": marked("Vérifie les événements avant leur publication ou leur annulation"),
    "events_saved": marked("Range ce que les événements disent de ses champs"),
    "export_person": marked("Remet à une personne ce qu’elle garde sur elle"),
    "forget_old": marked("Oublie ce qui a fait son temps"),
    "health": marked("Se contrôle elle-même"),
    "jobs": marked("Travaille en arrière-plan"),
    "list_filters": marked("Ajoute des filtres à l’agenda"),
    "navigation": marked("Ajoute des liens au menu"),
    "page_slot": marked("Complète l’accueil et les pages des événements et des organisations"),
    "permission_rules": marked("Règle qui peut quoi sur ce qui est à elle"),
    "principal": marked("A ses propres personnes, sans compte, sur ses seules pages"),
    "routes": marked("A ses propres pages"),
    "try_settings": marked("Essaie ses réglages"),
    "validate_event": marked("Vérifie les événements avant leur enregistrement"),
}
