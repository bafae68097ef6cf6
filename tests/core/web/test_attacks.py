"""What an attacker tries at every door at once; each door has its own tests beside its own code."""

import asyncio
import re
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import pytest

import palabre
from palabre.database.connection import execute, fetch, fetchval
from palabre.events.models import Event
from palabre.events.values import Publication
from palabre.people import domain
from palabre.people.models import Membership, Organisation, Role, Session, User
from palabre.settings import Settings, from_environment
from palabre.testing import LogIn, Make, Visitor
from palabre.web.limits import address_of
from tests.core.web.test_access import LINES, Line, World

if TYPE_CHECKING:
    import httpx

EMAIL = "anna@exemple.fr"
PASSWORD = "lune pain vélo orage"
EVIL = "mechant.example"
POSTS = [line for line in LINES if line.method == "POST"]
SIGN_IN = ("/connexion", "/mot-de-passe", "/inscription", "/invitation")


def field_names() -> list[str]:
    """Every name that a form of the core has or that a view reads."""
    folder = Path(palabre.__file__).parent
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        found |= set(
            re.findall(r'(?:form|typed|given|params)\.(?:get|one)\("(\w+)"', path.read_text())
        )
    for path in folder.rglob("*.html"):
        found |= set(
            re.findall(r'(?:field|select|hidden|textarea|choices)\("(\w+)"', path.read_text())
        )
    return sorted(found - {"csrf"})


FIELDS = field_names()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return from_environment(
        {
            "PALABRE_DATA_DIR": str(tmp_path / "data"),
            "PALABRE_SMTP_URL": "smtp://127.0.0.1:1",
            "PALABRE_OPEN_REGISTRATION": "1",
            "PALABRE_OIDC_PROVIDERS": "atelier",
            "PALABRE_OIDC_ATELIER_ISSUER": "http://127.0.0.1:1",
            "PALABRE_OIDC_ATELIER_CLIENT_ID": "palabre",
        }
    )


@pytest.fixture
async def world(make: Make) -> World:
    made = World(make)
    await made.begin()
    return made


async def administrator(login: LogIn, world: World) -> Visitor:
    member = await login("administrator")
    assert member.user is not None
    await domain.add_member(member.user, world.ours, Role.OWNER)
    return member


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud800".encode("utf-8", "replace").decode()])
async def test_no_text_breaks_a_form(login: LogIn, world: World, text: str) -> None:
    wrong = []
    for line in POSTS:
        if line.address == "/deconnexion":
            continue
        member = await administrator(login, world)
        await execute("DELETE FROM core_rate_limit")
        form = dict.fromkeys(FIELDS, text) | line.form
        form = {name: await world.filled(value) for name, value in form.items()}
        answer = await member.submit(await world.filled(line.address), form)
        if answer.status_code >= 500 and not line.address.startswith("/connexion/avec"):
            wrong.append(f"{line.address}: {answer.status_code}")

    assert wrong == []


@pytest.mark.parametrize("text", ["%00", "a%00b", "%ff%fe", "..%2f..", "%0d%0aset-cookie:%20a=b"])
async def test_no_address_breaks_a_page(login: LogIn, client: Visitor, text: str) -> None:
    member = await login("administrator")
    query = "&".join(f"{name}={text}" for name in [*FIELDS, "apres", "avant", "limit", "page"])
    wrong = []
    for line in LINES:
        if line.method != "GET":
            continue
        path = re.sub(r"\{\w+\}", text, line.address)
        for visitor in (client, member):
            await execute("DELETE FROM core_rate_limit")
            answer = await visitor.get(f"{path}?{query}")
            injected = "set-cookie" in answer.headers and "a=b" in answer.headers["set-cookie"]
            if answer.status_code >= 500 or injected:
                wrong.append(f"{line.address}: {answer.status_code}")

    assert wrong == []


