"""Who is on duty at a moment: weekly hours, dated shifts, absences; and whose desk receives (rule P6)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = (8 * 60 + 30, 17 * 60 + 30, 0b0011111)

Conn = psycopg.Connection[Any]


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of December 2026 in the city; the 7th is a Monday."""
    return datetime(2026, 12, day, hour, minute, tzinfo=SHANGHAI)


@pytest.fixture
def post(hire: Callable[..., Any], conn: Conn) -> uuid.UUID:
    """A post with office hours."""
    made: uuid.UUID = hire("grid_leader", "360103001001001", on_duty=False).post_id
    conn.execute("insert into duty_hours values (%s, %s, %s, %s)", (made, *OFFICE))
    return made


@pytest.fixture
def on_duty(conn: Conn, post: uuid.UUID) -> Callable[[datetime], bool]:
    """Whether the post is on duty at a moment."""

    def ask(moment: datetime) -> bool:
        row = conn.execute("select on_duty_v1(%s, %s)", (post, moment)).fetchone()
        assert row is not None
        return bool(row[0])

    return ask


@pytest.fixture
def shift(conn: Conn, post: uuid.UUID) -> Callable[[datetime, datetime], None]:
    """Plans a shift of the post."""

    def plan(start: datetime, end: datetime) -> None:
        conn.execute("insert into shifts values (%s, %s, %s)", (post, start, end))

    return plan


@pytest.fixture
def absence(conn: Conn, post: uuid.UUID) -> Callable[[datetime, datetime], None]:
    """Plans an absence of the post."""

    def plan(start: datetime, end: datetime) -> None:
        conn.execute("insert into absences values (%s, %s, %s, '休假')", (post, start, end))

    return plan


def test_P6_weekly_hours_are_of_the_citys_days(on_duty: Any) -> None:
    told = [on_duty(at(*moment)) for moment in ((7, 8, 29), (7, 8, 30), (11, 17, 29), (11, 17, 30), (12, 12))]
    assert told == [False, True, True, False, False]


def test_P6_on_a_day_with_a_shift_the_weekly_hours_do_not_count(on_duty: Any, shift: Any) -> None:
    shift(at(8, 18), at(8, 22))
    assert [on_duty(at(8, hour)) for hour in (10, 17, 18, 21, 22)] == [False, False, True, True, False]
    assert on_duty(at(7, 10))
    assert on_duty(at(9, 10))


def test_P6_several_shifts_of_a_day_all_count(on_duty: Any, shift: Any) -> None:
    shift(at(8, 6), at(8, 9))
    shift(at(8, 18), at(8, 22))
    assert [on_duty(at(8, hour)) for hour in (7, 12, 20)] == [True, False, True]


def test_P6_a_shift_across_midnight_is_of_both_days(on_duty: Any, shift: Any) -> None:
    shift(at(8, 20), at(9, 8))
    assert [on_duty(at(8, hour)) for hour in (10, 19, 20, 23)] == [False, False, True, True]
    assert [on_duty(at(9, hour)) for hour in (0, 7, 8, 10)] == [True, True, False, False]
    assert on_duty(at(10, 10))


def test_P6_a_shift_until_midnight_leaves_the_next_day_alone(on_duty: Any, shift: Any) -> None:
    shift(at(8, 16), at(9, 0))
    assert on_duty(at(8, 23, 59))
    assert not on_duty(at(9, 0))
    assert on_duty(at(9, 10))


def test_P6_a_whole_day_from_eight_to_eight_counts_to_its_end(on_duty: Any, shift: Any) -> None:
    shift(at(8, 8), at(9, 8))
    assert on_duty(at(8, 8))
    assert on_duty(at(9, 7, 59))
    assert not on_duty(at(9, 9))


def test_P6_a_post_without_weekly_hours_lives_by_its_shifts(conn: Conn, post: Any, on_duty: Any, shift: Any) -> None:
    conn.execute("delete from duty_hours where post_id = %s", (post,))
    shift(at(12, 9), at(12, 12))
    assert [on_duty(at(12, 10)), on_duty(at(12, 13)), on_duty(at(14, 10))] == [True, False, False]


def test_P6_an_absence_wins_over_hours_and_shifts(on_duty: Any, shift: Any, absence: Any) -> None:
    shift(at(8, 18), at(8, 22))
    absence(at(8, 19), at(8, 20))
    absence(at(9, 0), at(10, 0))
    assert [on_duty(at(8, *moment)) for moment in ((18, 59), (19, 0), (19, 59), (20, 0))] == [True, False, False, True]
    assert not on_duty(at(9, 10))
    assert on_duty(at(10, 10))


def test_P6_a_shift_is_a_day_at_most(shift: Any) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        shift(at(8, 8), at(9, 9))


@pytest.mark.usefixtures("shift")
def test_P6_the_unattended_desk_hands_up_until_the_city(conn: Conn, hire: Any, unit: Any) -> None:
    grid = "360104002001001"
    posts = {code: hire("dispatcher", code, unit(code)).post_id for code in (grid[:12], grid[:9], grid[:6])}

    def desk(moment: datetime) -> str:
        row = conn.execute("select attended_desk_v1('3601', %s, %s)", (grid, moment)).fetchone()
        assert row is not None
        return str(row[0])

    noon = at(15, 12)
    attended = []
    for code in (grid[:12], grid[:9], grid[:6]):
        attended.append(desk(noon))
        conn.execute("insert into absences values (%s, %s, %s, '休假')", (posts[code], at(15, 8), at(15, 18)))
    assert attended == [grid[:12], grid[:9], grid[:6]]
    assert desk(noon) == "3601"
    # Nobody at the city's desk either: it still receives.
    conn.execute(
        "insert into absences select id, %s, %s, '休假' from posts where region_code = '3601'", (at(15, 8), at(15, 18))
    )
    assert desk(noon) == "3601"
    conn.execute("insert into shifts values (%s, %s, %s)", (posts[grid[:9]], at(16, 20), at(17, 8)))
    conn.execute("delete from duty_hours where post_id = %s", (posts[grid[:12]],))
    assert [desk(at(16, 19)), desk(at(17, 3)), desk(at(17, 9))] == [grid[:6], grid[:9], grid[:6]]


def test_P6_the_grids_matters_go_to_its_post_on_duty(conn: Conn, hire: Any, enter: Any) -> None:
    worker, mate = enter("grid_worker", "360111001002001"), hire("grid_leader", "360111001002001")

    def taken(moment: datetime) -> Any:
        return conn.execute("select post_id from grid_post_v1('360111001002001', %s)", (moment,)).fetchone()

    assert taken(at(8, 3)) == (worker.post_id,)
    conn.execute("insert into shifts values (%s, %s, %s)", (worker.post_id, at(8, 8), at(8, 20)))
    assert (taken(at(8, 3)), taken(at(8, 9))) == ((mate.post_id,), (worker.post_id,))
    conn.execute("insert into absences values (%s, %s, %s, '休假')", (mate.post_id, at(8, 0), at(8, 7)))
    assert taken(at(8, 3)) is None
