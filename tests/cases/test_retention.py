"""Retention: what has been kept as long as its class allows is erased, each night."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gezhi import queue, worker
from gezhi.cases import erasure
from gezhi.cases.doctor import examine
from gezhi.cases.tasks import erase_what_is_over
from gezhi.db import connection
from gezhi.media import stores
from tests.cases.conftest import Person
from tests.cases.erasing import CITY, Reported, everything, jobs
from tests.cases.steps import seen

Conn = psycopg.Connection[Any]
pytestmark = pytest.mark.usefixtures("elsewhere")


def sweep() -> int:
    with connection() as lent:
        return erasure.sweep(lent, CITY)


@pytest.fixture
def later(at: Callable[[datetime | None], None]) -> Callable[[float], None]:
    """Lets time pass: so many days from now."""
    return lambda days: at(datetime.now(UTC) + timedelta(days=days))


def test_names_and_numbers_go_a_year_after_the_end(over: Reported, conn: Conn, later: Callable[[float], None]) -> None:
    def held() -> Any:
        return conn.execute(
            "select (select count(*) from personal_data v where v.id = r.reporter_id), r.phone_hmac is null,"
            " r.secret_hash is null from reports r where receipt_code = %s", (over.receipt,)
        ).fetchone()  # fmt: skip

    later(364)
    sweep()
    assert held() == (1, False, False)
    later(366)
    assert sweep() >= 1
    assert held() == (0, True, False)
    assert everything(conn, over.said) == ["event_bodies"]
    assert sweep() == 0


def test_an_open_case_keeps_its_reporter(reported: Reported, conn: Conn, later: Callable[[float], None]) -> None:
    later(4000)
    sweep()
    held = "select count(*) from personal_data v join reports r on r.reporter_id = v.id where r.receipt_code = %s"
    assert conn.execute(held, (reported.receipt,)).fetchone() == (1,)
    assert everything(conn, reported.said) == ["event_bodies"]


def test_what_was_said_and_shown_goes_five_years_after_the_end(
    over: Reported, conn: Conn, later: Callable[[float], None], desk: Person
) -> None:
    later(1824)
    sweep()
    assert over.said in seen(desk, over.case)["text"]
    later(1826)
    sweep()
    jobs(conn)
    for word in (over.said, over.added, over.late, over.where, "已经修好"):
        assert everything(conn, word) == []
    assert stores.get(stores.cleaned(CITY, over.photo, "full")) is None
    assert [fault for fault in examine() if over.case in fault] == []
    assert sweep() == 0


def test_refused_commands_lose_their_content_after_a_year(
    over: Reported, conn: Conn, later: Callable[[float], None]
) -> None:
    content = "select content is null from commands where case_id = %s and refused is not null"
    conn.execute("update commands set created_at = now() - interval '364 days' where case_id = %s", (over.case,))
    sweep()
    assert conn.execute(content, (over.case,)).fetchone() == (False,)
    conn.execute("update commands set created_at = now() - interval '366 days' where case_id = %s", (over.case,))
    assert sweep() == 1
    assert conn.execute(content, (over.case,)).fetchone() == (True,)
    assert sweep() == 0


def test_doubtful_positions_go_after_90_days(reported: Reported, conn: Conn, worker: Person) -> None:
    conn.execute("delete from doubtful_positions")
    for days in (89, 91):
        conn.execute(
            "insert into doubtful_positions values (%s, %s, %s, %s, now() - make_interval(days => %s))",
            (CITY, worker.post_id, reported.case, days, days),
        )
    sweep()
    assert conn.execute("select seq from doubtful_positions").fetchall() == [(89,)]


def test_a_city_may_keep_a_class_for_another_time(over: Reported, conn: Conn, later: Callable[[float], None]) -> None:
    conn.execute("insert into retention_rules values (%s, 'ended_cases', 30)", (CITY,))
    try:
        later(31)
        sweep()
    finally:
        conn.execute("delete from retention_rules")
    assert everything(conn, over.said) == []


def test_the_worker_erases_every_night_and_keeps_copies_outside_all_day(
    over: Reported, conn: Conn, later: Callable[[float], None], elsewhere: Path
) -> None:
    bound = queue.bound_app()
    assert "47 2 * * *" in {
        task.cron for (name, _), task in bound.periodic_registry.periodic_tasks.items() if name == "erase_what_is_over"
    }
    later(1826)
    assert erase_what_is_over(0) >= 1
    assert everything(conn, over.said) == []
    conn.execute("delete from anchors")
    worker._leave()
    assert len(list((elsewhere / "anchors").iterdir())) == 1
    assert over.case in "".join(file.read_text() for file in (elsewhere / "erasures").iterdir())
