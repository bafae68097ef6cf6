"""The words for actions and roles, as administrators read them."""

from collections.abc import Mapping

from palabre.i18n import marked
from palabre.people.models import Role

ROLES: Mapping[Role, str] = {
    Role.OWNER: marked("responsable"),
    Role.EDITOR: marked("éditrice ou éditeur"),
    Role.CONTRIBUTOR: marked("contributrice ou contributeur"),
}

ACTIONS: Mapping[str, str] = {
    "event.view": marked("Voir l’événement"),
    "event.create": marked("Créer des événements"),
    "event.edit": marked("Modifier l’événement"),
    "event.submit": marked("Proposer l’événement à la relecture"),
    "event.publish": marked("Publier l’événement"),
    "event.refuse": marked("Refuser l’événement"),
    "event.withdraw": marked("Retirer l’événement"),
    "event.cancel": marked("Annuler ou reporter l’événement"),
    "event.delete": marked("Supprimer l’événement"),
    "organisation.edit": marked("Modifier l’organisation"),
    "organisation.import": marked("Importer un calendrier"),
    "venue.edit": marked("Corriger un lieu"),
    "venue.merge": marked("Réunir deux lieux"),
    "site.moderate": marked("Relire ce qui attend sur tout le site"),
    "plugin.manage": marked("Activer et désactiver les extensions"),
    "site.administer": marked("Administrer le site"),
}
