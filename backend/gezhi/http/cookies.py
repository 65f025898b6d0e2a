"""The one cookie: which session a browser holds."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from gezhi.config import Settings, settings


@lru_cache(maxsize=8)
def _named(installation: Settings) -> tuple[str, bool]:
    url = urlsplit(installation.public_url)
    if url.scheme == "https":
        return f"__Host-gezhi-{installation.city}-{url.port or 443}", True
    return f"gezhi-{url.port or 80}", False


def cookie() -> tuple[str, bool]:
    """The session cookie's name and whether it is Secure.

    Over https `__Host-` (RFC 6265bis section 4.1.3.2) with city and port, since ports of a host share cookies; on plain
    http://localhost, where `__Host-` is impossible, `gezhi-<port>`.
    """
    return _named(settings())
