"""A site that sends mail, with a plugin that holds personal data."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest

from palabre import plugins
from palabre.audit import domain as audit
from palabre.database.connection import execute, transaction
from palabre.events.domain.saving import Change, save_event
from palabre.events.domain.transitions import publish
from palabre.events.models import Event
from palabre.events.values import Content, Publication
from palabre.importing.models import ImportJob
from palabre.legal import domain as legal
from palabre.mail import domain as mail
from palabre.oidc import domain as oidc
from palabre.oidc.values import Identity, Journey
from palabre.people import domain, ways_in
from palabre.people.domain import add_member
from palabre.people.factors import application, passkeys, recovery_codes, steps
from palabre.people.models import Organisation, Role, User
from palabre.people.permissions import Actor
from palabre.people.sessions import actor_of_user, open_session
from palabre.people.ways_in import Holder, Purpose
from palabre.plugins import Plugins
from palabre.plugins.loading import GROUP, load_all
from palabre.settings import Settings, from_environment
from palabre.testing import Make, tomorrow_evening
from palabre.vault import Vault

FOLDER = Path(__file__).parent / "plugins"
NAME = "Zéphyrine Quatresous"
EMAIL = "zephyrine@quatresous.example"
PASSWORD = "lune pain vélo orage"
PHONE = "+33 4 76 00 11 22"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return from_environment(
        {
            "PALABRE_DATA_DIR": str(tmp_path / "data"),
            "PALABRE_BASE_URL": "http://agenda.exemple.fr",
            "PALABRE_SMTP_URL": "smtp://127.0.0.1:1",
        }
    )


@pytest.fixture
def carnet(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The plugin's module; `carnet.failing` names the hooks that fail."""
    monkeypatch.syspath_prepend(str(FOLDER))
    import carnet as module

    yield module
    module.failing.clear()


@pytest.fixture
def palabre_plugins(carnet: ModuleType) -> Plugins:
    loaded = load_all([EntryPoint("carnet", "carnet", GROUP)])
    assert loaded[0].fault == ""
    return Plugins(loaded)


@pytest.fixture
async def tables(database_url: str, palabre_plugins: Plugins) -> None:
    """The plugin's tables; ask for it before `app` or `database`."""
    await palabre_plugins.migrate(database_url)


@pytest.fixture
def asked(tables: None, database: str, palabre_plugins: Plugins) -> Iterator[Plugins]:
    """Let the plugins take part where there is no application."""
    plugins.use(palabre_plugins)
    yield palabre_plugins
    plugins.use(Plugins())


@dataclass
class Life:
    """Somebody who used all of the site, and what they left in it."""

    user: User
    organisation: Organisation
    event: Event
    strings: list[str] = field(default_factory=list)


@pytest.fixture
async def life(make: Make, asked: Plugins) -> Life:
    """Zéphyrine: member, author, importer, invited, written to, in the plugin's notebook."""
    user = await domain.create_user(EMAIL, NAME, PASSWORD)
    organisation = await make.organisation("Les Voisins")
    await add_member(user, organisation, Role.OWNER)
    await add_member(await make.user("Autre"), organisation, Role.OWNER)
    await open_session(user, "Firefox, Android")
    actor = await actor_of_user(user)
    event = await _writes(actor, organisation)
    await legal.save(actor, "accessibilite", "Bientôt.", 0)
    await _is_written_to(user, organisation)
    await _comes_by_a_provider(user)
    await _has_second_factors(user)
    await _note(user)
    return Life(user, organisation, event, [EMAIL, NAME, str(user.id), user.id.hex, PHONE])


async def _writes(actor: Actor, organisation: Organisation) -> Event:
    content = Content("Soirée contes", tomorrow_evening())
    saved = await save_event(actor, Change(content, organisation.id, publication=Publication.DRAFT))
    await publish(actor, saved.event_id)
    await ImportJob.create(
        organisation_id=organisation.id,
        user_id=actor.user_id,
        location=f"{NAME}.ics",
        data=f"BEGIN:VCALENDAR\r\nX-WR-CALNAME:{EMAIL}".encode(),
    )
    return await Event.get(id=saved.event_id)


async def _is_written_to(user: User, organisation: Organisation) -> None:
    await domain.invite(user.email, organisation=organisation, role=Role.EDITOR)
    await mail.queue(user.email, "link", site="Palabre", link="http://agenda.exemple.fr/x")
    async with transaction() as connection:
        await ways_in.make(connection, Purpose.RESET, Holder(user.id, None))
        await ways_in.make(connection, Purpose.REGISTRATION, Holder(None, user.email))
    await audit.record(
        Actor(), "member.added", kind="organisation", object_id="x", account=str(user.id)
    )


async def _comes_by_a_provider(user: User) -> None:
    settings = from_environment({})
    identity = Identity("https://idp.example", EMAIL, EMAIL, email_verified=True, name=NAME)
    await oidc.admit(settings, Journey("idp", "/"), identity, "IdP")
    await oidc.begin(Journey("idp", "/compte", user_id=user.id))


async def _has_second_factors(user: User) -> None:
    await application.begin(Vault("a key"), user.id)
    place = passkeys.Place("agenda.exemple.fr", "https://agenda.exemple.fr", "Agenda")
    await passkeys.question(place, passkeys.Purpose.PROVE, user.id)
    await steps.begin(user.id, {"password"}, "/")
    made = passkeys.Made(b"credential", b"public", 0, ("internal",))
    async with transaction() as connection:
        await recovery_codes.renew(connection, user.id)
        await passkeys.keep(connection, user.id, made, "mon téléphone")


async def _note(user: User) -> None:
    await execute(
        "INSERT INTO carnet_note (id, user_id, phone) VALUES (gen_random_uuid(), $1, $2)",
        user.id,
        PHONE,
    )
