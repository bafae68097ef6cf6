"""A provider, or somebody in its place, that lies: nobody comes in, and the page stays kind."""

import asyncio
import base64
import hmac
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.responses import JSONResponse, PlainTextResponse, Response

from palabre.errors import Refused
from palabre.oidc import protocol
from palabre.people import domain
from palabre.people.models import Session
from palabre.settings import Settings, from_environment
from tests.core.oidc.forger import ELSEWHERE, FOREIGN, OWN, TOO_MUCH, Forger
from tests.core.oidc.travelling import COOKIE, SITE, depart

if TYPE_CHECKING:
    from palabre.testing import Visitor

EMAIL = "anna@exemple.fr"
BACK = "/connexion/avec/faux/retour"
OTHER = "/connexion/avec/autre/retour"
CONFIGURATION = "/.well-known/openid-configuration"


@pytest.fixture
async def forger() -> AsyncIterator[Forger]:
    made = Forger()
    config = uvicorn.Config(made.app(), log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        made.issuer = f"http://127.0.0.1:{listener.getsockname()[1]}"
        running = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
            await asyncio.sleep(0.01)
        yield made
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await running


@pytest.fixture
def settings(tmp_path_factory: pytest.TempPathFactory, forger: Forger) -> Settings:
    each = {
        f"PALABRE_OIDC_{name}_{variable}": value
        for name, issuer in {"FAUX": forger.issuer, "AUTRE": "https://idp.example"}.items()
        for variable, value in {"ISSUER": issuer, "CLIENT_ID": "us"}.items()
    }
    return from_environment(
        {
            "PALABRE_DATA_DIR": str(tmp_path_factory.mktemp("data")),
            "PALABRE_BASE_URL": SITE,
            "PALABRE_OIDC_PROVIDERS": "faux,autre",
        }
        | each
    )


@pytest.fixture(autouse=True)
async def _anna(database: str) -> None:
    await domain.create_user(EMAIL, "Anna", "lune pain vélo orage")


async def leave(client: "Visitor", forger: Forger) -> str:
    """Begin a journey; return its state."""
    asked = parse_qs(urlsplit(await depart(client, "faux")).query)
    forger.nonce = asked["nonce"][0]
    return str(asked["state"][0])


async def arrive(client: "Visitor", forger: Forger, **more: str) -> httpx.Response:
    state = await leave(client, forger)
    return await client.get(BACK, params={"code": "x", "state": state, **more})


async def refused(answer: httpx.Response, status: int) -> bool:
    assert answer.status_code == status, answer.text
    assert 'href="/connexion"' in answer.text
    assert EMAIL not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    return await Session.all().count() == 0


def base64_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


async def test_the_truth_is_believed(client: "Visitor", forger: Forger) -> None:
    answer = await arrive(client, forger, iss=forger.issuer)

    assert answer.status_code == 303
    [posted] = [form for form in forger.posted if form]
    assert len(posted["code_verifier"][0]) >= 43
    assert "client_secret" not in posted


NOW = int(time.time())
FORGED: dict[str, dict[str, Any]] = {
    "another issuer": {"claims": {"iss": "https://mechant.example"}},
    "no issuer": {"claims": {"iss": None}},
    "for somebody else": {"claims": {"aud": "them"}},
    "for several, by another": {"claims": {"aud": ["us", "them"], "azp": "them"}},
    "for several, by nobody": {"claims": {"aud": ["us", "them"]}},
    "expired": {"claims": {"exp": NOW - 300}},
    "without an end": {"claims": {"exp": None}},
    "an end that is none": {"claims": {"exp": "tomorrow"}},
    "from the future": {"claims": {"iat": NOW + 3600, "nbf": NOW + 3600}},
    "another nonce": {"claims": {"nonce": "0" * 64}},
    "no nonce": {"claims": {"nonce": None}},
    "no subject": {"claims": {"sub": None}},
    "an empty subject": {"claims": {"sub": ""}},
    "a subject that is a list": {"claims": {"sub": ["somebody"]}},
    "a subject with a null byte": {"claims": {"sub": "a\x00b"}},
    "another access token": {"claims": {"at_hash": "AAAA"}},
    "signed by another key": {"key": FOREIGN},
    "no token": {"token": {"id_token": None}},
    "a token that is none": {"token": {"id_token": "a.b.c"}},
    "a token that is a number": {"token": {"id_token": 3}},
}


@pytest.mark.parametrize("lie", FORGED)
async def test_a_forged_id_token_opens_nothing(client: "Visitor", forger: Forger, lie: str) -> None:
    for name, value in FORGED[lie].items():
        setattr(forger, name, value)

    assert await refused(await arrive(client, forger), 502)


@pytest.mark.parametrize("alg", ["none", "HS256"])
async def test_an_id_token_that_anybody_could_sign_opens_nothing(
    client: "Visitor", forger: Forger, alg: str
) -> None:
    state = await leave(client, forger)
    _header, payload, _signature = forger.id_token().split(".")
    signed = f"{base64_of(json.dumps({'alg': alg, 'kid': 'own'}).encode())}.{payload}"
    public = OWN.as_pem(private=False)
    signature = hmac.digest(public, signed.encode(), "sha256") if alg != "none" else b""
    forger.token = {"id_token": f"{signed}.{base64_of(signature)}"}

    answer = await client.get(BACK, params={"code": "x", "state": state})

    assert await refused(answer, 502)


@pytest.mark.parametrize("seconds", [-40, 40])
async def test_clocks_may_differ_a_little(client: "Visitor", forger: Forger, seconds: int) -> None:
    now = int(time.time()) + seconds
    forger.claims = {"iat": now, "nbf": now, "exp": now + 5}

    assert (await arrive(client, forger)).status_code == 303


async def test_a_key_that_is_new_over_there_is_asked_for(
    client: "Visitor", forger: Forger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "KEYS_AGAIN", 0)
    assert (await arrive(client, forger)).status_code == 303
    client.cookies.clear()
    new = RSAKey.generate_key(2048, {"kid": "new", "alg": "RS256"})
    forger.key, forger.keys = new, [new]

    assert (await arrive(client, forger)).status_code == 303
    assert forger.asked.count(CONFIGURATION) == 1


async def test_unknown_keys_do_not_have_the_keys_asked_for_again_and_again(
    client: "Visitor", forger: Forger
) -> None:
    forger.key = RSAKey.generate_key(2048, {"kid": "unknown"})

    for _ in range(3):
        await arrive(client, forger)

    assert forger.asked.count("/jwks") == 1


@pytest.mark.parametrize("state", ["", "0" * 64, "é"])
async def test_a_wrong_state_opens_nothing_and_leaves_the_real_journey(
    client: "Visitor", forger: Forger, state: str
) -> None:
    real = await leave(client, forger)
    cookie = client.cookies[COOKIE]

    assert await refused(await client.get(BACK, params={"code": "x", "state": state}), 400)
    client.cookies.set(COOKIE, cookie)
    assert (await client.get(BACK, params={"code": "x", "state": real})).status_code == 303


async def test_an_answer_for_another_browser_opens_nothing(
    client: "Visitor", forger: Forger
) -> None:
    state = await leave(client, forger)
    client.cookies.clear()

    assert await refused(await client.get(BACK, params={"code": "x", "state": state}), 400)


async def test_an_answer_opens_one_session(client: "Visitor", forger: Forger) -> None:
    state = await leave(client, forger)
    cookie = client.cookies[COOKIE]
    await client.get(BACK, params={"code": "x", "state": state})
    client.cookies.clear()
    client.cookies.set(COOKIE, cookie)

    again = await client.get(BACK, params={"code": "x", "state": state})

    assert again.status_code == 400
    assert await Session.all().count() == 1


async def test_of_one_answer_many_times_at_once_one_counts(
    client: "Visitor", forger: Forger
) -> None:
    state = await leave(client, forger)

    answers = await asyncio.gather(
        *(client.get(BACK, params={"code": "x", "state": state}) for _ in range(5))
    )

    assert sorted(answer.status_code for answer in answers) == [303, 400, 400, 400, 400]


@pytest.mark.parametrize("named", ["https://mechant.example", ""])
async def test_an_answer_in_the_name_of_another_provider_opens_nothing(
    client: "Visitor", forger: Forger, named: str
) -> None:
    assert await refused(await arrive(client, forger, iss=named), 502)
    assert "/token" not in forger.asked


async def test_a_provider_that_names_itself_must_do_so(client: "Visitor", forger: Forger) -> None:
    forger.description = {"authorization_response_iss_parameter_supported": True}

    assert await refused(await arrive(client, forger), 502)


async def test_a_journey_to_one_provider_does_not_end_at_another(
    client: "Visitor", forger: Forger
) -> None:
    state = await leave(client, forger)

    answer = await client.get(OTHER, params={"code": "x", "state": state})

    assert await refused(answer, 400)
    assert "/token" not in forger.asked


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://mechant.example"},
        {"issuer": None},
        {"token_endpoint": "http://192.168.1.1/token"},
        {"token_endpoint": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": ["http://127.0.0.1/"]},
        {"jwks_uri": "https://user:password@mechant.example/"},
    ],
)
async def test_a_description_that_leads_astray_is_not_followed(
    client: "Visitor", forger: Forger, description: dict[str, Any]
) -> None:
    forger.description = description

    answer = await client.post("/connexion/avec/faux")

    assert await refused(answer, 502)
    assert "refresh" not in answer.headers


