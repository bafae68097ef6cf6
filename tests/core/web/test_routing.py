"""Routes are data, each behind its permission; answers carry the headers that keep people safe."""

import re
from typing import TYPE_CHECKING

import pytest
from starlette.responses import PlainTextResponse

from palabre.app import PAGES
from palabre.people.models import Session
from palabre.people.permissions import ANONYMOUS
from palabre.web.routing import Page, admits, known_permission
from palabre.web.security import HSTS, SecurityHeaders

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from palabre.testing import LogIn, Visitor

# What a reader without an account may open. A new public page is a decision: write it here.
PUBLIC_PATHS = {
    "/",
    "/abonnement",
    "/accessibilite",
    "/agenda",
    "/agenda/mois",
    "/agenda/mois/{month}",
    "/agenda/semaine",
    "/agenda/semaine/{week}",
    "/api/v1/",
    "/api/v1/events",
    "/connexion",
    "/connexion/cle",
    "/connexion/cle/question",
    "/connexion/etape",
    "/connexion/etape/cle",
    "/connexion/avec/{provider}",
    "/connexion/avec/{provider}/retour",
    "/connexion/lien",
    "/connexion/lien/{token}",
    "/deconnexion",
    "/donnees-personnelles",
    "/evenements/{slug}",
    "/healthz",
    "/inscription",
    "/inscription/{token}",
    "/invitation/{token}",
    "/lieux/{slug}",
    "/mentions-legales",
    "/mot-de-passe-oublie",
    "/mot-de-passe/{token}",
    "/organisations",
    "/organisations/{slug}",
    "/robots.txt",
    "/travaux/{job}",
}


def test_the_public_pages_are_exactly_these() -> None:
    assert {page.path for page in PAGES if admits(ANONYMOUS, page.permission)} == PUBLIC_PATHS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_every_page_names_a_permission_that_exists(page: Page) -> None:
    assert known_permission(page.permission)


async def test_every_page_that_is_not_public_turns_strangers_away(client: "Visitor") -> None:
    for page in PAGES:
        if page.path in PUBLIC_PATHS:
            continue
        path = re.sub(r"{\w+}", "1", page.path)
        for method in page.methods:
            answer = await client.request(method, path)
            assert answer.status_code in {303, 403}, (method, path)
            if answer.status_code == 303:
                assert answer.headers["location"].startswith("/connexion?next=")


async def test_a_page_answers_only_the_methods_it_names(client: "Visitor") -> None:
    answer = await client.delete("/agenda")

    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("path", ["/agenda", "/rien", "/connexion", "/healthz", "/api/v1/"])
async def test_every_answer_is_kept_safe(client: "Visitor", path: str) -> None:
    headers = (await client.get(path)).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "set-cookie" not in headers


@pytest.mark.parametrize(("secure", "expected"), [(True, HSTS), (False, None)])
async def test_https_sites_insist_on_https(*, secure: bool, expected: str | None) -> None:
    sent: list[Message] = []

    async def app(scope: "Scope", receive: "Receive", send: "Send") -> None:
        await PlainTextResponse("bonjour")(scope, receive, send)

    async def send(message: "Message") -> None:
        sent.append(message)

    async def receive() -> "Message":
        return {"type": "http.request"}

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    await SecurityHeaders(app, secure=secure)(scope, receive, send)

    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    assert headers.get("strict-transport-security") == expected


async def test_a_body_beyond_the_limit_is_refused_in_words(login: "LogIn") -> None:
    member = await login("editor")

    answer = await member.submit("/deconnexion", {"x": "a" * 400_000})
    assert await Session.all().count() == 1

    assert answer.status_code == 413
    assert "volumineux" in answer.text


async def test_errors_are_pages_for_people_and_problems_for_programs(client: "Visitor") -> None:
    page = await client.get("/rien")
    problem = await client.get("/api/v1/rien")

    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert (problem.status_code, problem.headers["content-type"]) == (
        404,
        "application/problem+json",
    )
    assert problem.json()["status"] == 404


async def test_robots_may_read_feeds(client: "Visitor") -> None:
    text = (await client.get("/robots.txt")).text

    assert "Disallow: /agenda" not in text
    assert "Allow: /" in text
