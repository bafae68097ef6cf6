"""A provider that lies: each of its answers can be forged."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import Key, KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

OWN = RSAKey.generate_key(2048, {"kid": "own", "use": "sig", "alg": "RS256"})
FOREIGN = RSAKey.generate_key(2048, {"kid": "own", "use": "sig", "alg": "RS256"})


@dataclass
class Forger:
    """What it says; a test changes a part of it."""

    issuer: str = ""
    nonce: str = ""
    alg: str = "RS256"
    key: Key = field(default_factory=lambda: OWN)
    keys: list[Key] = field(default_factory=lambda: [OWN])
    claims: dict[str, Any] = field(default_factory=dict)
    description: dict[str, Any] = field(default_factory=dict)
    token: dict[str, Any] = field(default_factory=dict)
    userinfo: Any = None
    answers: dict[str, Response] = field(default_factory=dict)
    delay: float = 0
    asked: list[str] = field(default_factory=list)
    posted: list[dict[str, list[str]]] = field(default_factory=list)

    def app(self) -> Starlette:
        paths = {
            "/.well-known/openid-configuration": self._description,
            "/jwks": self._jwks,
            "/token": self._token,
            "/me": self._me,
        }
        return Starlette(
            routes=[
                Route(path, self._answering(path, said), methods=["GET", "POST"])
                for path, said in paths.items()
            ]
        )

    def _answering(self, path: str, said: Any) -> Any:
        async def endpoint(request: Request) -> Response:
            self.asked.append(path)
            self.posted.append(parse_qs((await request.body()).decode()))
            await asyncio.sleep(self.delay)
            return self.answers.get(path) or said()

        return endpoint

    def _description(self) -> Response:
        said = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/me",
        }
        return JSONResponse(said | self.description)

    def _jwks(self) -> Response:
        return JSONResponse(KeySet(self.keys).as_dict(private=False))

    def id_token(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": "us",
            "sub": "somebody",
            "iat": now,
            "exp": now + 60,
            "nonce": self.nonce,
            "email": "anna@exemple.fr",
            "email_verified": True,
        } | self.claims
        kept = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": self.alg, "kid": self.key.kid or "own"}
        return jwt.encode(header, kept, self.key, algorithms=[self.alg])

    def _token(self) -> Response:
        said = {"access_token": "access", "token_type": "Bearer", "id_token": self.id_token()}
        return JSONResponse(said | self.token)

    def _me(self) -> Response:
        if isinstance(self.userinfo, str):
            return Response(self.userinfo, media_type="application/jwt")
        return JSONResponse(self.userinfo)


TOO_MUCH = PlainTextResponse("x" * 600_000)
ELSEWHERE = RedirectResponse("http://127.0.0.1:1/")
