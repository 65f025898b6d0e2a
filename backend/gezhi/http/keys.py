"""Keys for one purpose each, derived from the installation's secret."""

from __future__ import annotations

from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gezhi.config import settings


@lru_cache(maxsize=32)
def _derive(secret: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=f"gezhi {purpose}".encode()).derive(secret)


def key(purpose: str) -> bytes:
    """The 32-byte key for `purpose` (HKDF-SHA256, RFC 5869), so that no two uses ever share a key."""
    return _derive(settings().secret_key, purpose)
