"""OpenID Connect towards one provider: authorization code with PKCE, nothing else.

The provider's address is the administrator's own setting, so that it may lie in a private network:
unlike an imported calendar's, it isn't held to public addresses. All else is bounded: https only
(or this machine), no redirects, a few seconds, a body of at most MAX_BYTES and never compressed.

Sources: OpenID Connect Core 1.0, Discovery 1.0, RP-Initiated Logout 1.0; RFC 7636 (PKCE), RFC 9207
(issuer in the answer), RFC 9700 (best current practice).
"""

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.claims import JWTClaims
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from palabre.oidc.providers import Provider, safe_address
from palabre.oidc.values import Identity, Secrets, Unreachable, Untrusted

SECONDS = 10  # for one exchange with the provider, all in all
MAX_BYTES = 512 * 1024
KEPT = 3600  # seconds that the provider's description and keys are believed
KEYS_AGAIN = 60  # seconds: an unknown key asks for the keys again, no more often
SKEW = 60  # seconds that two clocks may differ
MAX_SUBJECT = 255  # OpenID Connect Core section 2
# Signed with the provider's own key: "none" and a shared secret are not.
ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the provider says of itself (OpenID Connect Discovery section 3)."""

    authorization: str
    token: str
    keys: str
    userinfo: str | None
    logout: str | None
    posts_secret: bool
    names_itself: bool


class Client:
    """The way to one provider; keeps its description and its keys for an hour."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def authorization_url(self, back: str, secrets: Secrets) -> str:
        """Return where the browser goes to be asked who it is; `back` is where it returns."""
        metadata = await self._described()
        more = {"acr_values": self.provider.acr} if self.provider.acr else {}
        async with self._session(metadata, back) as session:
            url, _state = session.create_authorization_url(
                metadata.authorization,
                state=secrets.state,
                nonce=secrets.nonce,
                code_verifier=secrets.verifier if self.provider.pkce else None,
                **more,
            )
        return str(url)

    async def check_sender(self, issuer: str | None) -> None:
        """Refuse an answer in the name of another provider (RFC 9207 section 2.4)."""
        expected = (await self._described()).names_itself
        if issuer != self.provider.issuer and (issuer is not None or expected):
            raise Untrusted("issuer of the answer")

    async def identify(self, back: str, code: str, secrets: Secrets) -> Identity:
        """Exchange the code and read who this is; every claim is checked."""
        metadata = await self._described()
        async with self._session(metadata, back) as session:
            given = {"code_verifier": secrets.verifier} if self.provider.pkce else {}
            token = await _bounded(
                session.fetch_token(
                    metadata.token, grant_type="authorization_code", code=code, **given
                )
            )
            id_token, access_token = token.get("id_token"), token.get("access_token")
            if not isinstance(id_token, str) or not isinstance(access_token, str):
                raise Untrusted("no ID token")
            claims = await self._claims(id_token, access_token, secrets.nonce)
            more = {}
            if metadata.userinfo and "email" not in claims:
                more = await self._userinfo(session, metadata.userinfo, claims["sub"])
        return _identity(self.provider, {**more, **claims}, id_token)

    async def logout_url(self, id_token: str, back: str, state: str) -> str | None:
        """Return where the browser signs out there too (RP-Initiated Logout section 2)."""
        target = (await self._described()).logout
        said = {
            "id_token_hint": id_token,
            "client_id": self.provider.client_id,
            "post_logout_redirect_uri": back,
            "state": state,
        }
        return f"{target}{'&' if '?' in target else '?'}{urlencode(said)}" if target else None

    async def _described(self) -> Metadata:
        now = time.monotonic()
        if self._metadata is None or now - self._metadata[0] > KEPT:
            address = self.provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
            self._metadata = now, _metadata(self.provider.issuer, await self._get(address))
        return self._metadata[1]

    async def _key_set(self, *, again: bool) -> KeySet:
        now = time.monotonic()
        if self._keys is None or now - self._keys[0] > (KEYS_AGAIN if again else KEPT):
            found = await self._get((await self._described()).keys)
            try:
                keys = KeySet.import_key_set(found)  # type: ignore[arg-type]  # what is no key set raises
            except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
                raise Unreachable("keys that are none") from error
            self._keys = now, keys
        return self._keys[1]

    async def _claims(self, id_token: str, access_token: str, nonce: str) -> dict[str, Any]:
        signed = await self._verified(id_token)
        options: dict[str, Any] = {
            "iss": {"essential": True, "value": self.provider.issuer},
            "aud": {"essential": True, "value": self.provider.client_id},
        }
        if self.provider.acr:
            options["acr"] = {"essential": True, "values": self.provider.acr.split()}
        known = {"nonce": nonce, "client_id": self.provider.client_id, "access_token": access_token}
        claims = CodeIDToken(signed.claims, signed.header, options, known)
        _validate(claims)
        subject = claims["sub"]
        if not (0 < len(subject) <= MAX_SUBJECT and subject.isascii() and subject.isprintable()):
            raise Untrusted("subject")
        return dict(claims)

    async def _userinfo(
        self, session: AsyncOAuth2Client, address: str, subject: str
    ) -> dict[str, Any]:
        """Ask for the rest of the claims, as JSON or signed (Core section 5.3)."""
        answer = await _bounded(session.get(address))
        if answer.status_code != 200:
            raise Unreachable(f"userinfo answers {answer.status_code}")
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/jwt":
            signed = await self._verified(answer.text.strip())
            expected: dict[str, Any] = {
                "iss": {"value": self.provider.issuer},
                "aud": {"value": self.provider.client_id},
            }
            claims = JWTClaims(signed.claims, signed.header, expected)
            _validate(claims)
            said = dict(claims)
        else:
            said = _object(answer.content)
        if said.get("sub") != subject:
            raise Untrusted("userinfo of somebody else")
        return said

    async def _verified(self, token: str) -> jwt.Token:
        """Return the token when the provider signed it; a key not known yet is asked for."""
        for again in (False, True):
            keys = await self._key_set(again=again)
            try:
                return jwt.decode(token, keys, algorithms=ALGORITHMS)
            except (JoseError, ValueError, TypeError) as error:
                failure = error
        raise Untrusted(f"signature: {type(failure).__name__}") from failure

    async def _get(self, address: str) -> dict[str, Any]:
        async with httpx2.AsyncClient(transport=_Transport(), headers=_PLAIN) as session:
            answer = await _bounded(session.get(address))
        if answer.status_code != 200:
            raise Unreachable(f"{answer.status_code} instead of its description")
        return _object(answer.content)

    def _session(self, metadata: Metadata, back: str) -> AsyncOAuth2Client:
        secret = self.provider.client_secret
        method = "client_secret_post" if metadata.posts_secret else "client_secret_basic"
        return AsyncOAuth2Client(
            self.provider.client_id,
            secret.get_secret_value() if secret else None,
            token_endpoint_auth_method=method if secret else "none",
            scope=self.provider.scopes,
            redirect_uri=back,
            code_challenge_method="S256",
            transport=_Transport(),
            headers=_PLAIN,
        )


