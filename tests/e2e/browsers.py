"""Browsers for the people of a test: phones and a desk, in the distribution's Chromium."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, CDPSession, Page, Playwright, Request

from tests.e2e.house import House
from tests.e2e.notifications import Desktop, Shown
from tests.e2e.pictures import PLACE
from tests.notify.push_service import Browser as Subscriber

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
]
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
# In grid 360102002001001, where the demo's grid_worker works; accuracy in metres.
HERE: Any = {"longitude": PLACE[0], "latitude": PLACE[1], "accuracy": 12}
OURS = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
PATIENCE = 20.0  # seconds for something to happen on a busy machine

T = TypeVar("T")


def until(page: Page, ready: Callable[[], T], what: str, patience: float = PATIENCE) -> T:
    """The first true answer of `ready()`, while the page goes on."""
    deadline = time.monotonic() + patience
    while True:
        found = ready()
        if found:
            return found
        assert time.monotonic() < deadline, f"not in {patience:g} s: {what}"
        page.wait_for_timeout(50)


class Watch:
    """What no page may do: ask another host for anything, or complain on its console."""

    def __init__(self, house: House) -> None:
        self._host = urlsplit(house.address).netloc
        self._forgiven: list[str] = []
        self.strangers: list[str] = []
        self.complaints: list[str] = []

    def follow(self, context: BrowserContext) -> None:
        """Listen to all pages and workers of a context."""
        context.on("request", self._request)
        context.on("console", lambda message: self._said(message.text) if message.type == "error" else None)
        context.on("weberror", lambda error: self._said(str(error.error)))

    def forgive(self, words: str) -> None:
        """Complaints with these words belong to what the test does to the network."""
        self._forgiven.append(words)

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.netloc != self._host:
            self.strangers.append(request.url)

    def _said(self, text: str) -> None:
        self.complaints.append(text)

    def check(self) -> None:
        """Fail when one of them did."""
        assert self.strangers == []
        assert [text for text in self.complaints if not any(words in text for words in self._forgiven)] == []


class Browsers:
    """Opens a browser for each person; each has storage and cookies of its own."""

    def __init__(self, playwright: Playwright, house: House) -> None:
        self._playwright = playwright
        self._house = house
        self._shared = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        self._contexts: list[BrowserContext] = []
        self.watch = Watch(house)

    def phone(self, **more: Any) -> Page:
        """A phone in its hand's grid, with a camera."""
        return self._open({**PHONE, "geolocation": HERE, "permissions": ["geolocation", "camera"], **more})

    def desk(self, **more: Any) -> Page:
        """A desktop computer."""
        return self._open({**DESK, **more})

    def _open(self, options: dict[str, Any]) -> Page:
        context = self._shared.new_context(**OURS, **options)
        return self._adopt(context).new_page()

    def _adopt(self, context: BrowserContext) -> BrowserContext:
        context.set_default_timeout(PATIENCE * 1000)
        self._contexts.append(context)
        self.watch.follow(context)
        return context

    def phone_with_reminders(self, desktop: Desktop, profile: Path) -> RemindedPhone:
        """A phone whose notifications come up on `desktop`. Only a browser with a profile shows any."""
        context = self._playwright.chromium.launch_persistent_context(
            str(profile),
            executable_path=CHROMIUM,
            args=FLAGS,
            env={**os.environ, "DBUS_SESSION_BUS_ADDRESS": desktop.address},
            geolocation=HERE,
            **OURS,
            **PHONE,
        )
        return RemindedPhone(self._adopt(context), self._house, desktop)

    def next_person(self) -> None:
        """Close what the last test opened."""
        for context in self._contexts:
            context.close()
        self._contexts.clear()
        self.watch = Watch(self._house)

    def close(self) -> None:
        """Close everything."""
        self.next_person()
        self._shared.close()


# Chromium has no push service of its own here; the subscription comes from ours instead. Nothing else is replaced.
SUBSCRIBE = """
(() => {
  const { endpoint, keys, serverKey } = %s
  const KEPT = 'the browser keeps a subscription'
  const subscription = {
    endpoint,
    options: { userVisibleOnly: true, applicationServerKey: null },
    toJSON: () => ({ endpoint, keys }),
    unsubscribe: async () => { localStorage.removeItem(KEPT); return true },
  }
  PushManager.prototype.getSubscription = async () => (localStorage.getItem(KEPT) ? subscription : null)
  PushManager.prototype.subscribe = async function (options) {
    const key = btoa(String.fromCharCode(...new Uint8Array(options.applicationServerKey)))
    const wanted = key.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
    if (!options.userVisibleOnly || wanted !== serverKey) throw new TypeError('wrong options')
    localStorage.setItem(KEPT, '1')
    return subscription
  }
})()
"""


class RemindedPhone:
    """A phone that is subscribed at the independent push service."""

    def __init__(self, context: BrowserContext, house: House, desktop: Desktop) -> None:
        self.context = context
        self.page = context.pages[0]
        self._house = house
        self._desktop = desktop
        key = house.caller().get("/push/key")["key"]
        self._subscriber: Subscriber = house.push.subscribe(key)
        address = self._subscriber.address
        keys = {"p256dh": address.p256dh, "auth": address.auth}
        made = {"endpoint": address.endpoint, "keys": keys, "serverKey": key}
        context.add_init_script(SUBSCRIBE % json.dumps(made))
        self._registrations: list[dict[str, Any]] = []
        self._devtools: CDPSession = context.new_cdp_session(self.page)
        self._devtools.on("ServiceWorker.workerRegistrationUpdated", self._registered)
        self._devtools.send("ServiceWorker.enable")

    def _registered(self, event: dict[str, Any]) -> None:
        self._registrations += [one for one in event["registrations"] if not one["isDeleted"]]

    def turn_reminders_on(self) -> None:
        """Tap 打开提醒 and say yes to the browser's question."""
        button = self.page.get_by_role("button", name="打开提醒")
        button.wait_for()
        self.context.grant_permissions(["notifications", "geolocation", "camera"], origin=self._house.address)
        with self.page.expect_response("**/api/v1/push/subscriptions") as answer:
            button.click()
        assert answer.value.status == 201, answer.value.text()

    def pushed(self, case_id: str) -> list[str]:
        """The messages about a case that reached the push service, decrypted by it."""
        messages = self._house.push.received(self._subscriber)
        return [message for message in messages if json.loads(message)["case_id"] == case_id]

    def deliver(self, message: str) -> Shown:
        """Hand a message to the service worker, as the browser's own push connection would; what came up."""
        before = len(self._desktop.shown)
        registration = until(self.page, lambda: self._registrations, "the service worker is registered")[-1]
        self._devtools.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": self._house.address, "registrationId": registration["registrationId"], "data": message},
        )
        return until(self.page, lambda: self._desktop.shown[before:], "a notification comes up")[0]

    def click(self, notification: Shown, label: str) -> None:
        """Click a button of the notification."""
        self._desktop.click(notification, label)
