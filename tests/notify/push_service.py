"""A push service of its own for tests: npm `web-push-testing` checks VAPID and decrypts with its own code."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gezhi.notify.webpush import Address

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "pwa" / "node_modules" / "web-push-testing"
NODE = ROOT / ".venv" / "bin" / "node"
SERVER = """
const {PushApiModel} = require(process.argv[1] + '/src/PushApiModel.js')
const Server = require(process.argv[1] + '/src/server.js')
new Server(new PushApiModel(), Number(process.argv[2])).startServer()
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Browser:
    """A browser that has subscribed: its address, and its name at the push service."""

    address: Address
    name: str

    def body(self, device: str, language: str = "zh-CN") -> dict[str, Any]:
        """What it tells our server."""
        keys = {"p256dh": self.address.p256dh, "auth": self.address.auth}
        return {"endpoint": self.address.endpoint, "keys": keys, "device": device, "language": language}


class PushService:
    """The running service."""

    def __init__(self) -> None:
        self.port = free_port()
        self.host = f"localhost:{self.port}"
        node = str(NODE) if NODE.exists() else "node"
        self._process = subprocess.Popen(
            [node, "-e", SERVER, str(PACKAGE), str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # the environment's `node` is a script that starts the real one: both must end
        )
        for _ in range(200):
            try:
                self._call("status")
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("the push service does not start; is pwa/node_modules installed?")

    def stop(self) -> None:
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait()

    def subscribe(self, key: str) -> Browser:
        """A new browser, bound to this VAPID public key."""
        made = self._call("subscribe", {"userVisibleOnly": "true", "applicationServerKey": key})["data"]
        return Browser(Address(made["endpoint"], made["keys"]["p256dh"], made["keys"]["auth"]), made["clientHash"])

    def received(self, browser: Browser) -> list[str]:
        """The messages of a browser, decrypted by the service."""
        found = self._call("get-notifications", {"clientHash": browser.name})
        return list(found["data"]["messages"])

    def expire(self, browser: Browser) -> None:
        """Let the browser be gone: 410 from now on."""
        self._call(f"expire-subscription/{browser.name}")

    def _call(self, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            f"http://{self.host}/{path}",
            method="POST",
            data=json.dumps(body or {}).encode(),
            headers={"Content-Type": "application/json"},
        )
        text = urllib.request.urlopen(request, timeout=10).read()
        return json.loads(text) if text[:1] == b"{" else None
