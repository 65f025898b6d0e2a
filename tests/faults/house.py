"""A whole house on an embedded, durable PostgreSQL, whose processes can be told apart."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from gezhi.ground.postgres import Cluster
from tests.conftest import ROOT
from tests.e2e import house
from tests.notify.push_service import PushService

SEEDED = Path(__file__).parent / "seeded"
MARKS = {"granian": "web", "gunicorn": "live", "gezhi.cli": "worker", "caddy": "caddy", "postgres": "postgres"}


class House(house.House):
    """`gezhi up` in a folder of its own; `seeded` names a defect that is put into it."""

    def __init__(self, var: Path, push: PushService, seeded: str | None = None) -> None:
        more = {"WEB_WORKERS": "2"}
        if seeded:
            more |= {"GEZHI_SEEDED_FAULT": seeded, "PYTHONPATH": f"{SEEDED}:{ROOT / 'backend'}"}
        self.var = var
        try:
            super().__init__("", var, push, more)
            cluster = Cluster(var / "postgres")
            cluster.locate()
            self.url = cluster.url()
        except BaseException:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(house.STOP_PATIENCE)
            self._clear()
            raise

    def processes(self) -> dict[str, list[int]]:
        """Ids by part: web, live, worker, caddy, postgres, and what they have started: web+, live+, worker+, postgres+.

        Of PostgreSQL's only those that serve somebody, of the worker's those that clean photos.
        """
        found: dict[str, list[int]] = {}
        for top in _children(self._process.pid):
            name = next((name for mark, name in MARKS.items() if mark in _line(top)), None)
            if name is None:
                continue
            found.setdefault(name, []).append(top)
            for below in house.descendants(top):
                line = _line(below)
                if line and "resource_tracker" not in line and (name != "postgres" or "[local]" in line):
                    found.setdefault(f"{name}+", []).append(below)
        return found

    def doctor(self) -> str:
        """What `gezhi doctor` says; empty when it finds nothing."""
        own = {"DATABASE_URL": self.url, "GEZHI_VAR": str(self.var), "PYTHONPATH": str(ROOT / "backend")}
        done = subprocess.run(
            [sys.executable, "-m", "gezhi.cli", "doctor"],
            env=os.environ | own,
            capture_output=True,
            text=True,
            check=False,
        )
        return "" if done.returncode == 0 else done.stdout + done.stderr

    def leave(self) -> None:
        """Stop, and remove everything."""
        try:
            self.stop(hurt=True)
        finally:
            self._clear()

    def _clear(self) -> None:
        """Remove the folder, and the cluster, which for root is elsewhere."""
        for place in ((self.var / "postgres").resolve(), self.var):
            shutil.rmtree(place, ignore_errors=True)


def _children(pid: int) -> list[int]:
    try:
        lines = [task.read_text() for task in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return []
    return [int(child) for line in lines for child in line.split()]


def _line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
    except OSError:
        return ""
