"""The catalogue as readers need it: names for every list, and the matters a city has turned on.

A city's catalogue is read by one statement and kept for half a minute in each process, so that lists, receipts and
residents' first pages cost no statement for it; a change shows after at most that long.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import Connection

from gezhi import audit
from gezhi.catalogue import queries
from gezhi.catalogue.calendar import clock
from gezhi.catalogue.models import STEPS
from gezhi.db import connection
from gezhi.http.language import Language, pick
from gezhi.http.problems import Problem

KEPT_SECONDS = 30.0

Row = dict[str, Any]


@dataclass(frozen=True)
class Names:
    """Names of one city's catalogue, given in the reader's language. `version` changes with any change of it."""

    version: str
    rows: Row
    matters: dict[tuple[str, str], tuple[str, str | None]]
    categories: dict[str, Row]
    groups: dict[str, Row]

    def matter(self, kind: str, code: str) -> str:
        """A matter's name, turned on or not; its code when the lists do not know it."""
        return pick(*self.matters.get((kind, code), (code, None)))

    def category(self, key: str) -> str:
        """A resident category's name; its key when there is none."""
        return _name(self.categories, key)

    def group(self, key: str) -> str:
        """A group's name; its key when there is none."""
        return _name(self.groups, key)


_kept: dict[str, tuple[float, Names]] = {}


def names(city: str) -> Names:
    """The names of the city's catalogue: no statement while it is kept, else one."""
    found = _kept.get(city)
    if found and time.monotonic() - found[0] < KEPT_SECONDS:
        return found[1]
    read = _read(city)
    _kept[city] = time.monotonic(), read
    return read


def matters(city: str, language: Language) -> Row:
    """The answer of GET /matters in the language. Raises Problem not_found when the city has no catalogue."""
    kept = names(city)
    if not kept.categories:
        raise Problem("not_found")
    return {
        "version": f"{kept.version}-{language}",
        "categories": [_category(row, language) for row in kept.rows["categories"]],
        "groups": [{"key": row["key"], "name": _in(language, row)} for row in kept.rows["groups"]],
        "matters": [
            {**{key: row[key] for key in _SHOWN}, "name": _in(language, row)} for row in kept.rows["city_matters"]
        ],
    }


_SHOWN = (
    "kind", "code", "group", "category", "photo_report", "photo_handle", "verification", "urgency", "confidentiality",
)  # fmt: skip


def limits(city: str) -> Row:
    """The answer of GET /limits: how long steps may take in the city, and which regions run by which profile."""
    with connection() as lent:
        ((found,),) = lent.execute(queries.LIMITS, {"city": city, "steps": list(STEPS)}).fetchall()
    named = names(city)
    return {"profiles": found["profiles"], "limits": [_limit(row, named) for row in found["limits"]]}


_DAY = ("day", "working", "provisional", "edited")


def calendar(city: str, year: int) -> Row:
    """The answer of GET /calendars/{year}. Raises Problem outside_calendar for a year that is not loaded."""
    with connection() as lent:
        days = lent.execute(queries.CALENDAR_OF_YEAR, {"city": city, "year": year}).fetchall()
        if not days:
            raise _outside(lent, city)
        hours = lent.execute(queries.WORKING_HOURS, {"city": city}).fetchall()
    return {
        "year": year,
        "hours": [[clock(opens), clock(closes)] for opens, closes in hours],
        "days": [dict(zip(_DAY, row, strict=True)) for row in days],
    }


def edit_day(city: str, user_id: uuid.UUID, day: date, *, working: bool) -> Row:
    """Make a day a working one or not: due times computed from now on follow, and loading the calendar anew keeps it.

    Returns the day. Audited as `calendar_day`. Raises Problem outside_calendar when its year is not loaded.
    """
    with connection() as lent, lent.transaction():
        row = lent.execute(queries.EDIT_DAY, {"city": city, "day": day, "working": working}).fetchone()
        if row is None:
            raise _outside(lent, city)
        provisional, before = row
        lent.execute(queries.REBUILD_SPANS, {"city": city})
        audit.record(lent, city, user_id, "calendar_day", day.isoformat(), before=before, working=working)
    return {"day": day, "working": working, "provisional": provisional, "edited": True}


def _outside(lent: Connection[Any], city: str) -> Problem:
    """The refusal that names the years there are; a city without a calendar has nothing to name."""
    ((first, last),) = lent.execute(queries.CALENDAR_YEARS, {"city": city}).fetchall()
    return Problem("outside_calendar", first=first, last=last) if first else Problem("not_found")


def _limit(row: Row, named: Names) -> Row:
    matter = {"kind": row["kind"], "code": row["code"]} if row["kind"] else None
    shown = {key: row[key] for key in ("profile", "urgency", "urban", "step", "amount", "unit")}
    return {**shown, "matter": matter, "matter_name": named.matter(**matter) if matter else None}


def _read(city: str) -> Names:
    with connection() as lent:
        row = lent.execute(queries.CATALOGUE, {"city": city}).fetchone()
    rows: Row = row[0] if row else {}
    version = hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()[:16]
    return Names(
        version,
        rows,
        {(kind, code): (name, name_en) for kind, code, name, name_en in rows["matters"]},
        {category["key"]: category for category in rows["categories"]},
        {group["key"]: group for group in rows["groups"]},
    )


def _category(row: Row, language: Language) -> Row:
    """A resident category; with a certain matter, photo and urgency are the matter's."""
    matter = {"kind": row["kind"], "code": row["code"]} if row["kind"] else None
    return {
        "key": row["key"],
        "name": _in(language, row),
        "icon": row["key"],
        "hint": row["hint_en"] if language == "en" else row["hint"],
        "matter": matter,
        "photo": row["photo"],
        "urgency": row["urgency"],
    }


def _in(language: Language, row: Row) -> str:
    return str(row["name_en"] if language == "en" and row["name_en"] else row["name"])


def _name(rows: dict[str, Row], key: str) -> str:
    row = rows.get(key)
    return pick(row["name"], row["name_en"]) if row else key
