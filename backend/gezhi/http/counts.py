"""Counts of the rate limits in memory, for a single process; several share theirs through RATE_LIMIT_STORAGE."""

from __future__ import annotations

import threading
import time

from limits.storage import Storage

FEW = 1024  # keys that are kept without looking for those whose window is over


class WindowCounts(Storage):
    """A storage of the `limits` library for fixed windows, `windows://`.

    The library's own `memory://` starts a thread every 10 ms that walks all keys: with a key for each phone it took
    most of the interpreter's time (94 reports a second instead of 575). Here the dead keys go when the dictionary has
    doubled, in the request that notices.
    """

    STORAGE_SCHEME = ["windows"]  # noqa: RUF012 - the library declares it so

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **_: float | str | bool) -> None:
        super().__init__(uri, wrap_exceptions)
        self._counts: dict[str, tuple[int, float]] = {}
        self._many = FEW
        self._lock = threading.Lock()

    @property
    def base_exceptions(self) -> type[Exception]:
        """Nothing here fails in a way of its own."""
        return ValueError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count `amount` for a key whose window lasts `expiry` seconds from its first count; the count so far."""
        now = time.time()
        with self._lock:
            count, until = self._counts.get(key, (0, 0.0))
            if until <= now:
                count, until = 0, now + expiry
            self._counts[key] = count + amount, until
            if len(self._counts) > self._many:
                self._counts = {kept: row for kept, row in self._counts.items() if row[1] > now}
                self._many = max(FEW, 2 * len(self._counts))
        return count + amount

    def get(self, key: str) -> int:
        """The count of a key in its window, 0 when that is over."""
        count, until = self._counts.get(key, (0, 0.0))
        return count if until > time.time() else 0

    def get_expiry(self, key: str) -> float:
        """When the key's window ends, seconds since 1970; now when there is none."""
        return self._counts.get(key, (0, time.time()))[1]

    def check(self) -> bool:
        """Memory is always there."""
        return True

    def reset(self) -> int:
        """Forget all counts; how many keys there were."""
        with self._lock:
            forgotten, self._counts = len(self._counts), {}
        return forgotten

    def clear(self, key: str) -> None:
        """Forget one key."""
        with self._lock:
            self._counts.pop(key, None)
