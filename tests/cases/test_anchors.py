"""Anchors: what was in the log is known outside, and whoever changes it afterwards is found."""

from __future__ import annotations

import hashlib
import json
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from moto.server import ThreadedMotoServer

from gezhi.cases import anchors, log, outside
from gezhi.cases.doctor import examine
from gezhi.config import settings
from gezhi.db import connection
from gezhi.media import stores
from tests.cases.steps import do

CITY = "3601"
Conn = psycopg.Connection[Any]


@pytest.fixture(autouse=True)
def elsewhere(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, conn: Conn) -> Any:
    """A place outside of its own for each test, and a log in which nothing is anchored yet."""
    monkeypatch.setenv("ANCHOR_URL", f"file://{tmp_path}/outside")
    settings.cache_clear()
    conn.execute("delete from anchors")
    conn.execute("delete from consumers where name = 'anchors'")
    yield tmp_path / "outside" / CITY / "anchors"
    monkeypatch.undo()
    settings.cache_clear()


def anchor() -> int:
    """Write what there is to anchor; returns how many anchors that took."""
    with connection() as lent:
        return anchors.turn(lent, CITY, now=True)


@pytest.fixture
def anchored(closed: Any, conn: Conn) -> str:
    """A closed case of six events, alone in the log, anchored twice: open, then closed; nothing is wrong."""
    conn.execute("delete from events where case_id <> %s", (closed["case_id"],))
    for table in ("event_bodies", "clocks", "commands", "reports"):
        conn.execute(f"delete from {table} where case_id <> %s", (closed["case_id"],))
    conn.execute("delete from cases where id <> %s", (closed["case_id"],))
    settle(conn)
    assert anchor() == 1
    assert examine() == []
    return str(closed["case_id"])


def settle(conn: Conn) -> None:
    """Wait until no transaction of another database of this server holds the log's horizon back."""
    row = conn.execute("select pg_current_xact_id()::text").fetchone()
    assert row is not None
    for _ in range(600):
        held = conn.execute(
            "select pg_snapshot_xmin(pg_current_snapshot()) <= %s::text::xid8 and exists ("
            " select from events where xid >= pg_snapshot_xmin(pg_current_snapshot()))",
            row,
        ).fetchone()
        if held == (False,):
            return
        threading.Event().wait(0.05)
    raise AssertionError("the horizon does not move")


def forged(conn: Conn, case: str, seq: int) -> None:
    """Change an event and make the case's whole chain fit again, as somebody who owns the tables could."""
    conn.execute('update events set facts = facts || \'{"why": "bribe"}\' where case_id = %s and seq = %s', (case, seq))
    for number in range(seq, 7):
        conn.execute(
            "update events e set digest = digest_v1("
            "  (select digest from events p where p.city = e.city and p.case_id = e.case_id and p.seq = e.seq - 1),"
            "  e.seq, e.version, e.action, e.state, who_v1(e.actor_kind, e.actor_user_id, e.actor_post_id), e.at,"
            "  e.occurred_at, e.facts, (select sha256(b.salt || convert_to(b.body::text, 'UTF8')) from event_bodies b"
            "    where b.city = e.city and b.case_id = e.case_id and b.seq = e.seq))"
            " where case_id = %s and seq = %s",
            (case, number),
        )


def test_a_changed_event_whose_chain_was_made_to_fit_again_is_found(anchored: str, conn: Conn) -> None:
    forged(conn, anchored, 4)
    assert examine() == [f"{anchored}: its event 6 is not the one that was anchored"]


def test_a_removed_last_event_is_found_though_the_case_is_what_its_log_says(anchored: str, conn: Conn) -> None:
    fifth = "select state, version, facts::text from events where case_id = %s and seq = 5"
    before = conn.execute(fifth, (anchored,)).fetchone()
    assert before is not None
    conn.execute("delete from event_bodies where case_id = %s and seq = 6", (anchored,))
    conn.execute("delete from events where case_id = %s and seq = 6", (anchored,))
    conn.execute(
        "update cases set state = %s, version = %s, seq = 5, step = 'verify',"
        " due_at = (%s::jsonb ->> 'due_at')::timestamptz, warn_at = (%s::jsonb ->> 'warn_at')::timestamptz"
        " where id = %s",
        (before[0], before[1], before[2], before[2], anchored),
    )
    assert examine() == [f"{anchored}: its event 6 is not the one that was anchored"]


