"""What benches stand on: an own durable PostgreSQL with the demo city, the real web process, pgbench and wrk."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent


def inside_venv() -> None:
    """Go on inside the project's virtual environment, which `scripts/up` or `scripts/test` makes."""
    python = ROOT / ".venv" / "bin" / "python"
    if Path(sys.prefix) != python.parents[1]:
        if not python.exists():
            sys.exit("run scripts/up once: it installs what the benches need")
        os.execv(python, [str(python), *sys.argv])


def figure(name: str, value: float, unit: str, note: str) -> None:
    """Print one figure as a JSON line."""
    print(json.dumps({"figure": name, "value": round(value, 3), "unit": unit, "note": note}), flush=True)


@contextmanager
def house() -> Iterator[str]:
    """The URL of a durable cluster of its own with the demo city; the settings of this process point at it."""
    from gezhi.ground.postgres import Cluster

    with tempfile.TemporaryDirectory(prefix="gezhi-bench-") as folder:
        os.chmod(folder, 0o755)
        with Cluster(Path(folder) / "pg") as url:
            os.environ |= {"DATABASE_URL": url, "GEZHI_VAR": folder}
            subprocess.run([sys.executable, "-m", "gezhi.cli", "migrate"], check=True, stdout=subprocess.DEVNULL)
            subprocess.run([sys.executable, "-m", "gezhi.cli", "seed", "--demo"], check=True, stdout=subprocess.DEVNULL)
            yield url


@contextmanager
def web() -> Iterator[int]:
    """The port of the real web process on the house's database."""
    from gezhi.ground.processes import web_command

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with open(os.devnull, "w") as nowhere:
        process = subprocess.Popen(web_command(port=port), stdout=nowhere, stderr=nowhere)
    try:
        _await(f"http://127.0.0.1:{port}/readyz")
        yield port
    finally:
        process.terminate()
        process.wait(15)


def _await(address: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(address, timeout=1)
            return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"{address} did not answer")


def pgbench(url: str, script: str, clients: int, seconds: int) -> float:
    """Transactions a second of a script in bench/sql."""
    told = subprocess.run(
        [_program("pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T", str(seconds),
         "-f", str(BENCH / "sql" / script), url],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    return float(re.search(r"tps = ([\d.]+)", told)[1])  # type: ignore[index]


def wrk(port: int, script: str, clients: int, seconds: int) -> dict[str, Any]:
    """Answers a second, how many were not 2xx, and the 99th percentile in ms."""
    told = subprocess.run(
        [_program("wrk"), "-t1", f"-c{clients}", f"-d{seconds}s", "--latency", "-s", str(BENCH / script),
         f"http://127.0.0.1:{port}"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    count, errors = int(re.search(r"(\d+) requests in", told)[1]), int(re.search(r"errors (\d+)", told)[1])  # type: ignore[index]
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", told)
    assert p99 is not None
    return {
        "rps": (count - errors) / seconds,
        "errors": errors,
        "p99_ms": float(p99[1]) * {"us": 0.001, "ms": 1, "s": 1000}[p99[2]],
    }


def _program(name: str) -> str:
    found = shutil.which(name) or next(map(str, sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None)
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "-qq", name], check=True, stdout=subprocess.DEVNULL)
        found = shutil.which(name)
    if found is None:
        sys.exit(f"{name} is missing: install it (apt-get install {name})")
    return found


median = statistics.median
