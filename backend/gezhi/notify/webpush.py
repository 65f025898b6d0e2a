"""Sending one Web Push message (RFC 8030, 8291, 8292).

The package `webpush` encrypts; around it stands what it leaves out or gets wrong in 1.0.6: the port in the VAPID
audience, TTL 0, the size limit, Urgency and Topic, and a token signed anew for each message.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

import aiohttp
import jwt
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from webpush import WebPush
from webpush.types import WebPushKeys, WebPushSubscription

from gezhi.config import settings
from gezhi.notify import keys
from gezhi.notify.endpoints import Forbidden, PublicOnly, origin

MAX_PLAIN = 3993  # bytes: 4,096 (RFC 8030, section 7.2) less header 86, tag 16, delimiter 1
TOKEN_LIFE = 12 * 3600  # seconds; 24 hours at most (RFC 8292, section 2)
TOKEN_SPARE = 600  # seconds before its end a token is replaced
TIMEOUT = aiohttp.ClientTimeout(total=15, connect=5)
LATER = 60  # seconds, when the push service does not say
LATEST = 3600  # seconds: no push service makes us wait longer than this

Outcome = Literal["sent", "gone", "later", "bad"]
Urgency = Literal["very-low", "low", "normal", "high"]


class TooLong(ValueError):
    """A message that push services need not take."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes: a browser's subscription."""

    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a message.

    sent; gone: forget the subscription; later: try again after so many seconds; bad: our fault, never again.
    """

    outcome: Outcome
    status: int = 0
    retry_after: int = 0


class _Tokens:
    """The tokens of this process (RFC 8292): one for each push service, kept for most of its life."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, float]] = {}

    def header(self, audience: str) -> str:
        """The Authorization header for the push service at this origin."""
        header, until = self._kept.get(audience, ("", 0.0))
        now = int(time.time())
        if until - now < TOKEN_SPARE:
            until = now + TOKEN_LIFE
            claims = {"aud": audience, "exp": until, "sub": settings().push_subject}
            token = jwt.encode(claims, keys.private_key(), algorithm="ES256")
            header = f"vapid t={token}, k={keys.public_key()}"
            self._kept[audience] = header, until
        return header


class _Unsigned:
    """In the place of the package's own signing, which would sign each message, for an audience without its port."""

    def get_authorization_header(self, **_: object) -> str:
        """Nothing: the header comes from _Tokens."""
        return ""


def _encryptor() -> WebPush:
    key = keys.private_key()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    made = WebPush(private, public, subscriber="unused")
    made.vapid = _Unsigned()
    return made


def _wait(header: str | None) -> int:
    """Seconds of a Retry-After header, which holds seconds or a date (RFC 9110, section 10.2.3)."""
    if not header:
        return LATER
    try:
        seconds = int(header)
    except ValueError:
        try:
            seconds = int((parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
        except (TypeError, ValueError):
            return LATER
    return min(max(seconds, 1), LATEST)


def _read(status: int, retry_after: str | None) -> Answer:
    if status in (200, 201, 202, 204):
        return Answer("sent", status)
    if status in (404, 410):
        return Answer("gone", status)
    if status == 429 or status >= 500:
        return Answer("later", status, _wait(retry_after))
    return Answer("bad", status)


class Sender:
    """Sends messages over one set of kept connections. Belongs to one event loop; `async with` closes it."""

    def __init__(self) -> None:
        self._encryptor = _encryptor()
        self._tokens = _Tokens()
        connector = aiohttp.TCPConnector(resolver=PublicOnly(), limit=200, limit_per_host=100, ttl_dns_cache=300)
        self._http = aiohttp.ClientSession(connector=connector, timeout=TIMEOUT, cookie_jar=aiohttp.DummyCookieJar())

    async def __aenter__(self) -> Sender:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def send(
        self, to: Address, message: bytes, *, ttl: int, urgency: Urgency = "normal", topic: str | None = None
    ) -> Answer:
        """Send `message` (at most 3,993 bytes), to be kept by the push service for `ttl` seconds.

        A later message of the same `topic` (at most 32 base64url characters) replaces one not yet delivered.
        Raises TooLong. An endpoint that is not allowed is `gone`: no answer will ever come from it.
        """
        if len(message) > MAX_PLAIN:
            raise TooLong(f"{len(message)} bytes are over {MAX_PLAIN}")
        try:
            headers, body = self._seal(to, message)
        except Forbidden:
            return Answer("gone")
        except ValueError:  # keys that are no keys
            return Answer("bad")
        headers |= {"TTL": str(ttl), "Urgency": urgency} | ({"Topic": topic} if topic else {})
        try:
            async with self._http.post(to.endpoint, data=body, headers=headers, allow_redirects=False) as response:
                return _read(response.status, response.headers.get("Retry-After"))
        except (TimeoutError, aiohttp.ClientError, OSError):
            return Answer("later", 0, LATER)

    def _seal(self, to: Address, message: bytes) -> tuple[dict[str, str], bytes]:
        """Headers and the encrypted body; raises Forbidden, and ValueError for keys that are none."""
        headers = {
            "Authorization": self._tokens.header(origin(to.endpoint)),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
        }
        browser = WebPushSubscription.model_construct(
            endpoint=to.endpoint, keys=WebPushKeys.model_construct(p256dh=to.p256dh, auth=to.auth)
        )
        return headers, self._encryptor.get(message, browser).encrypted