async def test_every_form_of_somebody_signed_in_needs_its_token_and_its_own_site(
    login: LogIn, world: World
) -> None:
    member = await administrator(login, world)
    assert member.actor is not None
    token = member.actor.csrf_token
    wrong = []
    for line in POSTS:
        path = await world.filled(line.address)
        answers = [
            await member.post(path, data=line.form),
            await member.post(path, data={**line.form, "csrf": token[:-1] + "!"}),
            await member.post(
                path, content=f"csrf={token}", headers={"content-type": "text/plain"}
            ),
            *[
                await member.post(path, data={**line.form, "csrf": token}, headers=headers)
                for headers in (
                    {"sec-fetch-site": "cross-site"},
                    {"sec-fetch-site": "same-site"},
                    {"origin": f"https://{EVIL}"},
                    {"origin": "null"},
                )
            ],
        ]
        codes = [answer.status_code for answer in answers]
        if codes != [403] * len(codes):
            wrong.append(f"{line.address}: {codes}")

    assert wrong == []


async def test_nobody_is_signed_in_by_a_form_of_another_site(client: Visitor, world: World) -> None:
    await domain.create_user(EMAIL, "Anna", PASSWORD)
    for line in POSTS:
        if not line.address.startswith(SIGN_IN):
            continue
        form = {"email": EMAIL, "password": PASSWORD, "display_name": "Anna"}
        answer = await client.post(
            await world.filled(line.address), data=form, headers={"sec-fetch-site": "cross-site"}
        )

        assert answer.status_code == 403, line.address
        assert "set-cookie" not in answer.headers
    assert await Session.all().count() == 0


PRIVILEGED: dict[str, Any] = {
    "site_roles": "administrator",
    "site_role": "administrator",
    "roles": "owner",
    "role": "owner",
    "is_active": "0",
    "is_demo": "1",
    "is_system": "1",
    "email": EMAIL,
    "password_hash": "x",
    "user_id": "00000000-0000-0000-0000-000000000001",
    "id": "00000000-0000-0000-0000-000000000001",
    "created_at": "1999-01-01",
    "created_by": "00000000-0000-0000-0000-000000000001",
    "created_by_id": "00000000-0000-0000-0000-000000000001",
    "verified_at": "1999-01-01",
    "parent_id": "00000000-0000-0000-0000-000000000001",
    "slug": "a-moi",
    "publication": "published",
    "state": "published",
    "status": "cancelled",
    "owner": "1",
    "organisation_id": "00000000-0000-0000-0000-000000000001",
    "sequence": "99",
    "uid": "a-moi",
    "gone_at": "1999-01-01",
    "csrf_token": "x",
}


def columns(kind: Any) -> list[str]:
    """Every field that a model has, those of a foreign key included."""
    return sorted(kind._meta.fields_map)


@pytest.mark.parametrize("address", ["/inscription/{registration}", "/invitation/{invitation}"])
async def test_a_new_account_has_what_was_promised_and_no_more(
    client: Visitor, world: World, address: str
) -> None:
    await domain.create_user(EMAIL, "Anna", PASSWORD)
    form = dict.fromkeys((*columns(User), *columns(Membership)), "1") | PRIVILEGED
    known = set(await User.all().values_list("id", flat=True))

    answer = await client.post(
        await world.filled(address), data=form | {"display_name": "Boris", "password": PASSWORD}
    )

    assert answer.status_code == 303
    [made] = [user for user in await User.all() if user.id not in known]
    assert (list(made.site_roles), made.is_active, made.is_demo) == ([], True, False)
    assert made.email != EMAIL
    assert made.created_at.year > 1999
    assert str(made.password_hash).startswith("$argon2id$")
    roles = [member.role for member in await Membership.filter(user_id=made.id)]
    assert roles == ([Role.CONTRIBUTOR] if "invitation" in address else [])


async def test_an_account_s_own_page_changes_the_name_only(login: LogIn) -> None:
    member = await login("contributor")
    assert member.user is not None
    before = await User.get(id=member.user.id)
    form = dict.fromkeys(columns(User), "1") | PRIVILEGED

    await member.submit(
        "/compte", form | {"do": "profile", "display_name": "Boris", "language": "fr"}
    )

    after = await User.get(id=member.user.id)
    changed = {name for name in columns(User) if getattr(before, name) != getattr(after, name)}
    assert changed == {"display_name"}
    assert await Membership.filter(role=Role.OWNER).count() == 0