def test_a_removed_case_is_found(anchored: str, conn: Conn) -> None:
    for table in ("event_bodies", "events", "clocks", "commands", "reports", "tasks"):
        conn.execute(f"delete from {table} where case_id = %s", (anchored,))
    conn.execute("delete from cases where id = %s", (anchored,))
    assert examine() == [f"{anchored}: the case is gone; anchored were 6 events of it"]


def test_an_event_added_as_if_it_had_been_there_is_found(anchored: str, conn: Conn, desk: Any) -> None:
    do(desk, anchored, "revisit", satisfaction="satisfied", note="满意")
    assert examine() == []  # it is only new
    conn.execute("update events set xid = '3' where case_id = %s and seq = 7", (anchored,))
    assert examine() == [f"{anchored}: event 7 was added behind the anchors' back"]


@pytest.mark.parametrize(
    "changed", ["heads = sha256(heads)", "at = at - interval '1 second'", "digest = sha256(digest)"]
)
def test_a_changed_anchor_is_found(anchored: str, conn: Conn, changed: str) -> None:
    assert anchor() == 1
    conn.execute(f"update anchors set {changed} where number = 1")
    assert "anchor 1 was altered" in examine()


def test_anchors_rewritten_together_with_the_log_differ_from_those_outside(anchored: str, conn: Conn) -> None:
    forged(conn, anchored, 4)
    conn.execute("delete from anchors")
    conn.execute("delete from consumers where name = 'anchors'")
    assert anchor() == 1
    said = examine()
    assert len(said) == 1
    assert said[0].startswith("outside is an anchor that is not here: 0000000001-")


def test_removed_anchors_are_found(anchored: str, conn: Conn) -> None:
    assert (anchor(), anchor()) == (1, 1)
    conn.execute("delete from anchors where number = 3")
    assert [said[:50] for said in examine()] == ["outside is an anchor that is not here: 0000000003-"]
    conn.execute("delete from anchors where number = 1")
    assert "anchor 1 is missing" in examine()


def test_a_changed_or_removed_copy_is_found(anchored: str, elsewhere: Path) -> None:
    [copy] = elsewhere.iterdir()
    said = json.loads(copy.read_text())
    copy.write_text(json.dumps(said | {"at": "0"}))
    assert examine() == ["the copy of anchor 1 outside was altered"]
    copy.unlink()
    assert examine() == ["anchor 1 is not the one that was kept outside"]


def test_a_copy_can_be_checked_and_read_without_the_database(anchored: str, conn: Conn, elsewhere: Path) -> None:
    import base64

    [copy] = elsewhere.iterdir()
    said = json.loads(copy.read_text())
    heads = base64.b64decode(said["heads"])
    words = f"{said['city']}|{said['number']}|{said['at']}".encode()
    assert hashlib.sha256(b"" + words + hashlib.sha256(heads).digest()).hexdigest() == said["digest"]
    assert copy.name == f"0000000001-{said['digest']}.json"
    [head] = conn.execute("select digest from events where case_id = %s and seq = 6", (anchored,)).fetchall()
    assert heads == bytes.fromhex(anchored.replace("-", "")) + (6).to_bytes(4, "big") + head[0]


def test_an_anchor_holds_what_changed_since_the_one_before(
    anchored: str, conn: Conn, send: Callable[..., Any], desk: Any
) -> None:
    other = send()["case_id"]
    do(desk, anchored, "revisit", satisfaction="satisfied", note="满意")
    settle(conn)
    assert anchor() == 1
    assert anchor() == 1
    with connection() as lent:
        _, second, third = anchors._anchors(lent, CITY, inside=False)
    assert {(str(case), seq) for case, seq, _ in second.cases()} == {(anchored, 7), (other, 3)}
    assert list(third.cases()) == []
    assert third.previous == second.digest
    assert examine() == []


