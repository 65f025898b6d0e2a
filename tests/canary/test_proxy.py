"""G8 at the door of the house: Caddy writes nothing of a request down, not even when nobody is behind it."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.canary.canaries import ALL, found
from tests.canary.sending import HEADERS, QUERY
from tests.conftest import ROOT
from tests.notify.push_service import free_port


@pytest.fixture
def caddy(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """The port of Caddy with our own configuration in front of nothing, and its log."""
    port, nobody, log = free_port(), f"127.0.0.1:{free_port()}", tmp_path / "caddy.log"
    env = os.environ | {
        "SITE_ADDRESS": f":{port}", "GEZHI_WEB": nobody, "GEZHI_LIVE": nobody, "GEZHI_STATIC": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path),
    }  # fmt: skip
    command = ["caddy", "run", "--config", str(ROOT / "Caddyfile"), "--adapter", "caddyfile"]
    with log.open("wb") as out, subprocess.Popen(command, env=env, stdout=out, stderr=out) as process:
        for _ in range(100):
            with contextlib.suppress(OSError):
                ask(port, "GET", "/nothing")
                break
            time.sleep(0.1)
        yield port, log
        process.terminate()


def ask(port: int, method: str, path: str) -> int:
    """The status of a request with canaries in every header."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, b"{}" if method != "GET" else None, HEADERS)
    status = connection.getresponse().status
    connection.close()
    return status


def test_G8_the_proxy_logs_no_request_not_even_one_that_fails(caddy: tuple[int, Path]) -> None:
    port, log = caddy
    statuses = {
        ask(port, method, f"{path}?{QUERY}")
        for method, path in (("GET", "/api/v1/cases"), ("POST", "/api/v1/reports"), ("GET", "/api/v1/live"),
                             ("GET", "/metrics"), ("GET", "/r/ABCDEFGH"))
    }  # fmt: skip
    assert {404, 502} <= statuses or {404, 503} <= statuses
    said = log.read_text()
    assert "serving initial configuration" in said
    assert found(said, ALL) == []
