"""Under which names a server answers: a page whose name was made to lead here (DNS rebinding) knows none of them."""

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Hosts:
    """The names in the header Host that are answered, with any port.

    Attributes:
        names: in lower case.
        addresses: whether any IP address is answered, too. No page is reached by one without being this server's.
    """

    def __init__(self, names: Iterable[str], addresses: bool = False) -> None:
        self.names = frozenset(name.lower().rstrip(".") for name in names)
        self.addresses = addresses

    def __contains__(self, header: object) -> bool:
        name = _name(str(header))
        return name in self.names or (self.addresses and is_address(name))


def hosts_of(listening: str, more: Iterable[str] = ()) -> Hosts:
    """The names of a server which listens at an IP address, and those that it was told."""
    if is_loopback(listening):
        return Hosts({*LOOPBACK, listening, *more})
    if ipaddress.ip_address(listening).is_unspecified:
        return Hosts({"localhost", socket.gethostname(), *more}, addresses=True)
    return Hosts({listening, *more})


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches an IP address."""
    return ipaddress.ip_address(address).is_loopback


def is_address(name: str) -> bool:
    """Whether a host is an IP address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _name(header: str) -> str:
    try:
        return (urlsplit(f"//{header}").hostname or "").rstrip(".")
    except ValueError:
        return ""
