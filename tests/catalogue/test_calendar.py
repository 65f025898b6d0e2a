"""The working calendar: public holidays, make-up days, provisional years, and sums that add up."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from gezhi.catalogue.calendar import is_working_day, spans

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = [(time(8, 30), time(12)), (time(13, 30), time(17, 30))]


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 10, 1), False),  # National Day, a Thursday
        (date(2026, 10, 10), True),  # a Saturday worked in exchange
        (date(2026, 2, 17), False),  # Spring Festival, a Tuesday
        (date(2026, 11, 20), True),  # a Friday like any other
        (date(2026, 11, 21), False),  # and the Saturday after it
    ],
)
def test_published_years_follow_the_state_council(day: date, working: bool) -> None:
    assert is_working_day(day) == (working, False)


def test_K1_years_not_published_are_provisional_weekends() -> None:
    assert is_working_day(date(2031, 10, 1)) == (True, True)  # a Wednesday: nobody knows better yet
    assert is_working_day(date(2031, 10, 4)) == (False, True)


def test_K1_each_span_says_how_much_was_worked_before_it() -> None:
    year = list(spans(2026, 2026, DAY, SHANGHAI))
    assert len(year) == 2 * 248
    worked = 0
    for span in year:
        assert span.worked_before == worked
        worked += int((span.ends_at - span.starts_at).total_seconds())
    assert worked == 248 * 7.5 * 3600
    first = year[0]
    assert first.starts_at.isoformat() == "2026-01-04T08:30:00+08:00"  # a Sunday worked in exchange


def test_the_demo_has_this_year_and_the_next(conn: psycopg.Connection[Any]) -> None:
    rows = conn.execute(
        "select extract(year from starts_at at time zone 'Asia/Shanghai')::int, count(*), bool_and(provisional)"
        " from working_spans where city = '3601' group by 1 order by 1"
    ).fetchall()
    assert rows[0] == (2026, 496, False)
    assert [row[0] for row in rows[:2]] == [2026, 2027]
    gaps = conn.execute(
        "select count(*) from (select worked_before,"
        " lag(worked_before + extract(epoch from ends_at - starts_at)::bigint) over (order by starts_at) expected"
        " from working_spans where city = '3601') s where worked_before <> expected"
    ).fetchone()
    assert gaps == (0,)


@pytest.mark.parametrize(
    ("begun", "limit", "due"),
    [
        ("2026-11-20 10:00", (1, "working_day"), "2026-11-23 10:00"),  # Friday to Monday
        ("2026-11-20 17:00", (4, "working_hour"), "2026-11-23 12:00"),  # half an hour now, the rest on Monday
        ("2026-11-20 12:30", (1, "working_hour"), "2026-11-20 14:30"),  # the break does not count
        ("2026-11-21 03:00", (30, "minute"), "2026-11-21 03:30"),  # minutes never stand still
        ("2026-09-30 16:30", (1, "working_day"), "2026-10-08 16:30"),  # over National Day
        ("2026-10-09 16:30", (1, "working_day"), "2026-10-10 16:30"),  # on to the Saturday worked in exchange
        ("2026-12-31 09:00", (15, "working_day"), "2027-01-21 09:00"),  # into a provisional year
    ],
)
def test_K1_limits_run_in_working_time(
    conn: psycopg.Connection[Any], begun: str, limit: tuple[int, str], due: str
) -> None:
    def local(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)

    assert conn.execute("select due_at_v1('3601', %s, %s, %s)", (local(begun), *limit)).fetchone() == (local(due),)
