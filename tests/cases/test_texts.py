"""The consumer `texts`: what search finds of a case, from all that was said about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from gezhi.cases import texts
from gezhi.db import uuid7
from tests.cases.helpers import SECRET, now
from tests.conftest import Caller
from tests.notify.town import settle

CITY = "3601"
Conn = psycopg.Connection[Any]


@pytest.fixture
def found(conn: Conn) -> Callable[[str], set[str]]:
    """The cases whose pairs hold those of a question."""

    def do(asked: str) -> set[str]:
        rows = conn.execute(
            "select case_id::text from case_texts where city = %s and pairs @> pairs_v1(%s)", (CITY, asked)
        )
        return {row[0] for row in rows.fetchall()}

    return do


@pytest.fixture
def read(conn: Conn) -> Callable[[], int]:
    """Lets the consumer read to the end of the log; returns how many events that were."""

    def do() -> int:
        settle(conn)
        return sum(iter(lambda: texts.consume(conn, CITY), 0))

    return do


def noted(conn: Conn, case: str, action: str, text: str | None = None) -> None:
    """Append a note to a case as any of the database's functions would."""
    conn.execute(
        "select write_v1(c, c, %s, 'note', 'reporter', null, null, now(), now(), '{}',"
        " case when %s::text is not null then jsonb_build_object('text', %s::text) end) from cases c where id = %s",
        (action, text, text, case),
    )


def test_texts_addresses_and_what_others_add_are_found(app: Any, send: Any, found: Any, read: Any, conn: Conn) -> None:
    case = send(text="三号路灯ＬＥＤ不亮", address="沿江中大道 88 号")["case_id"]
    other = send(text="垃圾没人收")["case_id"]
    assert found("路灯") == set(), "written behind the log"
    assert read() > 0
    for asked in ("路灯", "led不亮", "大道88", "号路灯L"):
        assert found(asked) == {case}, asked
    assert found("垃圾") == {other}
    sent = {"id": str(uuid7()), "secret": SECRET, "occurred_at": now(), "text": "变压器旁边也黑"}
    assert Caller(app).post(f"/nearby/{case}/join", sent).status_code == 201
    noted(conn, case, "add", "线头露在外面")
    read()
    assert found("变压器") == found("线头") == found("路灯") == {case}


def test_a_corrected_address_replaces_the_earlier_one(send: Any, found: Any, read: Any, conn: Conn) -> None:
    case = send(text="井盖响", address="孺子路七号")["case_id"]
    read()
    assert found("孺子路") == {case}
    conn.execute("update cases set address = '象山北路' where id = %s", (case,))
    noted(conn, case, "correct")
    read()
    assert (found("孺子路"), found("象山北路")) == (set(), {case})


def test_what_is_said_inside_the_office_is_not_searched(send: Any, found: Any, read: Any, conn: Conn) -> None:
    case = send(text="水管爆了")["case_id"]
    noted(conn, case, "contact", "反映人要求保密")
    read()
    assert found("保密") == set()
    assert found("水管") == {case}


def test_reading_the_log_again_leads_to_the_same_rows(send: Any, read: Any, conn: Conn) -> None:
    send(text="喷泉不喷水")
    read()
    before = conn.execute("select * from case_texts order by case_id").fetchall()
    assert before
    assert read() == 0
    conn.execute("delete from consumers where name = %s", (texts.NAME,))
    assert read() > 0
    assert conn.execute("select * from case_texts order by case_id").fetchall() == before


def test_a_rebuild_makes_every_row_anew_and_forgets_what_was_erased(
    send: Any, found: Any, read: Any, conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, erased = send(text="喇叭太响")["case_id"], send(text="邻居的名字")["case_id"]
    read()
    conn.execute("update event_bodies set body = 'null' where case_id = %s", (erased,))
    conn.execute("update case_texts set pairs = '{}' where case_id = %s", (kept,))
    conn.execute("delete from case_texts where case_id <> all (%s::uuid[])", ([kept, erased],))
    monkeypatch.setattr(texts, "BATCH", 2)
    row = conn.execute("select count(*) from cases where city = %s", (CITY,)).fetchone()
    assert row == (texts.rebuild(conn, CITY),)
    assert row[0] > 2
    assert conn.execute("select count(*) from case_texts").fetchone() == row
    assert found("喇叭") == {kept}
    assert found("名字") == set()


def test_a_failure_leaves_cursor_and_rows_as_they_were(
    send: Any, found: Any, read: Any, conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = send(text="雕像缺了手")["case_id"]
    settle(conn)
    with monkeypatch.context() as broken:
        broken.setattr(texts.log, "advance", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            texts.consume(conn, CITY)
    assert found("雕像") == set()
    assert read() > 0
    assert found("雕像") == {case}
