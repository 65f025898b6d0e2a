"""The working calendar: public holidays, make-up days, provisional years, edited days, and time there and back."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gezhi.catalogue import loader, service
from gezhi.catalogue.calendar import days, is_working_day
from gezhi.catalogue.tables import CatalogueRefused
from gezhi.db import uuid7
from gezhi.http.problems import Problem
from tests.catalogue.conftest import local

Conn = psycopg.Connection[Any]
DAY, HOUR = 27_000, 3_600


@pytest.fixture
def after(conn: Conn) -> Callable[..., datetime]:
    """after_v1 of the demo city."""

    def do(begun: datetime, seconds: int, working: bool = True) -> datetime:
        row = conn.execute("select after_v1('3601', %s, %s, %s)", (begun, seconds, working)).fetchone()
        assert row is not None
        return row[0]

    return do


@pytest.fixture
def between(conn: Conn) -> Callable[..., int]:
    """seconds_between_v1 of the demo city."""

    def do(begun: datetime, ended: datetime, working: bool = True) -> int:
        row = conn.execute("select seconds_between_v1('3601', %s, %s, %s)", (begun, ended, working)).fetchone()
        assert row is not None
        return row[0]

    return do


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 10, 1), False),  # National Day, a Thursday
        (date(2026, 10, 10), True),  # a Saturday worked in exchange
        (date(2026, 2, 17), False),  # Spring Festival, a Tuesday
        (date(2026, 2, 14), True),  # the Saturday before it, worked in exchange
        (date(2026, 11, 20), True),  # a Friday like any other
        (date(2026, 11, 21), False),  # and the Saturday after it
    ],
)
def test_published_years_follow_the_state_council(day: date, working: bool) -> None:
    assert is_working_day(day) == (working, False)


def test_K1_years_not_published_are_provisional_weekends() -> None:
    assert is_working_day(date(2031, 10, 1)) == (True, True)  # a Wednesday: nobody knows better yet
    assert is_working_day(date(2031, 10, 4)) == (False, True)
    assert [day.day for day in days(2031, 2032)] == [date(2031, 1, 1) + timedelta(n) for n in range(731)]


def test_K1_each_span_says_how_much_was_worked_before_it(conn: Conn) -> None:
    spans = conn.execute(
        "select starts_at, ends_at, worked_before from working_spans where city = '3601'"
        " and starts_at < '2027-01-01 00:00+08' order by starts_at"
    ).fetchall()
    assert len(spans) == 2 * 248
    worked = 0
    for starts_at, ends_at, worked_before in spans:
        assert worked_before == worked
        worked += int((ends_at - starts_at).total_seconds())
    assert worked == 248 * DAY
    assert spans[0][0] == local("2026-01-04 08:30")  # a Sunday worked in exchange


def test_the_demo_has_this_year_and_the_next(conn: Conn) -> None:
    years = conn.execute(
        "select extract(year from day)::int, count(*), count(*) filter (where working), bool_and(provisional)"
        " from calendar_days where city = '3601' group by 1 order by 1"
    ).fetchall()
    assert years[:2] == [(2026, 365, 248, False), (2027, 365, 261, True)]
    assert conn.execute(
        "select distinct extract(year from starts_at at time zone 'Asia/Shanghai')::int, provisional"
        " from working_spans where city = '3601' order by 1 limit 2"
    ).fetchall() == [(2026, False), (2027, True)]


@pytest.mark.parametrize(
    ("begun", "seconds", "ended"),
    [
        ("2026-11-20 10:00", DAY, "2026-11-23 10:00"),  # within a stretch: Friday to Monday
        ("2026-11-20 17:00", 4 * HOUR, "2026-11-23 12:00"),  # half an hour now, the rest on Monday, to its very end
        ("2026-11-20 08:30", DAY, "2026-11-20 17:30"),  # a whole day ends with the day, not on Monday morning
        ("2026-11-20 12:30", HOUR, "2026-11-20 14:30"),  # in the break: it does not count
        ("2026-11-20 06:00", HOUR, "2026-11-20 09:30"),  # before work
        ("2026-11-20 22:00", HOUR, "2026-11-23 09:30"),  # after it
        ("2026-11-21 11:00", HOUR, "2026-11-23 09:30"),  # on a Saturday
        ("2026-09-30 16:30", DAY, "2026-10-08 16:30"),  # over National Day
        ("2026-10-09 16:30", DAY, "2026-10-10 16:30"),  # on to the Saturday worked in exchange
        ("2026-02-13 16:30", DAY, "2026-02-14 16:30"),  # and on to the one before Spring Festival
        ("2026-02-14 16:30", DAY, "2026-02-24 16:30"),  # over its nine days
        ("2026-02-14 16:30", 5 * DAY, "2026-02-28 16:30"),  # up to the Saturday worked after it
        ("2026-12-31 09:00", 15 * DAY, "2027-01-21 09:00"),  # into a provisional year
    ],
)
def test_K1_working_time_passes_while_people_work(
    after: Any, between: Any, begun: str, seconds: int, ended: str
) -> None:
    assert after(local(begun), seconds) == local(ended)
    assert between(local(begun), local(ended)) == seconds
    assert between(local(ended), local(begun)) == -seconds


def test_K1_no_working_time_passes_while_nobody_works(after: Any, between: Any) -> None:
    friday, monday = local("2026-11-20 17:30"), local("2026-11-23 08:30")
    assert between(friday, monday) == 0
    assert between(local("2026-11-21 03:00"), local("2026-11-22 23:00")) == 0
    assert after(local("2026-11-21 03:00"), 0) == local("2026-11-21 03:00")
    assert after(monday + timedelta(minutes=1), -120) == friday - timedelta(minutes=1)


def test_plain_time_never_stands_still(after: Any, between: Any) -> None:
    assert after(local("2026-11-21 03:00"), 1_800, working=False) == local("2026-11-21 03:30")
    assert between(local("2026-11-20 17:30"), local("2026-11-23 08:30"), working=False) == 63 * HOUR


def test_K1_beyond_the_calendar_three_days_stand_for_two_of_work(conn: Conn, after: Any, between: Any) -> None:
    (end,) = conn.execute("select max(ends_at) from working_spans where city = '3601'").fetchone() or (None,)
    assert after(end, 2 * DAY) == end + timedelta(days=3)
    assert after(end - timedelta(hours=1), 2 * DAY + HOUR) == end + timedelta(days=3)
    assert between(end - timedelta(hours=1), end + timedelta(days=3)) == 2 * DAY + HOUR
    begin = local("2026-01-04 08:30")
    assert after(begin - timedelta(days=3), 2 * DAY + HOUR) == begin + timedelta(hours=1)
    assert between(begin, begin - timedelta(days=3)) == -2 * DAY


@pytest.mark.usefixtures("database")
def test_a_city_without_a_calendar_has_no_days_to_show_or_edit() -> None:
    with pytest.raises(Problem, match="not_found"):
        service.calendar("9999", 2026)
    with pytest.raises(Problem, match="not_found"):
        service.edit_day("9999", uuid7(), date(2026, 11, 23), working=False)


def test_a_city_without_a_calendar_still_has_limits(conn: Conn) -> None:
    begun = local("2026-11-20 10:00")
    row = conn.execute(
        "select after_v1('9999', %(at)s, 54000, true),"
        " seconds_between_v1('9999', %(at)s, %(at)s + interval '3 days', true)",
        {"at": begun},
    ).fetchone()
    assert row == (begun + timedelta(days=3), 2 * DAY)


MOMENTS = st.datetimes(datetime(2025, 11, 1), datetime(2028, 3, 1)).map(lambda at: local(str(at)))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(begun=MOMENTS, seconds=st.integers(-60 * DAY, 60 * DAY), working=st.booleans())
def test_K1_between_is_the_inverse_of_after(
    after: Any, between: Any, begun: datetime, seconds: int, working: bool
) -> None:
    ended = after(begun, seconds, working)
    assert between(begun, ended, working) == seconds
    assert between(ended, begun, working) == -seconds
    assert (ended - begun) * (1 if seconds > 0 else -1) >= abs(seconds) * timedelta(seconds=1)
    assert after(begun, seconds + 1, working) > ended


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=MOMENTS, second=MOMENTS, third=MOMENTS)
def test_K1_working_time_adds_up(between: Any, first: datetime, second: datetime, third: datetime) -> None:
    whole = between(first, third)
    assert abs(between(first, second) + between(second, third) - whole) <= 1  # each is rounded to a second


OTHER = "3701"


@pytest.fixture
def other(conn: Conn, folder: Path) -> Callable[[], Conn]:
    """Loads the calendar of another city anew; its first call empties it."""
    conn.execute("delete from calendar_days where city = %s", (OTHER,))

    def load() -> Conn:
        loader.load_calendar(conn, OTHER, folder / "calendar.json")
        return conn

    load()
    return load


def due(conn: Conn, begun: str) -> datetime:
    """A working day after a moment in the other city."""
    row = conn.execute("select after_v1(%s, %s, %s, true)", (OTHER, local(begun), DAY)).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.usefixtures("other")
def test_K1_an_edited_day_moves_what_is_due_afterwards(conn: Conn) -> None:
    assert due(conn, "2026-11-20 16:30") == local("2026-11-23 16:30")
    service.edit_day(OTHER, uuid7(), date(2026, 11, 23), working=False)
    assert due(conn, "2026-11-20 16:30") == local("2026-11-24 16:30")
    service.edit_day(OTHER, uuid7(), date(2026, 11, 21), working=True)
    assert due(conn, "2026-11-20 16:30") == local("2026-11-21 16:30")
    assert conn.execute("select after_v1('3601', %s, 27000, true)", (local("2026-11-20 16:30"),)).fetchone() == (
        local("2026-11-23 16:30"),
    ), "another city's calendar is its own"


def test_loading_anew_leaves_edited_days_as_they_are(conn: Conn, other: Callable[[], Conn]) -> None:
    service.edit_day(OTHER, uuid7(), date(2026, 11, 23), working=False)
    # As if the year had not been published at the first loading.
    conn.execute(
        "update calendar_days set working = day = '2026-10-01', provisional = true"
        " where city = %s and day in ('2026-10-01', '2026-11-23')",
        (OTHER,),
    )
    other()
    assert conn.execute(
        "select day::text, working, provisional, edited from calendar_days where city = %s"
        " and day in ('2026-10-01', '2026-11-23') order by day",
        (OTHER,),
    ).fetchall() == [("2026-10-01", False, False, False), ("2026-11-23", False, False, True)]
    assert due(conn, "2026-11-20 16:30") == local("2026-11-24 16:30")


@pytest.mark.usefixtures("other")
def test_days_edited_at_the_same_time_all_count(conn: Conn) -> None:
    start = threading.Barrier(4)
    fridays = [date(2027, 3, day) for day in (5, 12, 19, 26)]

    def edit(day: date) -> None:
        start.wait()
        service.edit_day(OTHER, uuid7(), day, working=False)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(edit, fridays))
    assert conn.execute(
        "select count(*) from working_spans where city = %s"
        " and (starts_at at time zone 'Asia/Shanghai')::date = any(%s)",
        (OTHER, fridays),
    ).fetchone() == (0,)


@pytest.mark.usefixtures("other")
def test_work_may_go_on_over_midnight(conn: Conn) -> None:
    conn.execute("delete from working_hours where city = %s", (OTHER,))
    conn.execute("insert into working_hours values (%s, 0, 450), (%s, 990, 1440)", (OTHER, OTHER))
    conn.execute("select rebuild_spans_v1(%s)", (OTHER,))
    assert due(conn, "2026-11-23 20:00") == local("2026-11-24 03:30")
    assert conn.execute(
        "select seconds_between_v1(%s, %s, %s, true)", (OTHER, local("2026-11-23 16:30"), local("2026-11-24 00:00"))
    ).fetchone() == (DAY,)


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ([["09:00", "12:00"], ["13:30", "17:30"]], r"7\.0 hours of work, not 7\.5"),
        ([["08:30", "12:00"], ["11:30", "15:30"]], "follow one another"),
        ([["12:00", "08:30"], ["13:30", "17:30"]], "follow one another"),
    ],
)
def test_hours_that_are_not_a_working_day_are_refused(
    conn: Conn, folder: Path, day: list[list[str]], said: str
) -> None:
    path = folder / "calendar.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "day": day}))
    with pytest.raises(CatalogueRefused, match=said):
        loader.load_calendar(conn, "3601", path)