@pytest.mark.parametrize("path", [CONFIGURATION, "/jwks", "/token"])
@pytest.mark.parametrize(
    "said",
    [
        PlainTextResponse("<html>", 500),
        PlainTextResponse("<html>"),
        JSONResponse([1]),
        TOO_MUCH,
        ELSEWHERE,
        Response(b"\x1f\x8b", headers={"content-encoding": "gzip"}),
    ],
)
async def test_a_provider_that_is_out_of_order_has_a_kind_page(
    client: "Visitor", forger: Forger, path: str, said: Response
) -> None:
    forger.answers = {path: said}

    if path == CONFIGURATION:
        answer = await client.post("/connexion/avec/faux")
    else:
        answer = await arrive(client, forger)

    assert await refused(answer, 503)
    assert "ne répond pas" in answer.text
    inside = await client.post(
        "/connexion", data={"email": EMAIL, "password": "lune pain vélo orage"}
    )
    assert inside.status_code == 303


async def test_a_provider_that_never_ends_does_not_hold_the_visitor(
    client: "Visitor", forger: Forger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "SECONDS", 0.3)
    forger.delay = 2

    started = time.perf_counter()
    answer = await client.post("/connexion/avec/faux")

    assert await refused(answer, 503)
    assert time.perf_counter() - started < 1.5


