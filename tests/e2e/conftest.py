"""The whole product, running, with browsers in front of it and a push service behind it."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import expect, sync_playwright

from tests.conftest import ROOT, renamed
from tests.e2e.browsers import PATIENCE, Browsers
from tests.e2e.house import House
from tests.e2e.notifications import Desktop
from tests.notify.push_service import PushService

expect.set_options(timeout=PATIENCE * 1000)


@pytest.fixture(scope="session")
def push() -> Iterator[PushService]:
    """The independent push service."""
    service = PushService()
    yield service
    service.stop()


@pytest.fixture(scope="session")
def house(server: str, template: str, push: PushService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The product on a fresh demo city, started as `scripts/up` starts it; afterwards nothing of it may be left."""
    if not (ROOT / "pwa/dist/sw.js").exists():
        pytest.fail("The pages are not built. Run `npm --prefix pwa run build`, or scripts/test.", pytrace=False)
    name = f"gezhi_e2e_{uuid.uuid4().hex[:12]}"
    var = tmp_path_factory.mktemp("house")
    with psycopg.connect(renamed(server, "postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name} template {template}")
        try:
            running = House(renamed(server, name), var, push)
            try:
                yield running
            finally:
                running.stop()
            assert running.errors() == [], "\n\n".join(running.errors())
        finally:
            admin.execute(f"drop database {name} with (force)")
            shutil.rmtree(var)


@pytest.fixture(scope="session")
def _all_browsers(house: House) -> Iterator[Browsers]:
    with sync_playwright() as playwright:
        browsers = Browsers(playwright, house)
        yield browsers
        browsers.close()


@pytest.fixture
def browsers(_all_browsers: Browsers) -> Iterator[Browsers]:
    """Browsers of this test's people. No page may ask another host or complain on its console."""
    yield _all_browsers
    watch = _all_browsers.watch
    _all_browsers.next_person()
    watch.check()


@pytest.fixture(scope="session")
def desktop() -> Iterator[Desktop]:
    """A desktop on which notifications come up. It outlives all browsers: they end when they lose it."""
    made = Desktop()
    yield made
    made.stop()


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """The folder of a browser that keeps its things."""
    return tmp_path / "profile"
