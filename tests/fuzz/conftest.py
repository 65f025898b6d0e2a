"""One web server for each module of these tests, and everybody at its doors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from gezhi.http.openapi import document
from tests.contract.wire import Processes, running
from tests.contract.world import SENDING, Sent, World


@pytest.fixture(scope="module")
def processes(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    with running(tmp_path_factory.mktemp("fuzz"), Processes) as started:
        yield started


@pytest.fixture(scope="module")
def world(processes: Processes, database: str) -> Iterator[World]:
    with psycopg.connect(database, autocommit=True) as conn:
        yield World(processes, conn)


@pytest.fixture(scope="module")
def described(app: Any) -> dict[str, Any]:
    """The description of the API."""
    with app.app_context():
        return document()


@pytest.fixture(scope="module")
def sending(world: World) -> dict[str, Sent]:
    """What is sent to each operation that takes JSON; found to be taken, all but the sign-in."""
    made = {name: make(world) for name, make in SENDING.items()}
    return made