async def test_a_refused_code_is_not_ours_to_repair(client: "Visitor", forger: Forger) -> None:
    forger.answers = {"/token": JSONResponse({"error": "invalid_grant"}, 400)}

    assert await refused(await arrive(client, forger), 502)


@pytest.mark.parametrize(
    ("error", "status"),
    [("access_denied", 403), ("server_error", 503), ("<b>x</b>" * 99, 502)],
)
async def test_a_provider_that_says_no_is_understood(
    client: "Visitor", forger: Forger, error: str, status: int
) -> None:
    answer = await arrive(client, forger, error=error)

    assert await refused(answer, status)
    assert "<b>" not in answer.text


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"sub": "somebody", "email": EMAIL, "email_verified": True}, 303),
        ({"sub": "somebody", "email": EMAIL, "email_verified": "true"}, 303),
        ({"sub": "somebody", "email": EMAIL, "email_verified": False}, 403),
        ({"sub": "somebody", "email": EMAIL}, 403),
        ({"sub": "somebody", "email": ["anna@exemple.fr"], "email_verified": True}, 403),
        ({"sub": "somebody", "email": f"{EMAIL}\r\nBcc: x@y.fr", "email_verified": True}, 403),
        ({"sub": "another", "email": EMAIL, "email_verified": True}, 502),
        ({"email": EMAIL, "email_verified": True}, 502),
    ],
)
async def test_claims_of_userinfo_are_those_of_the_same_person(
    client: "Visitor", forger: Forger, said: dict[str, Any], status: int
) -> None:
    forger.claims = {"email": None, "email_verified": None}
    forger.userinfo = said

    assert (await arrive(client, forger)).status_code == status


