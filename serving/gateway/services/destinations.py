"""Where `@rest` may call, when a URL of the schema names an address rather than a service of the server."""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable, Sequence
from typing import TypeAlias
from urllib.parse import urlsplit

import httpx

IP: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

TRANSLATED = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))
"""Addresses which hold others that a gateway makes of them (NAT64, 6to4, Teredo)."""


class NotListedError(httpx.TransportError):
    """A host that may not be called; says the remedy."""


class Destinations:
    """The hosts that may be called: names, addresses, and networks.

    A name may lead to public addresses alone. Private, loopback and link-local ones must be listed themselves.
    """

    def __init__(self, listed: Iterable[str] = ()) -> None:
        """Lists `HOST`, `HOST:PORT`, or a network like `10.0.0.0/8`.

        Raises:
            ValueError: one is none of these.
        """
        self._names: set[tuple[str, int | None]] = set()
        self._networks: list[Network] = []
        for one in listed:
            self._list(one)

    def _list(self, one: str) -> None:
        try:
            self._networks.append(ipaddress.ip_network(one))
        except ValueError:
            parts = urlsplit(f"//{one}")
            if not parts.hostname or parts.path or parts.query or parts.username is not None:
                raise ValueError(f"{one!r} is neither HOST, HOST:PORT nor a network like 10.0.0.0/8") from None
            self._names.add((parts.hostname.rstrip("."), parts.port))

    def lists(self, host: str, port: int | None) -> bool:
        """Whether a host was listed, by its name, its address or its network."""
        host = host.lower().rstrip(".")
        return bool({(host, port), (host, None)} & self._names) or self._in_network(_ip(host))

    def permits(self, address: IP, host: str, port: int | None) -> bool:
        """Whether an address to which a listed host leads may be called."""
        address = getattr(address, "ipv4_mapped", None) or address
        translated = any(address in network for network in TRANSLATED)
        public = address.is_global and not address.is_multicast and not translated
        return public or self._in_network(address) or _ip(host) == address

    def _in_network(self, address: IP | None) -> bool:
        return address is not None and any(address in network for network in self._networks)


def _ip(host: str) -> IP | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


class Outside(httpx.AsyncBaseTransport):
    """Calls hosts that may be called: their addresses are looked up, checked, and called, so that no other is."""

    def __init__(self, inner: httpx.AsyncBaseTransport, destinations: Destinations) -> None:
        self._inner = inner
        self._destinations = destinations

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The response.

        Raises:
            NotListedError: the host, or all its addresses, may not be called.
            httpx.TransportError: there is none.
        """
        host, port = request.url.host, request.url.port
        if not self._destinations.lists(host, port):
            raise NotListedError(f"may not be called: start the server with --rest_host {host}, if it may")
        found = [one for one in await _addresses(host) if self._destinations.permits(one, host, port)]
        if not found:
            raise NotListedError("leads to no address that may be called: list private ones with --rest_host, too")
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=str(found[0]))
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Ends the connections."""
        await self._inner.aclose()


async def _addresses(host: str) -> Sequence[IP]:
    """The addresses of a host."""
    known = _ip(host)
    if known is not None:
        return [known]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpx.ConnectError(f"{host} has no address") from error
    return [ipaddress.ip_address(str(address[0]).partition("%")[0]) for *_, address in found]
