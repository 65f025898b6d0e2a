"""What is broken, when, and how long PostgreSQL took to write again."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg

from tests.faults.house import House
from tests.faults.proxy import Proxy

STOPPED = (1.0, 4.0)  # seconds between SIGSTOP and SIGCONT
BAD_NETWORK = (2.0, 4.0)  # seconds
LOOKED_FOR = 8.0  # seconds for which a fault may wait for a process of its kind
WRITING_LIMIT = 30.0  # seconds after which nobody looks any more

KILLS = {
    "kill web": "web",
    "kill a web worker": "web+",
    "kill live": "live",
    "kill live's worker": "live+",
    "kill worker": "worker",
    "kill worker at work": "worker",
    "kill postgres": "postgres",
    "kill a backend": "postgres+",
    "kill caddy": "caddy",
}
CLEANER = {"kill photo cleaner": "worker+"}
STOPS = {"stop a web worker": "web+", "stop live": "live+", "stop worker": "worker", "stop a backend": "postgres+"}
NETWORK = ("cut connections", "slow connections")
ALL = (*KILLS, *CLEANER, *STOPS, *NETWORK)
DATABASE = ("kill postgres", "kill a backend")
LEASED = ("kill worker", "kill worker at work", *CLEANER, *DATABASE)
"""After these a job in hand may wait for its lease (60 s) to run out."""


@dataclass
class Fault:
    """One fault: its kind, when (seconds since 1970), and for PostgreSQL the seconds until a write was committed."""

    kind: str
    at: float
    writing: float | None = None


def plan(faults: int, seed: int, kinds: tuple[str, ...] = ALL) -> list[str]:
    """Every kind as often as the others, in an order that `seed` decides; what waits for leases comes early at the end.

    A promise counts from the last fault: 60 seconds, in which a lease of 60 seconds runs out when it began before.
    """
    chance = random.Random(seed)
    order: list[str] = []
    while len(order) < faults:
        some = list(kinds)
        chance.shuffle(some)
        order += some
    order = order[:faults]
    tail = order[-len(kinds) :]
    return order[: -len(kinds)] + sorted(tail, key=lambda kind: kind not in LEASED)


@dataclass
class Breaker:
    """Breaks a house at even intervals."""

    house: House
    proxy: Proxy
    chance: random.Random
    done: list[Fault] = field(default_factory=list)
    _later: list[threading.Thread] = field(default_factory=list)

    def run(self, order: list[str], every: float) -> None:
        """Every fault of the plan, `every` seconds apart; what finds nobody to hurt tries for a while."""
        for kind in order:
            due = time.monotonic() + every
            while not self._break(kind) and time.monotonic() < due + LOOKED_FOR:
                time.sleep(0.2)
            time.sleep(max(0.0, due - time.monotonic()))
        for thread in self._later:
            thread.join()

    def _break(self, kind: str) -> bool:
        """Do it; return whether there was somebody to do it to."""
        if kind in NETWORK:
            {"cut connections": self.proxy.cut, "slow connections": self.proxy.slow}[kind](
                self.chance.uniform(*BAD_NETWORK)
            )
            self.done.append(Fault(kind, time.time()))
            return True
        processes = self.house.processes()
        pids = processes.get({**KILLS, **CLEANER, **STOPS}[kind], [])
        if not pids or (kind == "kill worker at work" and "worker+" not in processes):
            return False
        pid = self.chance.choice(pids)
        try:
            os.kill(pid, signal.SIGSTOP if kind in STOPS else signal.SIGKILL)
        except ProcessLookupError:
            return False
        fault = Fault(kind, time.time())
        self.done.append(fault)
        if kind in STOPS:
            self._meanwhile(lambda: _continue(pid, self.chance.uniform(*STOPPED)))
        if kind in DATABASE:
            self._meanwhile(lambda: _await_writing(self.house.url, fault))
        return True

    def _meanwhile(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        self._later.append(thread)


def _continue(pid: int, seconds: float) -> None:
    time.sleep(seconds)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def _await_writing(url: str, fault: Fault) -> None:
    """Write until a commit succeeds that was begun after the fault."""
    time.sleep(0.3)  # PostgreSQL has noticed
    while time.time() - fault.at < WRITING_LIMIT:
        with suppress(psycopg.Error), psycopg.connect(url, autocommit=True, connect_timeout=2) as lent:
            lent.execute("set statement_timeout = '2s'")
            lent.execute("insert into rig_writes default values")
            fault.writing = time.time() - fault.at
            return
        time.sleep(0.05)
