"""Signed links: who may see a photo is decided where the link is made (by cases), and holds five minutes at most."""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass

from gezhi.http.keys import key
from gezhi.media.stores import Size

WINDOW = 150
"""Seconds within which a photo has one link; it works until the end of the next window."""


@dataclass(frozen=True)
class Asked:
    """A link as somebody brings it back; `until` in seconds since 1970."""

    sha: str
    size: Size
    until: int
    signature: str


def _signature(city: str, sha: str, size: str, until: int) -> str:
    return hmac.digest(key("media link"), f"{city}/{sha}/{size}/{until}".encode(), "sha256").hex()


def link(city: str, sha: str, size: Size, now: float | None = None) -> str:
    """An address of a photo that works for 150 to 300 seconds; the same within 150, so that browsers can cache it."""
    until = (int(time.time() if now is None else now) // WINDOW + 2) * WINDOW
    return f"/api/v1/media/{sha}?size={size}&until={until}&sig={_signature(city, sha, size, until)}"


def seconds_left(city: str, asked: Asked, now: float | None = None) -> int:
    """How long a link still works; 0 when it is over or was not made by `link`."""
    right = _signature(city, asked.sha, asked.size, asked.until).encode()
    if not hmac.compare_digest(right, asked.signature.encode()):
        return 0
    return max(0, asked.until - int(time.time() if now is None else now))
