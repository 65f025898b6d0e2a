"""A push service that runs for all tests of notify, and a town whose people are told things."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from gezhi.config import settings
from notify.push_service import PushService
from notify.town import Town, build


@pytest.fixture(scope="session")
def push_service() -> Iterator[PushService]:
    service = PushService()
    yield service
    service.stop()


@pytest.fixture
def push_hosts(push_service, monkeypatch) -> Iterator[None]:
    """Lets this installation push to the push service."""
    monkeypatch.setenv("PUSH_HOSTS", push_service.host)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def connection(database) -> Iterator[Connection[Any]]:
    """A connection of the test's own, in autocommit mode."""
    with psycopg.connect(database, autocommit=True) as own:
        yield own


@pytest.fixture
def town(connection) -> Town:
    """The town of tests in this test's database."""
    return build(connection)
