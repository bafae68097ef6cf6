"""Commands for accounts and organisations: for the administrator at the terminal."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from palabre import themes
from palabre.database.connection import connected, transaction
from palabre.database.embedded import database
from palabre.i18n import gettext as _
from palabre.mail import domain as mail
from palabre.people import domain
from palabre.people.factors import methods
from palabre.people.models import OrganisationKind, Role, SiteRole
from palabre.people.permissions import SYSTEM
from palabre.plugins import Plugins, taking_part
from palabre.settings import Settings, from_environment

user = typer.Typer(help="Comptes.", no_args_is_help=True)
organisation = typer.Typer(help="Organisations.", no_args_is_help=True)
Result = TypeVar("Result")

SiteRoles = Annotated[
    list[SiteRole] | None, typer.Option("--site-role", help="Rôle sur tout le site.")
]


@user.command("create")
def create_user(
    email: str,
    name: Annotated[str, typer.Option(help="Nom affiché.")],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
    site_role: SiteRoles = None,
) -> None:
    """Créer un compte."""
    made = run(
        lambda _settings: domain.create_user(
            email, name, password, site_roles=frozenset(site_role or ())
        )
    )
    typer.echo(_("Compte créé : {email}").format(email=made.email))


@user.command("reset-factors")
def reset_factors(email: str) -> None:
    """Retirer les deuxièmes étapes d’un compte : application, clés d’accès, codes de secours."""

    async def reset(settings: Settings) -> None:
        await methods.reset(SYSTEM, settings, await methods.user_with(email))

    run(reset)
    typer.echo(_("Deuxièmes étapes retirées : {email}").format(email=email))


@organisation.command("create")
def create_organisation(
    name: str,
    kind: Annotated[OrganisationKind, typer.Option()] = OrganisationKind.ASSOCIATION,
    slug: Annotated[str, typer.Option(help="Adresse ; sinon tirée du nom.")] = "",
    commune: Annotated[str, typer.Option()] = "",
) -> None:
    """Créer une organisation."""
    made = run(
        lambda _settings: domain.create_organisation(name, kind=kind, slug=slug, commune=commune)
    )
    typer.echo(_("Organisation créée : {slug}").format(slug=made.slug))


def invite(
    email: str,
    organisation: Annotated[str, typer.Option(help="Adresse (slug) de l’organisation.")] = "",
    role: Annotated[Role | None, typer.Option(help="Rôle dans l’organisation.")] = None,
    site_role: SiteRoles = None,
) -> None:
    """Inviter quelqu’un par courriel ; affiche aussi le lien, valable une fois et 7 jours."""

    async def link(settings: Settings) -> str:
        found = await domain.organisation_by_slug(organisation) if organisation else None
        async with transaction():
            token = await domain.invite(
                email, organisation=found, role=role, site_roles=frozenset(site_role or ())
            )
            address = f"{settings.origin}/invitation/{token}"
            await mail.queue(
                domain.clean_email(email),
                "invitation",
                name=found.name if found else settings.site_name,
                site=settings.site_name,
                link=address,
            )
        return address

    typer.echo(run(link))


def run(work: Callable[[Settings], Awaitable[Result]]) -> Result:
    """Run `work` with the settings of the environment, an open database and the plugins."""
    from palabre.web.templates import Folders, loader

    async def with_database(settings: Settings, url: str) -> Result:
        async with connected(url, plugins.models()), taking_part(plugins, url):
            return await work(settings)

    settings = from_environment()
    plugins = Plugins.load(settings)
    theme = themes.load(settings.theme)
    mail.use(loader(Folders(theme, plugins.templates())), theme.tokens)
    with database(settings) as url:
        return asyncio.run(with_database(settings, url))
