"""One run: a house, its callers, the faults, the draining, the verdict, the figures."""

from __future__ import annotations

import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from tests.e2e.house import ERROR
from tests.faults import phones
from tests.faults.breaking import ALL, DATABASE, WRITING_LIMIT, Breaker, Fault, plan
from tests.faults.house import House
from tests.faults.listener import Listener
from tests.faults.notebook import Notebook
from tests.faults.phones import Door, Phone
from tests.faults.proxy import Proxy
from tests.faults.verdict import Verdict
from tests.notify.push_service import Browser, PushService

DRAINED = 60.0  # seconds after the last fault (promise G3)
WRITING = 15.0  # seconds after PostgreSQL was killed (promise G6)
WARM = 3.0  # seconds of load before the first fault


@dataclass
class Outcome:
    """What a run has shown. `broken` and `stuck` are empty when the promises hold; times in seconds."""

    broken: list[str]
    stuck: list[str]
    doctor: str
    drained: float
    faults: list[Fault]
    figures: dict[str, Any]

    @property
    def faulty(self) -> list[str]:
        """Everything that should not be."""
        late = [f for f in self.faults if f.kind in DATABASE and not (f.writing or WRITING_LIMIT) <= WRITING]
        return [
            *self.broken,
            *(f"{what}, {self.drained:.0f} s after the last fault" for what in self.stuck),
            *(f"PostgreSQL did not write {WRITING:.0f} s after: {asdict(fault)}" for fault in late),
            *([self.doctor] if self.doctor else []),
        ]


@contextmanager
def _standing(seeded: str | None) -> Iterator[tuple[House, PushService]]:
    push = PushService()
    try:
        house = House(Path(tempfile.mkdtemp(prefix="gezhi-faults-")), push, seeded)
        try:
            yield house, push
        finally:
            house.leave()
    finally:
        push.stop()


def run(faults: int, every: float, *, seed: int, seeded: str | None = None, kinds: tuple[str, ...] = ALL) -> Outcome:
    """Break a house `faults` times, `every` seconds apart, and say what became of it. `seeded` names a defect in it."""
    asked = time.time()
    with _standing(seeded) as (house, push):
        started = time.time() - asked
        notebook = Notebook()
        proxy = Proxy(house.port, seed)
        door = Door(house.address, proxy.port, notebook, seed)
        with psycopg.connect(house.url, autocommit=True) as lent:
            lent.execute("create table rig_writes (at timestamptz default clock_timestamp())")
        browser = _subscribe(house, push)
        listener = _listen(house, door)
        threads = phones.start(door, house.accounts["grid_worker"])
        time.sleep(WARM)
        breaker = Breaker(house, proxy, random.Random(seed))
        begun = time.time()
        breaker.run(plan(faults, seed, kinds), every)
        over = time.time()
        door.closing.set()
        verdict = Verdict(house.url, house.var / "media", notebook)
        stuck = _drain(verdict, listener, push, browser, over)
        drained = time.time() - over
        door.closed.set()
        for thread in threads:
            thread.join(10)
        listener.stop()
        proxy.close()
        broken = verdict.broken(listener)
        figures: dict[str, Any] = {"started": round(started, 1), "drained": round(drained, 1)}
        figures |= _figures(notebook, breaker.done, listener, begun, over)
        figures["errors_logged"] = Counter(_gist(error) for error in house.errors())
        return Outcome(broken, stuck, house.doctor(), drained, breaker.done, figures)


def _subscribe(house: House, push: PushService) -> Browser:
    """The field worker's browser takes messages."""
    caller = house.caller("grid_worker")
    browser = push.subscribe(caller.get("/push/key")["key"])
    caller.post("/push/subscriptions", browser.body("00000000-0000-4000-8000-000000000001"))
    return browser


def _listen(house: House, door: Door) -> Listener:
    """The city's desk listens through the same bad network."""
    desk = Phone(door, house.accounts["dispatcher"])
    desk.sign_in()
    return Listener(door.port, desk.headers())


def _drain(verdict: Verdict, listener: Listener, push: PushService, browser: Browser, over: float) -> list[str]:
    """Wait until nothing waits any more, at most a minute; returns what still does."""
    undone = ["the database does not answer"]
    while True:
        with suppress(psycopg.OperationalError):
            undone = verdict.undone(listener, push.received(browser))
        if not undone or time.time() - over > DRAINED:
            return undone
        time.sleep(1)


def _figures(notebook: Notebook, faults: list[Fault], listener: Listener, begun: float, over: float) -> dict[str, Any]:
    """Counts, and by kind of fault the seconds until a request made after it had its receipt."""
    receipts = notebook.receipts()
    answered: dict[str, list[float]] = {}
    for fault in faults:
        after = [receipt.came for receipt in receipts if receipt.asked >= fault.at]
        if after:
            answered.setdefault(fault.kind, []).append(min(after) - fault.at)
    writing = [fault.writing for fault in faults if fault.writing is not None]
    reports, commands = notebook.reports.values(), notebook.commands.values()
    statuses = Counter(answer.status for entry in (*reports, *commands) for answer in entry.answers)
    return {
        "faults": len(faults),
        "kinds": {kind: sum(f.kind == kind for f in faults) for kind in sorted({f.kind for f in faults})},
        "seconds": round(over - begun),
        "reports": len(reports),
        "reports_with_receipt": sum(bool(entry.kept) for entry in reports),
        "commands": len(commands),
        "commands_done": sum(bool(entry.kept) for entry in commands),
        "commands_second": sum(bool(entry.lost_race) for entry in commands),
        "photos": len(notebook.photos),
        "requests": notebook.tries,
        "statuses": dict(sorted(statuses.items())),
        "receipts": len(receipts),
        "streams": listener.connections,
        "events_heard": len(listener.seen),
        "postgres_writes_after": _spread(writing),
        "door_answers_after": {kind: _spread(waits) for kind, waits in answered.items()},
    }


def _spread(seconds: list[float]) -> dict[str, float]:
    return {"median": round(median(seconds), 1), "most": round(max(seconds), 1)} if seconds else {}


def _gist(error: str) -> str:
    """Which process complained, and how."""
    name, *lines = error.splitlines()
    told = next((line for line in lines if ERROR.search(line)), "")
    return f"{name}: {re.sub('[0-9]+', '#', told)[:160]}"
