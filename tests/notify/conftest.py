"""A push service that runs for all tests of notify."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from push_service import PushService

from gezhi.config import settings


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
