"""Why somebody may do something, or may not: what each rule of `permissions` answers with.

A reason is made once, so that a rule that answers with one costs as much as a rule that answers
yes or no. `words` is a French sentence about {person}, in {organisation} with the {role} held there,
and the {plugin} whose action it is.
"""

from dataclasses import dataclass

from palabre.i18n import marked


@dataclass(frozen=True, slots=True)
class Reason:
    """The answer of a rule; `words` say it to an administrator, once translated and filled in."""

    words: str
    allows: bool


def _yes(words: str) -> Reason:
    return Reason(words, allows=True)


def _no(words: str) -> Reason:
    return Reason(words, allows=False)


ANYONE = _yes(marked("C’est ouvert à tout le monde, même sans compte."))
PUBLISHED = _yes(marked("L’événement est publié : tout le monde peut le voir."))
SYSTEM = _yes(marked("Palabre lui-même agit : la ligne de commande, ou une tâche de fond."))
ADMINISTRATOR = _yes(marked("{person} administre le site."))
MODERATOR = _yes(marked("{person} modère le site."))
MEMBER = _yes(marked("{person} est membre de « {organisation} », avec le rôle « {role} »."))
MEMBER_SOMEWHERE = _yes(marked("{person} est membre d’au moins une organisation."))
PUBLISHER = _yes(marked("{person} a le rôle « {role} » dans « {organisation} »."))
PUBLISHER_SOMEWHERE = _yes(
    marked("{person} est responsable ou éditeur d’au moins une organisation.")
)
OWNER = _yes(marked("{person} est responsable de « {organisation} »."))
OWNER_SOMEWHERE = _yes(marked("{person} est responsable d’au moins une organisation."))
COORDINATOR = _yes(
    marked("{person} coordonne une organisation dont dépend « {organisation} », et peut lire."),
)
AUTHOR = _yes(
    marked("{person} a créé cet événement pour « {organisation} », et il n’est pas encore publié."),
)
GRANTED = _yes(
    marked("{person} a le rôle « {role} » dans « {organisation} », et ce rôle a ce droit."),
)
GRANTED_SOMEWHERE = _yes(
    marked("{person} a, dans au moins une organisation, un rôle qui a ce droit."),
)
GRANTED_ON_SITE = _yes(marked("{person} modère le site, et ce rôle a ce droit."))
RULE_KEEPS = _yes(
    marked("Un rôle de {person} a ce droit, et l’extension « {plugin} » l’étend à cet objet."),
)
RULE_ALLOWS = _yes(marked("L’extension « {plugin} » donne ce droit à {person} pour cet objet."))

NOT_SEEN = _no(
    marked(
        "L’événement n’est pas public, et {person} n’est ni membre de « {organisation} », ni"
        " responsable de sa coordination, ni chargé de la modération."
    ),
)
NOT_AUTHOR = _no(
    marked("{person} contribue à « {organisation} », mais quelqu’un d’autre a créé cet événement."),
)
NOT_UNFINISHED = _no(
    marked(
        "{person} contribue à « {organisation} », mais cet événement a déjà été publié :"
        " responsables et éditeurs s’en chargent."
    ),
)
NOT_MEMBER = _no(marked("{person} n’est pas membre de « {organisation} »."))
NOT_MEMBER_ANYWHERE = _no(marked("{person} n’est membre d’aucune organisation."))
NOT_PUBLISHER = _no(marked("{person} n’est ni responsable ni éditeur de « {organisation} »."))
NOT_PUBLISHER_ANYWHERE = _no(marked("{person} n’est responsable ou éditeur d’aucune organisation."))
NOT_OWNER = _no(marked("{person} n’est pas responsable de « {organisation} »."))
NOT_OWNER_ANYWHERE = _no(marked("{person} n’est responsable d’aucune organisation."))
NOT_MODERATOR = _no(marked("{person} ne modère pas le site."))
NOT_ADMINISTRATOR = _no(marked("{person} n’administre pas le site."))
NOT_GRANTED = _no(
    marked("Aucun rôle de {person} dans « {organisation} » n’a ce droit."),
)
NOT_GRANTED_ANYWHERE = _no(marked("Aucun rôle de {person} n’a ce droit, nulle part."))
NOT_GRANTED_HERE = _no(
    marked(
        "Ni un rôle de {person} ni l’extension « {plugin} » ne donnent ce droit pour cet objet."
    ),
)
RULE_DENIES = _no(
    marked("Un rôle de {person} a ce droit, mais « {plugin} » le refuse pour cet objet."),
)
PLUGIN_OFF = _no(
    marked("L’extension « {plugin} » est désactivée ou en pause : personne n’a ses droits."),
)
PLUGIN_OFF_HERE = _no(
    marked("L’extension « {plugin} » n’est pas activée pour « {organisation} »."),
)
