"""People with phones: those of the case machine's tests."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.cases.conftest import (  # noqa: F401
    at,
    case,
    desk,
    enter,
    grid,
    grids,
    hire,
    mate,
    send,
    signed,
    unit,
    worker,
)
from tests.cases.many import crowd, people, statements  # noqa: F401


@pytest.fixture
def settle(conn: Any) -> Callable[[], None]:
    """Waits until all events lie below the horizon, which other work on the same server may hold back for a while."""
    settled = "select coalesce(max(xid), '0') < pg_snapshot_xmin(pg_current_snapshot()) from events"

    def wait() -> None:
        until = time.monotonic() + 60
        while not conn.execute(settled).fetchone()[0]:
            assert time.monotonic() < until, "the horizon stands still"
            time.sleep(0.02)

    return wait