async def test_a_contributor_s_event_is_a_draft_of_their_own_organisation(
    login: LogIn, make: Make
) -> None:
    foreign, own = await make.organisation(), await make.organisation()
    member = await login("contributor", own)
    # The fields that the form itself has are the contributor's to fill in.
    form = dict.fromkeys(set(columns(Event)) - set(FIELDS), "") | PRIVILEGED
    form["organisation_id"] = str(foreign.id)

    for button in ("save", "publish"):
        for organisation in (own, foreign):
            said = form | _event(button, str(organisation.id))
            await member.submit("/evenements/nouveau", said)

    events = await Event.all()
    assert events
    for event in events:
        assert event.organisation_id == own.id
        assert event.publication in {Publication.DRAFT, Publication.SUBMITTED}
        assert event.created_by_id == (member.user.id if member.user else None)
        assert event.slug != "a-moi"
        assert event.sequence < 2


def _event(button: str, organisation: str) -> dict[str, str]:
    return {
        "do": button,
        "organisation": organisation,
        "title": "Soirée contes",
        "start_date": "2027-05-01",
        "start_time": "18:00",
        "end_date": "",
        "end_time": "20:00",
        "zone": "Europe/Paris",
    }


async def test_an_import_of_another_organisation_is_not_found_through_one_s_own(
    login: LogIn, world: World
) -> None:
    job = await world._job()
    stranger = await login("owner")
    mine = await Organisation.get(id=next(iter(stranger.actor.roles if stranger.actor else [])))

    for method in ("GET", "POST"):
        base = f"/organisations/{mine.slug}/import"
        hidden, nothing = [
            await _ask(stranger, method, f"{base}/{name}") for name in (job, "inconnu")
        ]
        assert hidden.status_code == nothing.status_code == 404
        assert hidden.text.replace(job, "") == nothing.text.replace("inconnu", "")
    assert await fetchval("SELECT count(*) FROM core_import_job") == 1


async def _ask(visitor: Visitor, method: str, path: str) -> "httpx.Response":
    return await (visitor.get(path) if method == "GET" else visitor.submit(path, {"do": "drop"}))


async def test_a_wrong_password_says_the_same_to_everybody(client: Visitor) -> None:
    await domain.create_user(EMAIL, "Anna", PASSWORD)
    closed = await domain.create_user("ferme@exemple.fr", "Fermé", PASSWORD)
    await User.filter(id=closed.id).update(is_active=False)
    await domain.create_user("sans@exemple.fr", "Sans mot de passe", None)

    answers = {}
    for email in (EMAIL, "ferme@exemple.fr", "sans@exemple.fr", "inconnue@exemple.fr"):
        answer = await client.post("/connexion", data={"email": email, "password": "faux" * 4})
        heads = tuple(sorted((k, v) for k, v in answer.headers.items() if k != "content-length"))
        answers[email] = (answer.status_code, heads, answer.text.replace(email, "X"))

    assert len(set(answers.values())) == 1
    right = await client.post(
        "/connexion", data={"email": "ferme@exemple.fr", "password": PASSWORD}
    )
    assert right.text.replace("ferme@exemple.fr", "X") == answers[EMAIL][2]


async def test_a_wrong_password_takes_as_long_for_everybody(client: Visitor) -> None:
    await domain.create_user(EMAIL, "Anna", PASSWORD)
    await domain.create_user("sans@exemple.fr", "Sans mot de passe", None)
    spent: dict[str, list[float]] = {EMAIL: [], "sans@exemple.fr": [], "inconnue@exemple.fr": []}

    for _ in range(7):
        for email, seconds in spent.items():
            await execute("DELETE FROM core_rate_limit")
            started = time.perf_counter()
            await client.post("/connexion", data={"email": email, "password": "faux" * 4})
            seconds.append(time.perf_counter() - started)

    known, *others = (median(seconds) for seconds in spent.values())
    assert all(0.5 < known / other < 2 for other in others)


