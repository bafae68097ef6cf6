"""Which addresses an import may reach: public ones only, checked when the connection is made.

A name is resolved once, its addresses are judged, and the connection goes to the address that was
judged: no name can point elsewhere between the check and the call. The check is part of every
connection, so a redirect passes it as well.
"""

import asyncio
import socket
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpcore

Address = IPv4Address | IPv6Address
Permitted = Callable[[Address], bool]
# IPv4 inside IPv6 by translation (RFC 6052, RFC 8215): judged by the IPv4 inside.
_TRANSLATED = IPv6Network("64:ff9b::/96")
_LOCAL_TRANSLATED = IPv6Network("64:ff9b:1::/48")


class Forbidden(httpcore.ConnectError):
    """The name leads to no address that an import may reach."""


def is_public(address: Address) -> bool:
    """Whether `address` belongs to the open internet, also inside IPv6's ways to write IPv4."""
    if isinstance(address, IPv6Address):
        inner = _inner(address)
        if inner is not None:
            return is_public(inner)
        if address in _LOCAL_TRANSLATED or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inner(address: IPv6Address) -> IPv4Address | None:
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour


class PinnedBackend(httpcore.AsyncNetworkBackend):
    """Connects to permitted addresses only, each resolved here and now."""

    def __init__(self, permitted: Permitted = is_public) -> None:
        self.permitted = permitted
        self.inner = httpcore.AnyIOBackend()
        self.opened: list[httpcore.AsyncNetworkStream] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve `host`, refuse what isn't permitted, connect to the first address that answers."""
        async with asyncio.timeout(timeout):
            addresses = [a for a in await resolve(host, port) if self.permitted(a)]
            if not addresses:
                raise Forbidden(host)
            failure: Exception = httpcore.ConnectError(host)
            for address in addresses[:4]:
                try:
                    stream = await self.inner.connect_tcp(
                        str(address), port, timeout, local_address, socket_options
                    )
                except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                    failure = error
                else:
                    self.opened.append(stream)
                    return stream
            raise failure

    async def aclose(self) -> None:
        """Close every connection; httpcore forgets one that is given up during its handshake."""
        for stream in self.opened:
            await stream.aclose()


async def resolve(host: str, port: int) -> list[Address]:
    """Return the addresses of `host` in the order to try; also of odd writings such as 2130706433.

    Raises:
        httpcore.ConnectError: the name is unknown.

    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(str(error)) from error
    return list(dict.fromkeys(ip_address(str(info[4][0]).partition("%")[0]) for info in found))
