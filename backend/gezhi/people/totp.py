"""One-time codes of an authenticator (RFC 6238): six digits every 30 seconds, each good once."""

from __future__ import annotations

import hmac
import os
import time
import uuid
from dataclasses import dataclass

import pyotp
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gezhi.http.keys import key

STEP = 30
_NONCE = 12


@dataclass(frozen=True)
class Enrolment:
    """A new secret: what the database keeps, and the address that authenticator apps read from a QR code."""

    sealed: bytes
    uri: str


def seal(secret: str, user_id: uuid.UUID) -> bytes:
    """The secret under AES-256-GCM, bound to its user: copied into another row it opens nothing."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key("totp")).encrypt(nonce, secret.encode(), user_id.bytes)


def unseal(sealed: bytes, user_id: uuid.UUID) -> str:
    """The secret; raises cryptography's InvalidTag when the row or the key is not the one it was sealed with."""
    return AESGCM(key("totp")).decrypt(sealed[:_NONCE], sealed[_NONCE:], user_id.bytes).decode()


def enrol(user_id: uuid.UUID, account: str) -> Enrolment:
    """A fresh secret for a user."""
    secret = pyotp.random_base32()
    uri = pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name="Gezhi 格治")
    return Enrolment(seal(secret, user_id), uri)


def step_of(secret: str, code: str, now: float | None = None) -> int | None:
    """The 30-second step `code` belongs to, looking one step back and ahead for slow clocks; None when it is wrong."""
    if len(code) != 6 or not (code.isascii() and code.isdigit()):
        return None
    current = int((time.time() if now is None else now) // STEP)
    generator = pyotp.HOTP(secret)
    found = None
    for step in (current - 1, current, current + 1):  # always all three: the time taken tells nothing
        if hmac.compare_digest(generator.at(step), code):
            found = step
    return found
