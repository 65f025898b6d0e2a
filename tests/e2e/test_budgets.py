"""The bytes of the first screens, as Caddy really sends them to a browser that takes gzip."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.e2e.browsers import Browsers
from tests.e2e.house import House
from tests.e2e.steps import sign_in_console, sign_in_field

pytestmark = pytest.mark.e2e

KB = 1000


def sent(address: str) -> int:
    """The bytes of the body that crosses the wire for an address, compressed with gzip."""
    request = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        body = answer.read()
        assert answer.headers["Content-Encoding"] == "gzip" or len(body) < 512, f"{address} is not compressed"
        return len(body)


def loaded(page: Page, address: str) -> dict[str, list[str]]:
    """The addresses of scripts and styles a page loads until the network is idle, without any interaction."""
    found: dict[str, list[str]] = {"Script": [], "Stylesheet": []}
    devtools = page.context.new_cdp_session(page)
    devtools.on(
        "Network.responseReceived",
        lambda event: found[event["type"]].append(event["response"]["url"]) if event["type"] in found else None,
    )
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    # Fetched by the worker for later, they are not of the first screen; the worker has a budget of its own.
    devtools.send("Network.setBypassServiceWorker", {"bypass": True})
    page.goto(address, wait_until="networkidle")
    return {kind: sorted(set(addresses)) for kind, addresses in found.items()}


def weigh(addresses: list[str]) -> float:
    """Kilobytes of all of them."""
    assert addresses
    return sum(map(sent, addresses)) / KB


def nobody(_page: Page, _house: House) -> None:
    """Stay outside."""


def a_worker(page: Page, house: House) -> None:
    """Sign in at the field door."""
    sign_in_field(page, house, "grid_worker")


def the_desk(page: Page, house: House) -> None:
    """Sign in at the console."""
    sign_in_console(page, house)


# Kilobytes.
@pytest.mark.parametrize(
    ("path", "who", "scripts", "styles"),
    [
        ("/", nobody, 45, 8),
        ("/field", a_worker, 45, 8),
        ("/field", nobody, 45, 8),
        ("/console", the_desk, 330, None),
    ],
    ids=["resident", "field", "field-login", "console"],
)
def test_first_screens_keep_to_their_bytes(
    house: House,
    browsers: Browsers,
    path: str,
    who: Callable[[Page, House], None],
    scripts: float,
    styles: float | None,
) -> None:
    page = browsers.desk() if path == "/console" else browsers.phone()
    who(page, house)
    page.goto("about:blank")
    files = loaded(page, house.address + path)
    assert weigh(files["Script"]) <= scripts, files["Script"]
    if styles:
        assert weigh(files["Stylesheet"]) <= styles, files["Stylesheet"]


def test_service_worker_keeps_to_its_bytes(house: House) -> None:
    assert sent(f"{house.address}/sw.js") <= 8 * KB


def test_map_of_the_console_keeps_to_its_bytes(house: House, browsers: Browsers) -> None:
    page = browsers.desk()
    sign_in_console(page, house)
    page.goto("about:blank")
    files = loaded(page, f"{house.address}/console")["Script"]
    page_itself = urllib.request.urlopen(f"{house.address}/console").read().decode()
    # What the page names is the frame and the queue; the map comes after it, when it is wanted.
    named = {house.address + found for found in re.findall(r'(?:src|href)="([^"]+\.js)"', page_itself)}
    assert named & set(files)
    assert weigh([address for address in files if address not in named]) <= 120
