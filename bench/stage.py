"""What the benches of notify and live stand on: a demo city in a database of its own, and people who report."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

ROOT = Path(__file__).resolve().parents[1]
HOME = (115.87182836585366, 28.6932555)  # a point in 360102002001001


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def figure(name: str, value: float, unit: str, note: str) -> None:
    """Print one result, the only thing on standard output."""
    print(json.dumps({"figure": name, "value": round(value, 3), "unit": unit, "note": note}), flush=True)


def p99(values: list[float]) -> float:
    return sorted(values)[max(0, int(len(values) * 0.99) - 1)]


@contextlib.contextmanager
def city(**environment: str) -> Iterator[str]:
    """The URL of a fresh demo city, which this process and its children work on; gone afterwards."""
    from gezhi import config, schema, seed
    from gezhi.ground.postgres import Cluster

    with contextlib.ExitStack() as stack:
        var = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = os.environ.get("GEZHI_TEST_DATABASE_URL") or stack.enter_context(Cluster(ROOT / "var" / "bench-pg"))
        name = f"gezhi_bench_{secrets.token_hex(4)}"
        url = urlsplit(server)._replace(path=f"/{name}").geturl()
        with psycopg.connect(urlsplit(server)._replace(path="/postgres").geturl(), autocommit=True) as admin:
            admin.execute(f"create database {name} template template0")
            stack.callback(_drop, urlsplit(server)._replace(path="/postgres").geturl(), name)
        os.environ |= {"DATABASE_URL": url, "GEZHI_VAR": str(var), "LOG_LEVEL": "WARNING", **environment}
        config.settings.cache_clear()
        with contextlib.redirect_stdout(sys.stderr):
            schema.migrate()
            seed.demo(config.settings())
        yield url


def _drop(server: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"drop database {name} with (force)")


@contextlib.contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A child process, terminated at the end."""
    child = subprocess.Popen(command, cwd=ROOT, stdout=sys.stderr.fileno())
    try:
        yield child
    finally:
        child.terminate()
        child.wait(30)


def report(url: str, rate: float, seconds: float) -> dict[str, float]:
    """Commit reports evenly at `rate` a second; the moment of each commit by case id, `time.time()`."""
    from gezhi.cases import service

    committed: dict[str, float] = {}
    clients = 4

    def client(number: int) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            begun = time.monotonic()
            for turn in range(int(rate * seconds / clients)):
                wait = begun + (turn + number / clients) * clients / rate - time.monotonic()
                if wait > 0:
                    time.sleep(wait)
                facts = service.take_report(connection, _report(), f"device:{uuid.uuid4()}", None, "app")
                committed[str(facts["case_id"])] = time.time()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return committed


def _report() -> dict[str, object]:
    from gezhi.db import uuid7

    place = {"lng": HOME[0], "lat": HOME[1], "system": "wgs84", "accuracy_m": 10.0, "origin": "pin"}
    return {
        "id": uuid7(), "secret": secrets.token_urlsafe(32), "occurred_at": datetime.now(UTC), "category": "noise",
        "matter": None, "text": "噪声", "place": place, "address": None, "photos": [], "danger": False,
        "replaces": None,
    }  # fmt: skip
