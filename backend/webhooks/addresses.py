"""Where messages may be sent: never to where this server alone could reach.

An address is looked at twice: when it is set up, by its form, and each time before something is
sent, by what its name leads to at that moment. The connection is then made to the very address
that was looked at, since a name may lead elsewhere a moment later (DNS rebinding).
"""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from backend.core.settings import settings
from backend.core.wording import shown
from backend.webhooks.models import URL_LENGTH

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
# Ways to write an IPv4 address in IPv6 that translators take apart again.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_PORTS = {"https": 443, "http": 80}


class Forbidden(ValueError):
    """Nothing may be sent there; says why and what would be right."""


@dataclass(frozen=True)
class Target:
    """Where to connect, and as whom to address it."""

    scheme: str
    host: str
    port: int
    ip: str
    path: str

    @property
    def url(self) -> str:
        """The address with the IP in place of the name."""
        ip = f"[{self.ip}]" if ":" in self.ip else self.ip
        return f"{self.scheme}://{ip}:{self.port}{self.path}"

    @property
    def host_header(self) -> str:
        """What the receiver is called in the request."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def checked_url(url: str) -> str:
    """The address, if its form allows to send there; raises `Forbidden`.

    Outside demo mode that is https to a name or public address, without credentials.
    """
    parts, port = _parts(url)
    if len(url) > URL_LENGTH:
        raise Forbidden(f"The address has more than {URL_LENGTH} characters.")
    if parts.username is not None or parts.password is not None:
        raise Forbidden(
            "An address with a name or password in it ends up in logs. Leave them out: every "
            "message is signed, and that is how the receiver knows us."
        )
    if parts.fragment:
        raise Forbidden("Leave out what follows the #: it is never sent.")
    if not settings().demo_mode:
        if parts.scheme != "https":
            raise Forbidden(f"{shown(url)} is not encrypted. Use an address with https://.")
        host = parts.hostname or ""
        if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
            raise Forbidden(f"{host} is a name inside a network. Use a public one.")
        literal = _literal(host)
        if literal is not None:
            _require_public(literal, host)
    if not 0 < port < 65536:
        raise Forbidden("The port is between 1 and 65535.")
    return url


def _parts(url: str) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError as exc:
        raise Forbidden(f"{shown(url)} is no web address.") from exc
    if parts.scheme not in _PORTS or not parts.hostname or any(c.isspace() for c in url):
        raise Forbidden(f"{shown(url)} is no web address. It looks like https://cases.example/in.")
    return parts, port


def _literal(host: str) -> IpAddress | None:
    """The host as an IP address, also in the old ways that resolvers still take (`127.1`)."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def is_public(address: IpAddress) -> bool:
    """Whether an address lies in the internet, also when it is an IPv4 one in disguise."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if address.teredo is not None:
            return False
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


def _require_public(address: IpAddress, host: str) -> None:
    if not is_public(address):
        raise Forbidden(
            f"{host} leads to {address}, which is not in the internet. Messages go to public "
            "addresses only."
        )


async def target_of(url: str) -> Target:
    """Look up where the address leads now. Raises `Forbidden`, or `OSError` when it leads nowhere.

    One private address among several is refused: which of them is used would be chance.
    """
    parts, port = _parts(checked_url(url))
    host = parts.hostname or ""
    found = await asyncio.get_running_loop().getaddrinfo(
        host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
    )
    addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    if not settings().demo_mode:
        for address in addresses:
            _require_public(address, host)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, str(addresses[0]), path)
