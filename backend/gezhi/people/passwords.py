"""Passwords: argon2id, a lock in the database after ten wrong tries, the same work for accounts that do not exist."""

from __future__ import annotations

from functools import lru_cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

# RFC 9106 section 4, second choice: 64 MiB, three passes. Two at a time, so that a flood of sign-ins cannot take the
# machine's memory.
_HASHER = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=4)
_TURN = BoundedSemaphore(2)


def hash_password(password: str) -> str:
    """The argon2id hash to keep."""
    with _TURN:
        return _HASHER.hash(password)


@lru_cache(maxsize=1)
def _nobody() -> str:
    return hash_password("an account that does not exist")


def verify(kept: str | None, password: str) -> bool:
    """Whether the password is the one hashed in `kept`. The work is the same when nothing is kept."""
    known = kept or _nobody()
    with _TURN:
        try:
            matches = _HASHER.verify(known, password)
        except (Argon2Error, InvalidHashError):
            return False
    return matches and kept is not None