async def test_one_password_tried_on_many_accounts_ends(client: Visitor) -> None:
    await execute(
        "INSERT INTO core_rate_limit (key, since, count) SELECT key, since, 99 FROM core_rate_limit"
    )
    codes = []
    for number in range(3):
        data = {"email": f"a{number}@exemple.fr", "password": "123456"}
        codes.append((await client.post("/connexion", data=data)).status_code)
        await execute("UPDATE core_rate_limit SET count = 99 WHERE count < 99")

    assert codes == [422, 422, 429]


@pytest.mark.parametrize(
    ("machine", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_all_of_a_subscriber_s_addresses_count_as_one(machine: str, counted: str) -> None:
    from starlette.requests import Request

    assert address_of(Request({"type": "http", "client": (machine, 1)})) == counted


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/agenda/", "/agenda"),
        ("/en/agenda/?q=eau", "/en/agenda?q=eau"),
        ("//mechant.example/", "/mechant.example"),
        ("///mechant.example//", "/mechant.example"),
        ("/\\mechant.example/", "/mechant.example"),
        ("/en//mechant.example/", "/en/mechant.example"),
        ("/%5C%5Cmechant.example/", "/mechant.example"),
    ],
)
async def test_a_slash_too_many_leads_to_a_path_of_the_site(
    client: Visitor, asked: str, led: str
) -> None:
    path, _, query = asked.partition("?")
    request = client.build_request("GET", "/")
    raw = f"{path}?{query}" if query else path
    request.url = request.url.copy_with(raw_path=raw.encode())

    answer = await client.send(request)

    assert (answer.status_code, answer.headers["location"]) == (308, led)


async def test_saves_and_imports_are_limited_and_what_was_typed_stays(
    login: LogIn, make: Make
) -> None:
    organisation = await make.organisation()
    member = await login("editor", organisation)
    await member.submit("/evenements/nouveau", _event("save", str(organisation.id)))
    await member.submit(f"/organisations/{organisation.slug}/import", {"text": "x"})
    await execute("UPDATE core_rate_limit SET count = 1000")

    saved = await member.submit("/evenements/nouveau", _event("save", str(organisation.id)))
    imported = await member.submit(f"/organisations/{organisation.slug}/import", {"text": "x"})

    assert saved.status_code == 422
    assert "Trop d’essais" in saved.text
    assert "Soirée contes" in saved.text
    assert imported.status_code == 429
    assert await Event.all().count() == 1


async def test_many_who_race_for_one_invitation_over_http_make_one_account(
    client: Visitor, world: World
) -> None:
    path = await world.filled("/invitation/{invitation}")
    before = await User.all().count()

    answers = await asyncio.gather(
        *(
            client.post(path, data={"display_name": f"Boris {n}", "password": PASSWORD})
            for n in range(6)
        )
    )

    assert min(answer.status_code for answer in answers) == 303
    assert await User.all().count() == before + 1
    assert (
        await Membership.filter(role=Role.CONTRIBUTOR).count() == 2
    )  # the world's own, and theirs


async def test_the_database_holds_nothing_that_opens_anything(
    client: Visitor, world: World
) -> None:
    tokens = [
        (await world.filled(f"{{{name}}}"))
        for name in ("invitation", "link", "registration", "reset")
    ]
    await domain.create_user(EMAIL, "Anna", PASSWORD)
    await client.post("/connexion", data={"email": EMAIL, "password": PASSWORD})
    tokens += [PASSWORD, *client.cookies.values()]

    for row in await fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        kept = await fetchval(f'SELECT string_agg(t::text, chr(10)) FROM "{row[0]}" t')  # noqa: S608  own names
        assert [token for token in tokens if token in (kept or "")] == [], row[0]


def test_every_post_of_the_table_is_attacked() -> None:
    assert len(POSTS) > 30
    assert isinstance(POSTS[0], Line)
    assert {"email", "password", "title", "address", "display_name"} <= set(FIELDS)
