"""The live stream as a browser sees it: a real server with green threads, a real log."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import queue
import socket
import subprocess
import threading
import time
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from gezhi.ground.processes import live_command
from gezhi.http.cookies import cookie
from gezhi.live.hub import STREAMS_A_USER
from gezhi.people import sessions
from tests.notify.push_service import free_port
from tests.notify.town import COMMUNITY, DISTRICT, GRID, CaseLog, build, empty


class Events:
    """An open stream, read by a thread of its own."""

    def __init__(self, port, token, last=None, by_query=False):
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {"Cookie": f"{cookie()[0]}={token}"} if token else {}
        path = "/api/v1/live"
        if last and by_query:
            path += f"?last_event_id={last}"
        elif last:
            headers["Last-Event-ID"] = last
        self.http.request("GET", path, headers=headers)
        self.response = self.http.getresponse()
        self.messages = queue.Queue()
        if self.response.status == 200:
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        fields = {}
        with contextlib.suppress(OSError, ValueError, AttributeError, http.client.HTTPException):
            while line := self.response.readline().decode():
                name, _, value = line.rstrip("\n").partition(": ")
                if name:
                    fields[name] = value
                elif "event" in fields:
                    self.messages.put({**fields, "data": json.loads(fields["data"])})
                    fields = {}

    def next(self, seconds=15.0):
        """The next message as a dict of its fields; None when none comes in time."""
        try:
            return self.messages.get(timeout=seconds)
        except queue.Empty:
            return None

    def close(self):
        if self.http.sock:
            self.http.sock.shutdown(socket.SHUT_RDWR)
        self.response.close()
        self.http.close()


@pytest.fixture(scope="module")
def live(database):
    """A running `gezhi live`; its port."""
    port = free_port()
    server = subprocess.Popen(live_command(port=port), cwd=Path(__file__).parents[2], env=os.environ.copy())
    for _ in range(300):
        with contextlib.suppress(OSError):
            Events(port, None).close()
            break
        time.sleep(0.1)
    yield port
    server.terminate()
    assert server.wait(20) == 0


@pytest.fixture
def town(conn):
    empty(conn)
    return build(conn)


@pytest.fixture
def token(conn, town):
    """A token for somebody of the town."""
    return lambda name: sessions.begin(conn, town.users[name], timedelta(hours=1))


@pytest.fixture
def listen(live):
    """Opens a stream and reads its hello."""
    opened = []

    def do(token, **options):
        stream = Events(live, token, **options)
        opened.append(stream)
        assert stream.response.status == 200
        hello = stream.next()
        assert hello["event"] == "hello"
        assert set(hello["data"]) == {"as_of"}
        return stream

    yield do
    for stream in opened:
        stream.close()


def test_without_a_session_there_is_no_stream(live, town):
    assert Events(live, None).response.status == 401
    assert Events(live, "x" * 43).response.status == 401


def test_an_event_reaches_those_who_may_see_it_and_nobody_else(conn, town, token, listen):
    desk, worker, handler = (listen(token(name)) for name in ("dispatcher", "worker", "handler"))
    case = CaseLog(conn)
    case.append("report", "reported", audience=[f"region:{GRID}"])
    case.append("dispatch", "dispatched", audience=[f"region:{GRID}", f"unit:{town.units['lamps']}"])

    for stream in (desk, worker):
        assert [stream.next()["data"]["action"] for _ in range(2)] == ["report", "dispatch"]
    heard = handler.next()
    xid, position = heard["id"].split("-")
    assert xid.isdigit()
    assert position.isdigit()
    assert {key: heard["data"][key] for key in ("case_id", "seq", "action", "state", "version")} == {
        "case_id": str(case.id),
        "seq": 2,
        "action": "dispatch",
        "state": "dispatched",
        "version": 2,
    }
    assert heard["data"]["at"].endswith("Z")
    assert handler.next(0.5) is None


def test_P7_another_region_is_silent(conn, town, token, listen):
    worker = listen(token("worker"))
    CaseLog(conn).append("report", "reported", audience=["region:360102002001002", f"region:{COMMUNITY}"])
    CaseLog(conn).append("report", "reported", audience=[f"region:{DISTRICT}"])
    assert worker.next(0.7) is None


@pytest.mark.parametrize("by_query", [False, True])
def test_a_stream_goes_on_where_it_was_cut(conn, town, token, listen, by_query):
    mine = token("worker")
    case = CaseLog(conn)
    first = listen(mine)
    case.append("report", "reported")
    seen = first.next()
    first.close()
    case.append("accept", "accepted")
    case.append("dispatch", "dispatched", audience=["region:360102002001002"])
    case.append("sign", "signed")
    time.sleep(0.5)  # the process has read them for nobody

    again = listen(mine, last=seen["id"], by_query=by_query)
    case.append("handle", "handled")
    assert [again.next()["data"]["action"] for _ in range(3)] == ["accept", "sign", "handle"]
    assert again.next(0.5) is None


@pytest.mark.parametrize("last", ["x", "1-", "-1--1", "99999999999999999999-1", "%00"])
def test_an_event_id_that_is_none_is_as_if_there_were_none(conn, town, token, listen, last):
    stream = listen(token("worker"), last=last, by_query=True)
    CaseLog(conn).append("report", "reported")
    assert stream.next()["data"]["action"] == "report"


def test_a_transaction_that_commits_late_is_not_skipped(database, conn, town, token, listen):
    worker = listen(token("worker"))
    late, early = CaseLog(conn), CaseLog(conn)
    with psycopg.connect(database) as slow:
        late.append("report", "reported", on=slow)
        early.append("report", "reported")
        assert worker.next(0.7) is None
        slow.commit()
    assert [worker.next()["data"]["case_id"] for _ in range(2)] == [str(late.id), str(early.id)]


def test_a_user_has_only_so_many_streams(live, town, token, listen):
    mine = token("worker")
    for _ in range(STREAMS_A_USER):
        listen(mine)
    refused = Events(live, mine).response
    assert (refused.status, refused.headers["Retry-After"]) == (429, "15")
    assert listen(token("neighbour"))


def test_streams_survive_a_database_that_restarts(conn, town, token, listen):
    worker = listen(token("worker"))
    conn.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )
    CaseLog(conn).append("report", "reported")
    assert worker.next(15)["data"]["action"] == "report"
