import pytest
from starlette.types import Message, Receive, Scope, Send

from palabre.i18n import language
from palabre.web.language import LanguageMiddleware, addresses, localise, split


@pytest.mark.parametrize(
    ("address", "code", "path"),
    [
        ("/agenda", "fr", "/agenda"),
        ("/en/agenda", "en", "/agenda"),
        ("/en", "en", "/"),
        ("/en/", "en", "/"),
        ("/fr/agenda", "fr", "/fr/agenda"),
        ("/english", "fr", "/english"),
        ("/", "fr", "/"),
    ],
)
def test_the_language_stands_in_the_address(address: str, code: str, path: str) -> None:
    assert split(address) == (code, path)


def test_a_switch_keeps_the_page_and_its_filters() -> None:
    assert addresses("/agenda", "commune=voiron") == {
        "fr": "/agenda?commune=voiron",
        "en": "/en/agenda?commune=voiron",
    }


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("//elsewhere.example/", "/elsewhere.example/"),
        ("/\\elsewhere.example", "/%5Celsewhere.example"),
        ("/a b?c#d", "/a%20b%3Fc%23d"),
        ("/", "/"),
    ],
)
def test_a_switch_never_leads_to_another_host(path: str, address: str) -> None:
    assert addresses(path, "") == {"fr": address, "en": f"/en{address}"}


@pytest.mark.parametrize(
    ("link", "localised"),
    [
        ('<a href="/agenda?prix=gratuit">', '<a href="/en/agenda?prix=gratuit">'),
        ('<a href="/">', '<a href="/en/">'),
        ('<form method="post" action="/connexion">', '<form method="post" action="/en/connexion">'),
        ('<a href="/static/a.css">', '<a href="/static/a.css">'),
        ('<a href="/agenda.ics?prix=gratuit">', '<a href="/agenda.ics?prix=gratuit">'),
        ('<a href="/agenda.ics">', '<a href="/agenda.ics">'),
        ('<a href="/api/v1/events">', '<a href="/api/v1/events">'),
        ('<a href="/en/agenda">', '<a href="/en/agenda">'),
        ('<a href="/entraide">', '<a href="/en/entraide">'),
        ('<a href="//other.example/">', '<a href="//other.example/">'),
        ('<a href="https://other.example/">', '<a href="https://other.example/">'),
        (
            '<a hreflang="fr" lang="fr" href="/agenda">',
            '<a hreflang="fr" lang="fr" href="/agenda">',
        ),
        ('<a href="#contenu">', '<a href="#contenu">'),
    ],
)
def test_links_of_a_page_stay_in_its_language(link: str, localised: str) -> None:
    token = language.set("en")

    try:
        assert localise(link) == localised
    finally:
        language.reset(token)


def test_a_page_in_the_base_language_is_left_alone() -> None:
    assert localise('<a href="/agenda">') == '<a href="/agenda">'


async def ask(path: str, location: str) -> tuple[Scope, str, dict[bytes, bytes]]:
    """Send a request through the middleware; what the inner app saw, and the answer's headers."""
    seen: dict[str, object] = {}
    sent: list[Message] = []

    async def inner(scope: Scope, _receive: Receive, send: Send) -> None:
        seen.update(scope=scope, language=language.get())
        await send(
            {
                "type": "http.response.start",
                "status": 303,
                "headers": [(b"location", location.encode())],
            }
        )

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "path": path, "raw_path": path.encode(), "headers": []}
    await LanguageMiddleware(inner)(scope, receive, send)
    return seen["scope"], str(seen["language"]), dict(sent[0]["headers"])


async def test_the_inside_of_the_site_sees_no_prefix() -> None:
    scope, code, _headers = await ask("/en/agenda", "/")

    assert (scope["path"], scope["raw_path"], code) == ("/agenda", b"/agenda", "en")
    assert language.get() == "fr"


@pytest.mark.parametrize(
    ("location", "mended"),
    [
        ("/mes-evenements", b"/en/mes-evenements"),
        ("/", b"/en/"),
        ("/agenda.ics", b"/agenda.ics"),
        ("//other.example/", b"//other.example/"),
        ("https://other.example/", b"https://other.example/"),
        ("/en/agenda", b"/en/agenda"),
    ],
)
async def test_a_redirect_stays_in_the_language(location: str, mended: bytes) -> None:
    _scope, _code, headers = await ask("/en/connexion", location)

    assert headers == {b"location": mended, b"content-language": b"en"}


async def test_a_redirect_in_the_base_language_is_left_alone() -> None:
    _scope, _code, headers = await ask("/connexion", "/mes-evenements")

    assert headers == {b"location": b"/mes-evenements"}
