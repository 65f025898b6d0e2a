"""People who report evenly, and the processes that tell others of it: for the benches of notify and live."""

from __future__ import annotations

import contextlib
import secrets
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

from ground import ROOT

HOME = (115.87182836585366, 28.6932555)  # a point in 360102002001001


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def p99(values: list[float]) -> float:
    return sorted(values)[max(0, int(len(values) * 0.99) - 1)]


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
    import psycopg

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
                facts = service.take_report(connection, _report(), f"device:{uuid.uuid4()}", None)
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
        "replaces": None, "channel": None, "reporter": None, "region": None,
    }  # fmt: skip
