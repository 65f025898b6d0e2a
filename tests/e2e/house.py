"""The product as a person starts it, and callers that stand at its door."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.notify.push_service import PushService, free_port

START_PATIENCE = 90.0  # seconds until `ready:`, on a busy machine
STOP_PATIENCE = 30.0
ERROR = re.compile(r'"level": "(error|critical)"|Traceback|\[(ERROR|CRITICAL)\]')


def descendants(pid: int) -> set[int]:
    """Every process that came from this one and still runs."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:  # gone meanwhile
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        new = children.get(waiting.pop(), [])
        found.update(new)
        waiting += new
    return found


def running(pids: set[int]) -> list[str]:
    """What of these processes still runs, as command lines."""
    lines = []
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            line = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
        if state != "Z":
            lines.append(f"{pid} {line}")
    return lines


class House:
    """`gezhi up` on a database and a folder of its own, from `ready:` to Ctrl-C."""

    def __init__(self, database: str, var: Path, push: PushService, more: Mapping[str, str] | None = None) -> None:
        """Without a `database` it brings its own, as `scripts/up` does; `more` is added to its environment."""
        self.push = push
        self.database = database
        self.port = free_port()
        self.address = f"http://localhost:{self.port}"
        self.accounts: dict[str, dict[str, str]] = {}
        self._var = var
        self._said: list[str] = []
        own = {
            "DATABASE_URL": database,
            "GEZHI_VAR": str(var),
            "PORT": str(self.port),
            "PUSH_HOSTS": push.host,
            "PYTHONPATH": str(ROOT / "backend"),
        }
        env = {key: value for key, value in os.environ.items() if key != "PUBLIC_URL"} | own | dict(more or {})
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gezhi.cli", "up"],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # Ctrl-C at the tests is not Ctrl-C at the product
        )
        self._ready = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()
        if not self._ready.wait(START_PATIENCE) or self._process.poll() is not None:
            self._process.kill()
            raise AssertionError("gezhi up did not come up:\n" + "".join(self._said))
        rows = json.loads((var / "demo-accounts.json").read_text())
        self.accounts = {row["account"]: row for row in rows}

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._said.append(line)
            if line.startswith(f"ready: {self.address}"):
                self._ready.set()
        self._ready.set()  # it ended

    def stop(self, *, hurt: bool = False) -> None:
        """Press Ctrl-C; nothing that was started may be left, nor have died before unless it was `hurt` on purpose."""
        started = descendants(self._process.pid)
        assert len(started) >= 5, f"web, its workers, live, worker and Caddy should run, but: {running(started)}"
        self._process.send_signal(signal.SIGINT)
        try:
            code = self._process.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise AssertionError("gezhi up does not stop on Ctrl-C:\n" + "".join(self._said)) from None
        assert code == 0, "".join(self._said[-20:])
        assert running(started) == []
        assert hurt or "starting it again" not in "".join(self._said), "a part of the house died during the tests"

    def errors(self) -> list[str]:
        """What our own processes logged as errors, each with the lines after it."""
        found = []
        for name in ("web", "live", "worker"):
            lines = (self._var / "log" / f"{name}.log").read_text(errors="replace").splitlines()
            for place, line in enumerate(lines):
                if ERROR.search(line):
                    found.append("\n".join([name, *lines[place : place + 25]]))
        return found

    def caller(self, account: str | None = None) -> Caller:
        """Somebody at the API, signed in when an account is named."""
        caller = Caller(self.address)
        if account:
            caller.post("/session", {"account": account, "password": self.accounts[account]["password"]})
        return caller


class Caller:
    """A phone or a desk without a screen: used to prepare and to look behind what a screen says."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._device = str(uuid.uuid4())
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str, **headers: str) -> Any:
        """The JSON at a path under /api/v1."""
        return self._call("GET", path, None, "application/json", headers)

    def post(self, path: str, body: Any) -> Any:
        """The JSON that comes back."""
        return self._call("POST", path, json.dumps(body).encode(), "application/json", {})

    def put_photo(self, content: bytes, digest: str) -> None:
        """Hand in a photo."""
        self._call("PUT", f"/media/{digest}", content, "image/jpeg", {})

    def _call(self, method: str, path: str, body: bytes | None, kind: str, headers: dict[str, str]) -> Any:
        ours = {"X-Gezhi": "1", "X-Gezhi-Device": self._device, "Content-Type": kind, "Origin": self._address}
        request = urllib.request.Request(f"{self._address}/api/v1{path}", body, ours | headers, method=method)
        try:
            return json.loads(self._opener.open(request, timeout=20).read() or b"null")
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from error
