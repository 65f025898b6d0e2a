"""The worker as a process: it works, dies, comes back, and nothing is lost."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from gezhi import queue
from gezhi.db import pool
from gezhi.notify import keys, service
from tests.notify.town import CITY, CaseLog, put

ROOT = Path(__file__).parents[2]


def until(holds, seconds=20.0):
    end = time.monotonic() + seconds
    while not (value := holds()):
        assert time.monotonic() < end, "not in time"
        time.sleep(0.05)
    return value


class Process:
    """A running `gezhi worker`."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gezhi.cli", "worker"],
            cwd=ROOT,
            env=os.environ.copy(),
            stderr=subprocess.PIPE,
            text=True,
        )

    def end(self, by):
        self.process.send_signal(by)
        _, said = self.process.communicate(timeout=20)
        return said


@pytest.fixture
def start(database, push_service, push_hosts):
    started = []

    def do():
        started.append(Process())
        return started[-1]

    yield do
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.communicate()


@pytest.fixture
def browser(town, push_service, push_hosts):
    keys.private_key.cache_clear()
    made = push_service.subscribe(keys.public_key())
    service.subscribe(CITY, town.users["worker"], made.body(str(town.users["worker"])))
    return made


def dispatch(conn, town):
    case = CaseLog(conn)
    case.append("dispatch", "dispatched", {"assignee_post": town.posts["worker"]})
    return str(case.id)


def arrived(push_service, browser):
    return [json.loads(text)["case_id"] for text in push_service.received(browser)]


def test_it_pushes_what_happens_and_stops_when_asked(conn, town, browser, push_service, start):
    running = start()
    first = dispatch(conn, town)
    until(lambda: arrived(push_service, browser) == [first])
    second = dispatch(conn, town)
    began = time.monotonic()
    until(lambda: arrived(push_service, browser) == [first, second])
    assert time.monotonic() - began < 2

    said = running.end(signal.SIGTERM)
    assert running.process.returncode == 0
    assert "worker.stopped" in said
    assert conn.execute("select count(*) from procrastinate_workers").fetchone() == (0,)


def test_it_goes_on_when_its_connections_are_cut(conn, town, browser, push_service, start):
    running = start()
    first = dispatch(conn, town)
    until(lambda: arrived(push_service, browser) == [first])
    conn.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )
    pool().check()  # this process's own were cut too
    second = dispatch(conn, town)
    until(lambda: second in arrived(push_service, browser))
    assert running.process.poll() is None


def test_what_happened_while_no_worker_ran_is_told_afterwards(conn, town, browser, push_service, start):
    start().end(signal.SIGKILL)
    cases = [dispatch(conn, town) for _ in range(3)]
    start()
    until(lambda: sorted(arrived(push_service, browser)) == sorted(cases))


def test_the_jobs_of_a_dead_worker_are_another_s_after_its_lease(conn, town, browser):
    from gezhi import worker

    conn.execute("insert into procrastinate_workers (last_heartbeat) values (now() - interval '61 seconds'), (now())")
    dead, alive = (row[0] for row in conn.execute("select id from procrastinate_workers order by last_heartbeat"))
    for holder, attempts in ((dead, 0), (dead, worker.RUNS), (alive, 0)):
        conn.execute(
            "insert into procrastinate_jobs (queue_name, task_name, status, worker_id, attempts)"
            " values ('push', 'push.send', 'doing', %s, %s)",
            (holder, attempts),
        )

    async def rescue():
        app = queue.bound_app()
        async with app.open_async():
            return await worker.rescue(app)

    assert asyncio.run(rescue()) == 2
    states = conn.execute("select status::text, attempts from procrastinate_jobs order by id").fetchall()
    assert states == [("todo", 1), ("failed", worker.RUNS + 1), ("doing", 0)]


def value(gauge):
    return gauge.collect()[0].samples[0].value


def test_what_waits_and_what_was_given_up_is_seen(conn, database, town):
    from gezhi import watch

    put(conn, "procrastinate_jobs", queue_name="push", task_name="push.send", status="failed")
    put(conn, "procrastinate_jobs", queue_name="push", task_name="push.send")
    conn.execute("update procrastinate_events set at = now() - interval '7 minutes'")
    dispatch(conn, town)
    conn.execute("insert into consumers (city, name) values (%s, 'notify')", (CITY,))
    conn.execute("update events set at = now() - interval '6 minutes'")
    with psycopg.connect(database) as writing:
        writing.execute("select pg_current_xact_id()")
        time.sleep(0.2)
        watch.look(conn, CITY)
    assert value(watch.failed_jobs) == 1
    assert 419 < value(watch.oldest_job) < 430
    assert 359 < value(watch.consumer_lag) < 370
    assert value(watch.horizon_age) >= 0.2
