"""What the choices of an event are called; shown through gettext in the reader's language."""

from collections.abc import Mapping

from palabre.events.values import Accessibility, Audience, Price, Publication, Status
from palabre.i18n import marked

PUBLICATIONS: Mapping[Publication, str] = {
    Publication.DRAFT: marked("Brouillon"),
    Publication.SUBMITTED: marked("Proposé"),
    Publication.PUBLISHED: marked("Publié"),
    Publication.REFUSED: marked("À corriger"),
    Publication.WITHDRAWN: marked("Retiré"),
}
STATUSES: Mapping[Status, str] = {
    Status.SCHEDULED: marked("A lieu comme prévu"),
    Status.FULL: marked("Complet"),
    Status.RESCHEDULED: marked("Nouvelle date"),
    Status.MOVED_ONLINE: marked("Passe en ligne"),
    Status.POSTPONED: marked("Reporté, date à venir"),
    Status.CANCELLED: marked("Annulé"),
}
AUDIENCES: Mapping[Audience, str] = {
    Audience.EVERYONE: marked("Tout public"),
    Audience.FAMILIES: marked("Familles"),
    Audience.CHILDREN: marked("Enfants"),
    Audience.YOUNG: marked("Jeunes"),
    Audience.ADULTS: marked("Adultes"),
    Audience.PROFESSIONALS: marked("Professionnels"),
}
PRICES: Mapping[Price, str] = {
    Price.UNKNOWN: marked("Non précisé"),
    Price.FREE: marked("Gratuit"),
    Price.OPEN: marked("Prix libre : chacun donne ce qu’il veut"),
    Price.PAID: marked("Payant"),
}
ACCESSIBILITIES: Mapping[Accessibility, tuple[str, str]] = {
    Accessibility.MOTOR: (
        marked("Handicap moteur"),
        marked("On entre et circule en fauteuil, toilettes comprises."),
    ),
    Accessibility.HEARING: (
        marked("Handicap auditif"),
        marked("Boucle magnétique, langue des signes ou sous-titres."),
    ),
    Accessibility.VISUAL: (
        marked("Handicap visuel"),
        marked("Audiodescription, gros caractères ou visite tactile."),
    ),
    Accessibility.PSYCHIC: (
        marked("Handicap psychique"),
        marked("Accueil calme, on peut sortir et revenir."),
    ),
    Accessibility.INTELLECTUAL: (
        marked("Handicap intellectuel"),
        marked("Facile à lire et à comprendre, accueil formé."),
    ),
}
ACTIONS: Mapping[str, str] = {
    "created": marked("a créé l’événement"),
    "edited": marked("a modifié l’événement"),
    "merged": marked("a réuni deux versions"),
    "restored": marked("a rétabli une version précédente"),
    "date_changed": marked("a changé une date"),
    "submitted": marked("a proposé l’événement"),
    "taken_back": marked("a repris l’événement en brouillon"),
    "published": marked("a publié l’événement"),
    "refused": marked("a demandé des corrections"),
    "withdrawn": marked("a retiré l’événement"),
    "cancelled": marked("a annulé l’événement"),
    "reinstated": marked("a rétabli l’événement"),
    "postponed": marked("a reporté l’événement"),
    "rescheduled": marked("a donné une nouvelle date"),
    "duplicated": marked("a créé l’événement à partir d’un autre"),
    "imported": marked("a importé l’événement"),
    "organisation_merged": marked("a réuni son organisation à une autre"),
}
