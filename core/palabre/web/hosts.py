"""Which names requests may be addressed to: the site's own, and those of the machine itself.

Nothing of ours is built from the Host header (links come from the configured origin), but caches
and proxies before us, or a plugin, might believe it. What is addressed to somebody else is refused
in words. Feeds are answered before: their bytes are the same whatever they are asked by.
"""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from palabre.i18n import gettext as _
from palabre.settings import Settings

HEALTH = "/healthz"  # asked by machines that know an address, not a name


class TrustedHosts:
    """ASGI middleware: refuses what isn't addressed to this site, with a 400.

    Ports play no part: proxies pass them on or don't. Names of this very machine are taken, for
    a proxy beside us that doesn't pass on the name it was asked by. Without a configured address
    any number is taken as well: a name that was made to lead here (DNS rebinding) is none.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        own = (settings.origin, *(f"//{name}" for name in settings.trusted_host_names))
        self.names = frozenset(urlsplit(name).hostname or "" for name in own) | {"localhost"}
        self.numbers = not settings.base_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer through the wrapped application, or refuse."""
        if scope["type"] != "http" or scope["path"] == HEALTH or self._ours(scope["headers"]):
            await self.app(scope, receive, send)
            return
        message = _(
            "Ce site ne répond pas à ce nom. Si vous l’administrez : PALABRE_BASE_URL dit son adresse,"
            " PALABRE_TRUSTED_HOSTS les autres, et le serveur placé devant transmet l’en-tête Host."
        )
        await PlainTextResponse(message + "\n", 400)(scope, receive, send)

    def _ours(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        said = [value for name, value in headers if name == b"host"]
        if len(said) != 1:
            return False
        try:
            host = urlsplit(f"//{said[0].decode('ascii')}")
            name = (host.hostname or "").rstrip(".")
            _port = host.port  # raises when it is none
        except ValueError:
            return False
        if host.username is not None or host.path or host.query:
            return False
        return name in self.names or self._is_taken_number(name)

    def _is_taken_number(self, name: str) -> bool:
        try:
            return ip_address(name).is_loopback or self.numbers
        except ValueError:
            return False