def test_a_full_anchor_is_followed_by_the_next_at_once(
    anchored: str, conn: Conn, send: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [send()["case_id"] for _ in range(3)]
    settle(conn)
    monkeypatch.setattr(anchors, "EVENTS", 4)
    assert anchor() == 3  # nine events, four at a time
    assert examine() == []
    forged(conn, str(cases[0]), 3)
    assert examine() == [f"{cases[0]}: its event 3 is not the one that was anchored"]


def test_an_anchor_is_due_every_ten_minutes(anchored: str, conn: Conn) -> None:
    with connection() as lent:
        assert anchors.turn(lent, CITY) == 0
        conn.execute("update anchors set at = at - interval '601 seconds'")
        assert anchors.turn(lent, CITY) == 1
        assert anchors.turn(lent, CITY) == 0


def test_two_workers_write_one(anchored: str, conn: Conn) -> None:
    conn.execute("update anchors set at = at - interval '601 seconds'")
    start, wrote = threading.Barrier(2), []

    def work() -> None:
        with connection() as lent:
            start.wait()
            wrote.append(anchors.turn(lent, CITY))

    workers = [threading.Thread(target=work) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert sorted(wrote) == [0, 1]


def test_a_slow_commit_is_in_the_next_anchor(
    database: str, anchored: str, conn: Conn, send: Callable[..., Any]
) -> None:
    with psycopg.connect(database) as slow:
        slow.execute("insert into consumers (city, name) values ('0000', 'slow')")  # it has a transaction id now
        case = send()["case_id"]
        anchor()
        with connection() as lent:
            assert list(list(anchors._anchors(lent, CITY, inside=False))[-1].cases()) == []
        slow.rollback()
    settle(conn)
    anchor()
    with connection() as lent:
        assert str(case) in {str(found) for found, _, _ in list(anchors._anchors(lent, CITY, inside=False))[-1].cases()}


def test_a_place_outside_that_is_away_loses_nothing(
    anchored: str, conn: Conn, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANCHOR_URL", "s3://anchors/city")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    settings.cache_clear()
    assert anchor() == 1
    assert [said[:30] for said in examine()] == ["the anchors outside cannot be "]
    monkeypatch.setenv("ANCHOR_URL", f"file://{elsewhere.parents[1]}")
    settings.cache_clear()
    assert examine() == []
    conn.execute("update anchors set at = at - interval '2 hours' where number = 2")
    assert "anchor 2 has no copy outside" in examine()
    conn.execute("update anchors set at = at + interval '2 hours' where number = 2")
    assert anchor() == 1
    assert len(list(elsewhere.iterdir())) == 3
    assert examine() == []


def test_anchors_leave_for_s3(anchored: str, conn: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/anchors", method="PUT")).close()
    said = {"ANCHOR_URL": "s3://anchors/nanchang", "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "test"}
    for name, value in (said | {"AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}).items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    stores.opened.cache_clear()
    try:
        conn.execute("update anchors set left_at = null")
        assert anchor() == 1
        assert sorted(name[:10] for name in outside.names(f"{CITY}/anchors")) == ["0000000001", "0000000002"]
        assert examine() == []
        outside.keep(f"{CITY}/anchors/{next(iter(outside.names(f'{CITY}/anchors')))}", b"another")
        assert examine() == []
        conn.execute("delete from anchors where number = 2")
        assert [said[:50] for said in examine()] == ["outside is an anchor that is not here: 0000000002-"]
    finally:
        stores.opened.cache_clear()
        server.stop()


def test_what_is_kept_outside_is_not_written_twice(elsewhere: Path) -> None:
    outside.keep("3601/anchors/a.json", b"first")
    outside.keep("3601/anchors/a.json", b"second")
    assert outside.read("3601/anchors/a.json") == b"first"


def test_the_log_goes_on_when_a_writer_hangs(database: str, conn: Conn, send: Callable[..., Any]) -> None:
    """A writer that hangs is ended by its time limits; what waited behind it is read then, nothing is skipped."""
    with connection() as hangs:
        limits = dict(conn.execute("select name, setting from pg_settings").fetchall())  # the server's own
        assert limits["idle_in_transaction_session_timeout"] == "0"
        asked = "select current_setting('idle_in_transaction_session_timeout'), current_setting('statement_timeout')"
        assert hangs.execute(asked).fetchone() == ("10s", "10s")
        settle(conn)
        start = log.horizon(conn, CITY)
        hangs.execute("set idle_in_transaction_session_timeout = '700ms'")
        hangs.execute("begin")
        hangs.execute("insert into consumers (city, name) values ('0000', 'hangs')")
        case = send()["case_id"]
        assert log.read_since(conn, CITY, *start) == []
        row = conn.execute("select horizon_age_v1() > 0").fetchone()
        assert row == (True,)
        threading.Event().wait(1.0)
        with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
            hangs.execute("commit")
    settle(conn)
    assert [str(event.case_id) for event in log.read_since(conn, CITY, *start)] == [str(case)] * 3
