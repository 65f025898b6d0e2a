"""The installation's VAPID key pair (RFC 8292): by it a push service knows who sends.

Browsers bind a subscription to the public key, so a new pair ends every subscription: it is made once and kept.
"""

from __future__ import annotations

import base64
import contextlib
import os
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from gezhi.config import settings

CURVE = ec.SECP256R1()


def base64url(raw: bytes) -> str:
    """Unpadded base64url (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """The bytes of base64url text, padded or not; raises ValueError when it is something else."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _from_environment(text: str) -> ec.EllipticCurvePrivateKey:
    """A private key as one line: its 32 bytes in base64url, as the usual VAPID tools print it."""
    try:
        raw = from_base64url(text)
    except ValueError as error:
        raise ValueError("VAPID_PRIVATE_KEY is not base64url.") from error
    if len(raw) != 32:
        raise ValueError(f"VAPID_PRIVATE_KEY must hold 32 bytes, but holds {len(raw)}.")
    return ec.derive_private_key(int.from_bytes(raw), CURVE)


def _kept(file: Path) -> ec.EllipticCurvePrivateKey:
    """The pair in `file`, made on first use and readable by its owner only."""
    if not file.exists():
        pem = ec.generate_private_key(CURVE).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_bytes(pem)
        with contextlib.suppress(FileExistsError):  # another process of the same start was first
            os.link(draft, file)
        draft.unlink()
    key = load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != CURVE.name:
        raise ValueError(f"{file} does not hold a P-256 key.")
    return key


@lru_cache(maxsize=1)
def private_key() -> ec.EllipticCurvePrivateKey:
    """The key that signs, from `VAPID_PRIVATE_KEY` or else from `GEZHI_VAR/vapid.pem`."""
    given = os.environ.get("VAPID_PRIVATE_KEY")
    return _from_environment(given) if given else _kept(settings().var / "vapid.pem")


def public_point() -> bytes:
    """The public key as an uncompressed point, 65 bytes."""
    return private_key().public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def public_key() -> str:
    """The public key as browsers take it in `applicationServerKey`: base64url of the uncompressed point."""
    return base64url(public_point())
