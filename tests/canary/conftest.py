"""Everything runs: web, live, worker, a push service; then canaries are let in."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gezhi.app import create_live_app
from gezhi.config import settings
from gezhi.http.cookies import cookie
from gezhi.notify import keys
from tests.canary import sending
from tests.canary.canaries import ENDPOINT, LANDLINE, NAME, PASSWORD, PHONE, SECRET, TEXT
from tests.conftest import forget_settings
from tests.contract.wire import Answer, Processes, Wire, running
from tests.contract.world import SENDING, Words, World, send
from tests.notify.conftest import push_service  # noqa: F401
from tests.notify.push_service import PushService

PATIENCE = 60.0
ACCOUNTS = ("dispatcher", "duty_leader", "grid_worker", "grid_leader", "handler", "admin")

# Jobs that are done are deleted: what they were given is kept beside.
_KEEP_JOBS = """
create table kept_jobs (args text);
create function keep_job() returns trigger language plpgsql security definer as
  $$ begin insert into public.kept_jobs values (new.args::text || coalesce(new.lock, '')); return new; end $$;
create trigger keep_job before insert on procrastinate_jobs for each row execute function keep_job();
"""


@dataclass
class Let:
    """What came of letting canaries in."""

    world: World
    processes: Processes
    answers: list[tuple[str, str, Answer]] = field(default_factory=list)
    pushed: list[str] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)
    metrics: str = ""
    log: str = ""
    folder: Path = Path()
    tokens: list[str] = field(default_factory=list)
    acted: dict[str, int] = field(default_factory=dict)


class Listening(Processes):
    """The processes, with every answer written down."""

    heard: list[tuple[str, str, Answer]]

    def test_client(self) -> Wire:
        """A client whose answers are written down."""
        return _Heard(self.port, self.heard)


class _Heard(Wire):
    def __init__(self, port: int, heard: list[tuple[str, str, Answer]]) -> None:
        super().__init__(port)
        self._heard = heard

    def open(self, path: str, **sent: Any) -> Answer:  # type: ignore[override]
        answer = super().open(path, **sent)
        self._heard.append((sent["method"], path, answer))
        return answer


def until(holds: Any, what: str) -> Any:
    """The first value that holds; fails after a while."""
    end = time.monotonic() + PATIENCE
    while not (value := holds()):
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.2)
    return value


@pytest.fixture(scope="module")
def let(
    database: str,
    app: Any,
    push_service: PushService,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Let]:
    """Everything that is kept, logged, told and answered after canaries went through every operation."""
    os.environ["PUSH_HOSTS"] = f"{push_service.host},fcm.googleapis.com"
    settings.cache_clear()
    keys.private_key.cache_clear()
    folder = tmp_path_factory.mktemp("canary")
    with psycopg.connect(database, autocommit=True) as conn, running(folder, Listening, everything=True) as processes:
        processes.heard = []
        conn.execute(_KEEP_JOBS)
        words = Words(TEXT, NAME, PHONE, SECRET, PASSWORD, f"https://fcm.googleapis.com/{ENDPOINT}/")
        made = Let(World(processes, conn, words), processes, processes.heard, folder=folder)
        browsers = _subscribe(made, push_service)
        _send_everything(made, app)
        _fail(made)
        until(lambda: _drained(conn), "the jobs and the readers of the log")
        made.pushed = [text for browser in browsers for text in push_service.received(browser)]
        made.jobs = [row[0] for row in conn.execute("select args from kept_jobs").fetchall()]
        conn.execute("drop trigger keep_job on procrastinate_jobs; drop table kept_jobs")
        made.metrics = processes.test_client().open("/metrics", method="GET", headers={}).get_data(as_text=True)
        made.tokens = [next(iter(person._client._cookies.values())) for person in made.world.people.values()]
        made.log = processes.said()
        yield made
    del os.environ["PUSH_HOSTS"]
    forget_settings()


def _subscribe(made: Let, service: PushService) -> list[Any]:
    browsers = []
    for account in ACCOUNTS:
        person, browser = made.world.person(account), service.subscribe(keys.public_key())
        answer = person.post("/push/subscriptions", browser.body(person.device))
        assert answer.status_code == 201, answer.json
        browsers.append(browser)
    return browsers


def _send_everything(made: Let, app: Any) -> None:
    world = made.world
    for name in SENDING:
        answer = send(name, SENDING[name](world))
        assert answer.status_code in ((401,) if name.endswith("/session") else (200, 201, 204)), (name, answer.json)
    world.words.phone = LANDLINE
    for name in SENDING:
        if "absences" not in name:  # there is one already
            assert send(name, SENDING[name](world)).status_code < 500, name
    made.acted = sending.act(world, app)
    desk = world.person("dispatcher")
    for wire in (made.processes.test_client(), desk._client):
        for method, rule in sending.operations(app):
            if (method, rule.rule) != ("DELETE", "/api/v1/session") or wire is not desk._client:
                sending.misplace(wire, method, rule)
    live = Wire(made.processes.live_port)
    for method, rule in sending.operations(create_live_app()):
        sending.misplace(live, method, rule)
    token = f"{cookie()[0]}={next(iter(desk._client._cookies.values()))}"
    assert sending.listen(made.processes, token) == 200


def _fail(made: Let) -> None:
    """Send everything once more while a table is away, so that what cannot be foreseen happens at every door."""
    sent = {name: make(made.world) for name, make in SENDING.items()}
    made.world.conn.execute("alter table cases rename to cases_away")
    try:
        statuses = {send(name, one).status_code for name, one in sent.items()}
        statuses |= {made.world.person("dispatcher").get(f"/cases?view=scope&q={sending.quote(NAME)}").status_code}
    finally:
        made.world.conn.execute("alter table cases_away rename to cases")
    assert 500 in statuses


def _drained(conn: psycopg.Connection[Any]) -> bool:
    row = conn.execute(
        "select (select count(*) from procrastinate_jobs where status in ('todo', 'doing') and scheduled_at is null),"
        " (select count(*) from case_texts), (select count(*) from event_bodies)"
    ).fetchone()
    return row is not None and row[0] == 0 and row[1] > 0
