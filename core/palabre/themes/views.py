"""The look of the site on one page: for whoever makes or chooses a theme."""

from starlette.requests import Request
from starlette.responses import Response

from palabre import themes
from palabre.database.connection import fetchval
from palabre.i18n import gettext as _
from palabre.themes.letters import samples
from palabre.themes.tokens import contrast
from palabre.web.navigation import Item
from palabre.web.site import site_of
from palabre.web.templates import render


async def specimen(request: Request) -> Response:
    """Show colours with their contrasts, every component, a page of each kind and each letter."""
    theme = themes.load(site_of(request).settings.theme)
    schemes = {_("le jour"): theme.tokens.light, _("la nuit"): theme.tokens.dark}
    context = {
        "theme": theme,
        "pairs": [
            (
                ink,
                paper,
                least,
                [
                    (colours[ink], colours[paper], contrast(colours[ink], colours[paper]))
                    for colours in schemes.values()
                ],
            )
            for ink, paper, least in theme.tokens.pairs
        ],
        "schemes": list(schemes),
        "pages": await _pages(),
        "letters": list(samples()),
    }
    return render(request, "themes/specimen.html", context)


async def _pages() -> list[Item]:
    """Return a page of each kind; those that need an object lead to the first one there is."""
    event = await fetchval(
        "SELECT slug FROM core_event WHERE publication = 'published' ORDER BY first_at DESC LIMIT 1"
    )
    organisation = await fetchval("SELECT slug FROM core_organisation ORDER BY name LIMIT 1")
    venue = await fetchval("SELECT slug FROM core_venue WHERE merged_into_id IS NULL LIMIT 1")
    pages = [
        Item(_("Accueil"), "/"),
        Item(_("Agenda, liste"), "/agenda"),
        Item(_("Agenda, mois"), "/agenda/mois"),
        Item(_("Agenda, semaine"), "/agenda/semaine"),
        Item(_("Recherche sans résultat"), "/agenda?q=zzzz"),
        Item(_("Filtre inconnu"), "/agenda?prix=zzzz"),
        Item(_("Organisations"), "/organisations"),
        Item(_("S’abonner"), "/abonnement"),
        Item(_("Nouvel événement"), "/evenements/nouveau"),
        Item(_("Mes événements"), "/mes-evenements"),
        Item(_("Modération"), "/moderation"),
        Item(_("Mon compte"), "/compte"),
        Item(_("Administration"), "/administration"),
        Item(_("Connexion"), "/connexion"),
        Item(_("Page introuvable"), "/introuvable"),
    ]
    if event:
        pages += [
            Item(_("Événement"), f"/evenements/{event}"),
            Item(_("Événement, modifier"), f"/evenements/{event}/modifier"),
            Item(_("Événement, historique"), f"/evenements/{event}/historique"),
        ]
    if organisation:
        pages.append(Item(_("Organisation"), f"/organisations/{organisation}"))
    if venue:
        pages.append(Item(_("Lieu"), f"/lieux/{venue}"))
    return pages
