"""A push service that runs for all tests of notify, and a town whose people are told things."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gezhi.config import settings
from tests.notify.push_service import PushService
from tests.notify.town import Town, build, empty


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
def town(conn) -> Town:
    """The town of tests, alone in this module's database."""
    empty(conn)
    return build(conn)
