"""What a stream does over time: slow readers, ended sessions, posts that change."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gezhi.cases import log
from gezhi.live import routes
from gezhi.live.audience import listened
from gezhi.live.hub import WAITING, Hub
from gezhi.people import sessions
from tests.notify.town import CITY, GRID, CaseLog, build, empty, settle

OTHER_GRID = "360102002001002"


@pytest.fixture
def town(conn):
    empty(conn)
    return build(conn)


@pytest.fixture
def token(conn, town):
    return sessions.begin(conn, town.users["worker"], timedelta(hours=1))


@pytest.fixture
def impatient(monkeypatch):
    """Streams that ask for the session and keep alive at every turn."""
    monkeypatch.setattr(routes, "CHECK_SESSION", 0)
    monkeypatch.setattr(routes, "KEEP_ALIVE", 0.1)


class HandFed(Hub):
    """A hub that reads when the test says so."""

    def _start(self):
        pass

    def read(self, conn):
        settle(conn)
        self.feed(log.read_since(conn, CITY, 0, 0))


@pytest.fixture
def stream(token, monkeypatch):
    monkeypatch.setattr(routes, "hub", HandFed())
    reader = sessions.load(token)
    return routes.hub.join(reader.user_id, listened(reader))


def test_a_stream_ends_with_its_session(conn, stream, token, impatient):
    messages = routes._messages(stream, token, None)
    assert b"event: hello" in next(messages)
    assert next(messages) == b": keep\n\n"
    conn.execute("update sessions set ended_at = now()")
    assert list(messages) == []


def test_a_post_that_moves_takes_its_stream_along(conn, town, stream, token, impatient):
    messages = routes._messages(stream, token, None)
    next(messages)
    conn.execute("insert into regions select %s, level, name, parent, kind, urban_class, source, demo, geom, point"
                 " from regions where code = %s", (OTHER_GRID, GRID))  # fmt: skip
    conn.execute("update posts set region_code = %s where user_id = %s", (OTHER_GRID, town.users["worker"]))
    assert next(messages) == b": keep\n\n"
    CaseLog(conn).append("report", "reported", audience=[f"region:{GRID}"])
    moved = CaseLog(conn)
    moved.append("report", "reported", audience=[f"region:{OTHER_GRID}"])
    routes.hub.read(conn)
    heard = next(message for message in messages if message != b": keep\n\n")
    assert str(moved.id).encode() in heard


def test_a_reader_that_is_too_slow_is_let_go(conn, stream):
    case = CaseLog(conn)
    case.append("report", "reported")
    for _ in range(WAITING):
        routes.hub.read(conn)
    assert routes.hub.count() == 1
    routes.hub.read(conn)
    assert routes.hub.count() == 0
    assert stream.waiting.get_nowait() is None
    routes.hub.leave(stream)  # as its connection closes; nothing is left to forget
    assert routes.hub.count() == 0
