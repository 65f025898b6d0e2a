"""Which addresses may be pushed to.

A subscription's endpoint is written by a browser, so it could be used to reach into our own network.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult

from gezhi.config import settings

MAX_LENGTH = 2048
PRINTABLE = re.compile("[!-~]+")
DEFAULT_PORTS = {"https": 443, "http": 80}


class Forbidden(ValueError):
    """An endpoint that nothing may be sent to."""


def _listed_exactly(host: str, port: int) -> bool:
    """Whether the installation names this very host and port: a push service of its own, perhaps without https."""
    return f"{host}:{port}" in settings().push_hosts


def origin(endpoint: str) -> str:
    """The endpoint's origin (RFC 6454): what a VAPID token is for, port included unless it is the scheme's own.

    Raises Forbidden when the endpoint is not https on a listed host (or a suffix of it), nor on an exactly listed
    `host:port`.
    """
    if len(endpoint) > MAX_LENGTH or not PRINTABLE.fullmatch(endpoint):
        raise Forbidden("not an address")
    try:
        parts = urlsplit(endpoint)
        host, port = (parts.hostname or "").lower(), parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise Forbidden("not an address") from error
    if parts.scheme not in DEFAULT_PORTS or not host or parts.username is not None or parts.fragment:
        raise Forbidden("not an address of a push service")
    if not _listed_exactly(host, port):
        if parts.scheme != "https" or port != 443:
            raise Forbidden("only https")
        if not any(host == suffix or host.endswith("." + suffix) for suffix in settings().push_hosts):
            raise Forbidden("not a known push service")
    if DEFAULT_PORTS[parts.scheme] == port:
        return f"{parts.scheme}://{host}"
    return f"{parts.scheme}://{host}:{port}"


class PublicOnly(AbstractResolver):
    """Resolves a name once, and hands on only public addresses: what was checked is what is connected to."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of `host`; raises OSError when it has none, or none that is public and it is not listed."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        addresses = [
            ResolveResult(hostname=host, host=str(address[0]), port=port, family=kind, proto=proto, flags=0)
            for kind, _, proto, _, address in found
        ]
        if not _listed_exactly(host, port):
            addresses = [a for a in addresses if ipaddress.ip_address(a["host"]).is_global]
        if not addresses:
            raise OSError(None, f"{host} has no public address")
        return addresses

    async def close(self) -> None:
        """Nothing is held."""
