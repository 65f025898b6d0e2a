"""The town, made once for each module that asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from tests.cases.conftest import desk, enter, grids  # noqa: F401
from tests.scopes.town import Town, build


@pytest.fixture(scope="module")
def once() -> dict[str, Town]:
    return {}


@pytest.fixture
def town(
    once: dict[str, Town],
    app: Any,
    conn: psycopg.Connection[Any],
    enter: Callable[..., Any],  # noqa: F811
    desk: Any,  # noqa: F811
    grids: Iterator[Any],  # noqa: F811
) -> Town:
    """Made by the first test that asks."""
    if not once:
        once["town"] = build(app, conn, next(grids), lambda code: enter("grid_worker", code), desk)
    return once["town"]
