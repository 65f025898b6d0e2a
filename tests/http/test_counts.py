"""Counts of the rate limits in memory: right, small, and without threads of their own."""

from __future__ import annotations

import threading
import time

from limits import parse
from limits.strategies import FixedWindowRateLimiter

from gezhi.http.counts import FEW, WindowCounts


def test_a_window_counts_to_its_limit_and_opens_again_when_it_is_over() -> None:
    limiter = FixedWindowRateLimiter(WindowCounts())
    rate = parse("2 per 1 second")
    assert [limiter.hit(rate, "reports", "phone") for _ in range(3)] == [True, True, False]
    assert limiter.hit(rate, "reports", "another phone")
    over_at = limiter.get_window_stats(rate, "reports", "phone").reset_time
    assert 0 < over_at - time.time() <= 1
    time.sleep(1.05)
    assert not limiter.get_window_stats(rate, "reports", "phone").remaining < 2
    assert limiter.hit(rate, "reports", "phone")


def test_keys_whose_window_is_over_are_let_go() -> None:
    counts = WindowCounts()
    for phone in range(FEW):
        counts.incr(f"old {phone}", 0)
    counts.incr("one more", 60)
    assert counts.reset() == 1


def test_many_phones_start_no_threads() -> None:
    before = threading.active_count()
    counts = WindowCounts()
    for phone in range(5000):
        counts.incr(f"phone {phone}", 60)
    time.sleep(0.05)
    assert threading.active_count() == before
    assert counts.get("phone 4999") == 1


def test_threads_that_count_at_once_lose_nothing() -> None:
    counts = WindowCounts()
    threads = [threading.Thread(target=lambda: [counts.incr("all", 60) for _ in range(2000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts.get("all") == 8000
    counts.clear("all")
    assert counts.get("all") == 0
