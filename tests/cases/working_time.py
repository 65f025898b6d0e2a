"""Working time and limits worked out apart from the database's own sums: day by day, span by span."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone
from typing import Any

import psycopg

CITY_TIME = timezone(timedelta(hours=8))
SECONDS = {"minute": 60, "hour": 3600, "day": 86400, "working_hour": 3600, "working_day": 27000}


@dataclass
class Calendar:
    """A city's stretches of work and its limits, read once."""

    spans: list[tuple[datetime, datetime]]
    limits: list[dict[str, Any]]

    @classmethod
    def read(cls, conn: psycopg.Connection[Any]) -> Calendar:
        """Those of the demo city, from its days and hours."""
        days = conn.execute("select day from calendar_days where city = '3601' and working order by day").fetchall()
        hours = conn.execute("select opens, closes from working_hours where city = '3601' order by opens").fetchall()
        spans = []
        for (day,) in days:
            midnight = datetime.combine(day, time(), CITY_TIME)
            spans += [(midnight + timedelta(minutes=a), midnight + timedelta(minutes=b)) for a, b in hours]
        limits = [row[0] for row in conn.execute("select to_jsonb(l) from limits l where city = '3601'").fetchall()]
        return cls(spans, limits)

    def worked(self, start: datetime, end: datetime) -> float:
        """Seconds of work between two moments, the first one not after the other."""
        spans = ((max(start, a), min(end, b)) for a, b in self.spans if a < end and b > start)
        return sum((b - a).total_seconds() for a, b in spans)

    def after(self, start: datetime, seconds: float, working: bool) -> datetime:
        """The first moment at which so many seconds are gone."""
        if not working:
            return start + timedelta(seconds=seconds)
        left = timedelta(seconds=seconds)
        for a, b in self.spans:
            if b <= start:
                continue
            begin = max(start, a)
            if left <= b - begin:
                return (begin + left).astimezone(UTC)
            left -= b - begin
        raise AssertionError("beyond the calendar")

    def left(self, start: datetime, end: datetime, working: bool) -> float:
        """Seconds of its own time that a clock has left at a moment."""
        return self.worked(start, end) if working else (end - start).total_seconds()

    def limit(self, step: str, case: dict[str, Any], urban: str) -> tuple[float, bool] | None:
        """Seconds that a step of a case may take, and whether they are working time; None: it has no limit."""
        rows = [
            row for row in self.limits
            if row["step"] == step and row["profile"] in (case["profile"], "standard")
            and row["urgency"] in (case["urgency"], "*") and row["urban"] in (urban, "*")
            and (row["kind"], row["code"]) in ((case["matter_kind"], case["matter_code"]), ("*", "*"))
        ]  # fmt: skip
        if not rows:
            return None
        exact = min(
            rows,
            key=lambda row: (row["profile"] == "standard", *(row[key] == "*" for key in ("kind", "urgency", "urban"))),
        )
        return exact["amount"] * SECONDS[exact["unit"]], exact["unit"].startswith("working")
