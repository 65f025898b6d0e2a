"""The working calendar: spans of working time with the working seconds before each, so that SQL finds due times.

Working days are those of the State Council as `chinesecalendar` knows them. A year that is not published yet is filled
with Monday to Friday and marked provisional; loading it again after publication puts it right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar

WORKING_DAY = 27_000
"""Seconds of work in a working day, 7.5 hours; due_at_v1 counts limits in working days by it."""


@dataclass(frozen=True)
class Span:
    """A stretch of working time of one day; `worked_before` in seconds since the calendar's first day."""

    starts_at: datetime
    ends_at: datetime
    worked_before: int
    provisional: bool


def spans(first_year: int, last_year: int, day: Sequence[tuple[time, time]], zone: ZoneInfo) -> Iterator[Span]:
    """The working spans of the years, both included, in order. `day` holds the stretches of one working day."""
    worked = 0
    today = date(first_year, 1, 1)
    while today.year <= last_year:
        working, provisional = is_working_day(today)
        for opens, closes in day if working else ():
            starts_at, ends_at = datetime.combine(today, opens, zone), datetime.combine(today, closes, zone)
            yield Span(starts_at, ends_at, worked, provisional)
            worked += int((ends_at - starts_at).total_seconds())
        today += timedelta(days=1)


def working_seconds(day: Sequence[tuple[time, time]]) -> int:
    """Seconds of work in a day of these stretches."""
    minutes = sum((closes.hour - opens.hour) * 60 + closes.minute - opens.minute for opens, closes in day)
    return minutes * 60


def is_working_day(today: date) -> tuple[bool, bool]:
    """Whether people work on the day, and whether that is provisional because the year is not published."""
    try:
        return bool(chinese_calendar.is_workday(today)), False
    except NotImplementedError:
        return today.weekday() < 5, True