_PLAIN = {"accept-encoding": "identity", "user-agent": "Palabre (OpenID Connect)"}


class _Transport(httpx2.AsyncBaseTransport):
    """Reads answers up to MAX_BYTES; proxies of the environment play no part."""

    def __init__(self) -> None:
        self.inner = httpx2.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self.inner.handle_async_request(request)
        body = bytearray()
        try:
            if answer.headers.get("content-encoding", "identity") != "identity":
                raise Unreachable("compressed, which nobody asked for")
            async for piece in answer.aiter_raw():
                body += piece
                if len(body) > MAX_BYTES:
                    raise Unreachable("too much to read")
        finally:
            await answer.aclose()
        return httpx2.Response(answer.status_code, headers=answer.headers, content=bytes(body))

    async def aclose(self) -> None:
        await self.inner.aclose()


async def _bounded(asking: Any) -> Any:  # noqa: ANN401  authlib has no types
    """Wait for an exchange with the provider, for SECONDS; its failures become our own."""
    try:
        async with asyncio.timeout(SECONDS):
            return await asking
    except AuthlibBaseError as error:  # a code that is used, expired or somebody else's, too
        raise Untrusted(f"token endpoint: {error.error}") from error
    except (TimeoutError, httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
        raise Unreachable(type(error).__name__) from error


def _validate(claims: JWTClaims) -> None:
    try:
        claims.validate(leeway=SKEW)
    except JoseError as error:
        raise Untrusted(f"claims: {error.error} {getattr(error, 'claim', '')}".strip()) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise Untrusted("claims") from error


def _metadata(issuer: str, said: dict[str, Any]) -> Metadata:
    """Read the description; endpoints are believed when they are as safe as the issuer."""
    if said.get("issuer") != issuer:
        raise Untrusted("issuer of the description")
    here = issuer.startswith("http:")
    found: dict[str, str | None] = {}
    for name in _ENDPOINTS:
        value = said.get(name)
        found[name] = value if isinstance(value, str) else None
        if value is not None and not (found[name] and safe_address(value, here=here)):
            raise Untrusted(name)
    methods = said.get("token_endpoint_auth_methods_supported")
    needed = [found[name] for name in _ENDPOINTS[:3]]
    authorization, token, keys = needed
    if not (authorization and token and keys):
        raise Unreachable("an incomplete description")
    return Metadata(
        authorization,
        token,
        keys,
        found["userinfo_endpoint"],
        found["end_session_endpoint"],
        posts_secret=isinstance(methods, list) and "client_secret_post" in methods,
        names_itself=said.get("authorization_response_iss_parameter_supported") is True,
    )


_ENDPOINTS = (
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "userinfo_endpoint",
    "end_session_endpoint",
)


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError as error:
        raise Unreachable("no JSON") from error
    if not isinstance(said, dict):
        raise Unreachable("no JSON object")
    return said


def _identity(provider: Provider, claims: dict[str, Any], id_token: str) -> Identity:
    """Read an identity; ProConnect's family name is `usual_name`."""

    def text(*names: str) -> str:
        said = (claims.get(name) for name in names)
        return next((value for value in said if isinstance(value, str) and value.strip()), "")

    checked = claims.get("email_verified")
    full = f"{text('given_name')} {text('usual_name', 'family_name')}".strip()
    return Identity(
        provider.issuer,
        claims["sub"],
        text("email"),
        checked in (True, "true") or (provider.trust_email and checked is None),
        full or text("name"),
        id_token,
    )