@pytest.mark.parametrize(
    ("key", "more", "status"),
    [
        (OWN, {}, 303),
        (OWN, {"aud": "them"}, 502),
        (OWN, {"iss": "https://mechant.example"}, 502),
        (OWN, {"exp": NOW - 300}, 502),
        (FOREIGN, {}, 502),
    ],
)
async def test_signed_userinfo_is_checked(
    client: "Visitor", forger: Forger, key: RSAKey, more: dict[str, Any], status: int
) -> None:
    forger.claims = {"email": None, "email_verified": None}
    said = {"sub": "somebody", "email": EMAIL, "email_verified": True, "aud": "us", **more}
    forger.userinfo = jwt.encode({"alg": "RS256", "kid": "own"}, said, key)

    assert (await arrive(client, forger)).status_code == status


async def test_an_address_may_be_trusted_by_setting_unless_it_is_said_to_be_unchecked(
    forger: Forger, settings: Settings
) -> None:
    [provider, _other] = settings.oidc_providers
    trusting = provider.model_copy(update={"trust_email": True})
    said = {"sub": "x", "email": EMAIL}

    assert not protocol._identity(provider, said, "").email_verified
    assert protocol._identity(trusting, said, "").email_verified
    assert not protocol._identity(trusting, said | {"email_verified": False}, "").email_verified


@pytest.mark.parametrize("path", ["/connexion/avec/inconnu", "/compte/avec/inconnu"])
async def test_an_unknown_provider_is_nothing(client: "Visitor", path: str) -> None:
    assert (await client.post(path)).status_code in {403, 404}
    assert (await client.get("/connexion/avec/inconnu/retour")).status_code == 404


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"": "A-b"}, "PALABRE_OIDC_PROVIDERS"),
        ({"": "a,a"}, "PALABRE_OIDC_PROVIDERS"),
        ({"": "a"}, "PALABRE_OIDC_A_ISSUER"),
        ({"": "a", "A_ISSUER": "http://idp.example"}, "PALABRE_OIDC_A_ISSUER"),
        ({"": "a", "A_ISSUER": "https://a:b@idp.example"}, "PALABRE_OIDC_A_ISSUER"),
        ({"": "a", "A_ISSUER": "https://idp.example"}, "PALABRE_OIDC_A_CLIENT_ID"),
        (
            {
                "": "a,b",
                "A_ISSUER": "https://idp.example",
                "A_CLIENT_ID": "x",
                "B_ISSUER": "https://idp.example",
                "B_CLIENT_ID": "y",
            },
            "PALABRE_OIDC_B_ISSUER",
        ),
    ],
)
def test_settings_that_cannot_work_are_named(variables: dict[str, str], named: str) -> None:
    environment = {
        f"PALABRE_OIDC_{name or 'PROVIDERS'}": value for name, value in variables.items()
    }

    with pytest.raises(Refused, match=named):
        from_environment(environment)


def test_the_secret_is_not_in_what_settings_show(settings: Settings) -> None:
    shown = from_environment(
        {
            "PALABRE_OIDC_PROVIDERS": "a",
            "PALABRE_OIDC_A_ISSUER": "https://idp.example",
            "PALABRE_OIDC_A_CLIENT_ID": "us",
            "PALABRE_OIDC_A_CLIENT_SECRET": "hush-hush",
        }
    )

    assert "hush-hush" not in repr(shown) + str(shown)
