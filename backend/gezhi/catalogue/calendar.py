"""The working calendar as it is published: which days the State Council works, and the hours of a city's day.

Working days are those of the State Council as `chinesecalendar` knows them. A year that is not published yet is filled
with Monday to Friday and marked provisional; loading it again after publication puts it right. Sums of working time are
the database's (sql/calendar.sql).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, time, timedelta
from typing import NamedTuple

import chinese_calendar


class Day(NamedTuple):
    """A day as published, or as it will probably be."""

    day: date
    working: bool
    provisional: bool


class Stretch(NamedTuple):
    """Hours of work without a break, in minutes of the city's day."""

    opens: int
    closes: int


def days(first_year: int, last_year: int) -> Iterator[Day]:
    """The days of the years, both included, in order."""
    today = date(first_year, 1, 1)
    while today.year <= last_year:
        yield Day(today, *is_working_day(today))
        today += timedelta(days=1)


def is_working_day(today: date) -> tuple[bool, bool]:
    """Whether people work on the day, and whether that is provisional because the year is not published."""
    try:
        return bool(chinese_calendar.is_workday(today)), False
    except NotImplementedError:
        return today.weekday() < 5, True


def stretches(day: Sequence[tuple[str, str]]) -> list[Stretch]:
    """The hours of a day from texts like ("08:30", "12:00")."""
    return [Stretch(_minute(opens), _minute(closes)) for opens, closes in day]


def clock(minute: int) -> str:
    """`08:30` for 510."""
    return f"{minute // 60:02}:{minute % 60:02}"


def _minute(text: str) -> int:
    found = time.fromisoformat(text)
    return found.hour * 60 + found.minute
