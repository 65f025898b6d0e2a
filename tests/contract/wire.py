"""The product's processes, each with its log in a file, and callers that reach them over a socket."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any, TypeVar

from gezhi.ground.processes import live_command, web_command, worker_command
from tests.conftest import ROOT
from tests.e2e.house import descendants
from tests.notify.push_service import free_port

PATIENCE = 60.0
P = TypeVar("P", bound="Processes")


@dataclass(frozen=True)
class Answer:
    """What came back over the wire, with the names that Flask's test client has for it."""

    status_code: int
    headers: Message
    content: bytes

    @property
    def json(self) -> Any:
        """The body read as JSON; None when it is not."""
        return json.loads(self.content) if "json" in (self.headers.get("Content-Type") or "") else None

    @property
    def mimetype(self) -> str:
        """The media type without parameters."""
        return (self.headers.get("Content-Type") or "").partition(";")[0]

    def get_data(self, as_text: bool = False) -> Any:
        """The body."""
        return self.content.decode(errors="replace") if as_text else self.content


class Wire:
    """A client with the manners of Flask's test client, over a connection that stays open."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cookies: dict[str, str] = {}
        self._open: http.client.HTTPConnection | None = None

    def set_cookie(self, name: str, value: str) -> None:
        """Send this cookie from now on."""
        self._cookies[name] = value

    def open(
        self, path: str, *, method: str, json: Any = None, data: bytes | None = None, headers: Mapping[str, str]
    ) -> Answer:
        """Send one request, on a new connection when the server has ended the last."""
        sent = dict(headers)
        if json is not None:
            data = _dumped(json)
            sent.setdefault("Content-Type", "application/json")
        if self._cookies:
            sent["Cookie"] = "; ".join([*filter(None, [sent.get("Cookie")]), *map("=".join, self._cookies.items())])
        try:
            return self._ask(method, path, data, sent)
        except (http.client.HTTPException, OSError):
            self.close()
            return self._ask(method, path, data, sent)

    def close(self) -> None:
        """Hang up."""
        if self._open:
            self._open.close()
        self._open = None

    def _ask(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> Answer:
        if self._open is None:
            self._open = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        with contextlib.suppress(
            BrokenPipeError, ConnectionResetError
        ):  # it has its answer ready before it has heard us out
            self._open.request(method, path, data, headers)
        answer = self._open.getresponse()
        return Answer(answer.status, answer.headers, answer.read())


def _dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


class Processes:
    """`gezhi web`, and `live` and `worker` where asked for; the logs are in `folder`."""

    def __init__(self, folder: Path, *, everything: bool = False) -> None:
        self._logs = folder
        self.port, self.live_port = free_port(), free_port()
        commands = {"web": web_command(port=self.port)}
        if everything:
            commands |= {"live": live_command(port=self.live_port), "worker": worker_command()}
        self._running = {name: self._start(name, command) for name, command in commands.items()}
        self._await(self.port, "/readyz")
        if everything:
            self._await(self.live_port, "/healthz")

    def _start(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        with (self._logs / f"{name}.log").open("wb") as log:
            env = os.environ | {"LOG_LEVEL": "INFO"}
            return subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT)

    def _await(self, port: int, path: str) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if Wire(port).open(path, method="GET", headers={}).status_code == 200:
                    return
            time.sleep(0.1)
        raise AssertionError(f"it does not start:\n{self.said()}")

    def test_client(self) -> Wire:
        """A new client: what `Caller` asks of an application."""
        return Wire(self.port)

    def said(self) -> str:
        """Everything that the processes have logged."""
        return "".join((self._logs / f"{name}.log").read_text(errors="replace") for name in self._running)

    def memory(self) -> dict[int, tuple[int, int]]:
        """Resident memory of each process of the web server by pid, now and at its highest, in bytes."""
        top = self._running["web"].pid
        return {pid: (_status(pid, "VmRSS"), _status(pid, "VmHWM")) for pid in (top, *descendants(top))}

    def stop(self) -> None:
        """End them all."""
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            process.wait(30)


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


@contextlib.contextmanager
def running(folder: Path, kind: type[P], *, everything: bool = False) -> Iterator[P]:
    """The processes, for as long as the block lasts."""
    processes = kind(folder, everything=everything)
    try:
        yield processes
    finally:
        processes.stop()
