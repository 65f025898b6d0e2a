"""Units, and people who do not exist, for the demo city."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg import Connection

from gezhi.db import uuid7
from gezhi.seed import queries

STARTS_ON = date(2026, 1, 1)
ALWAYS = (0, 1440, 0b1111111)
"""Duty hours of field posts and of the city's desk, so that the demo is alive at any hour: minutes and weekday bits."""
OFFICE = (8 * 60 + 30, 17 * 60 + 30, 0b0011111)
"""Duty hours of departments: working days, 08:30 to 17:30."""
_DUTY = {"always": ALWAYS, "shifts": None}
"""What accounts.csv says of an account's duty: at any hour, or by shifts alone, of which the seed plans none."""


@dataclass
class _Staff:
    """Rows to be copied, gathered person by person."""

    city: str
    users: list[tuple[Any, ...]] = field(default_factory=list)
    posts: list[tuple[Any, ...]] = field(default_factory=list)
    hours: list[tuple[Any, ...]] = field(default_factory=list)

    def add(
        self,
        name: str,
        role: str,
        region: str,
        *,
        unit: UUID | None,
        hours: tuple[int, int, int] | None,
        account: str | None,
    ) -> None:
        """One person with one post, without hours on duty only by shifts. Nobody here needs a second factor."""
        user, post = uuid7(), uuid7()
        self.users.append((user, self.city, account, name, False, True))
        self.posts.append((post, self.city, user, role, unit, region, STARTS_ON, True))
        if hours:
            self.hours.append((post, *hours))


def load(conn: Connection[Any], city: str, folder: Path) -> tuple[int, int]:
    """Write units, users, posts and duty hours of the tables in `folder`; returns how many units and posts."""
    units = list(_units(conn, city, folder))
    _copy(conn, queries.COPY_UNITS, units)
    staff = _staff(conn, city, folder, units)
    _copy(conn, queries.COPY_USERS, staff.users)
    _copy(conn, queries.COPY_POSTS, staff.posts)
    _copy(conn, queries.COPY_DUTY_HOURS, staff.hours)
    return len(units), len(staff.posts)


def _units(conn: Connection[Any], city: str, folder: Path) -> Iterator[tuple[Any, ...]]:
    """A unit for every region that a row of units.csv means; `parent` is the function of the unit that answers for it.

    A parent stands above its rows, and is the one of the nearest region upwards.
    """
    made: dict[tuple[str, str], UUID] = {}
    english = {row["code"]: row["name_en"] for row in _rows(folder / "english.csv")}
    for row in _rows(folder / "units.csv"):
        for code, name in _regions(conn, int(row["level"]), row["under"]):
            chinese = row["name"].format(name=name.removesuffix("居委会"))
            name_en = row["name_en"].format(name=english[code])
            above = ((row["parent"], code[:digits]) for digits in (12, 9, 6, 4))
            parent = next((made[key] for key in above if key in made), None)
            unit = made[row["function"], code] = uuid7()
            yield unit, city, row["kind"], row["function"], code, chinese, name_en, parent, True


def _staff(conn: Connection[Any], city: str, folder: Path, units: list[tuple[Any, ...]]) -> _Staff:
    """The named accounts, a worker for every other grid, and a handler for every other unit that is not a centre.

    Of the desks only the city's is attended: those below have people, who are on duty from the first shift that is
    planned for them, and hand up until then (rule P6). So one account receives everything.
    """
    staff = _Staff(city)
    unit_ids = {(row[3], row[4]): row[0] for row in units}
    taken = set()
    for row in _rows(folder / "accounts.csv"):
        unit = unit_ids[row["function"], row["region"]] if row["function"] else None
        staff.add(row["name"], row["role"], row["region"], unit=unit, hours=_DUTY[row["duty"]], account=row["account"])
        taken.add((row["role"], row["region"], unit))
    names = _names(folder)
    for code, _ in _regions(conn, 15, city):
        if ("grid_worker", code, None) not in taken:
            staff.add(next(names), "grid_worker", code, unit=None, hours=ALWAYS, account=None)
    for unit, _, kind, _, code, *_ in units:
        if kind != "centre" and ("handler", code, unit) not in taken:
            staff.add(next(names), "handler", code, unit=unit, hours=OFFICE, account=None)
    return staff


def _names(folder: Path) -> Iterator[str]:
    """Made-up names, the same ones in every demo."""
    parts = json.loads((folder / "names.json").read_text(encoding="utf-8"))
    dice = random.Random(3601)  # noqa: S311 - names, not secrets
    while True:
        name = dice.choice(parts["surnames"])
        name += dice.choice(parts["first"]) if dice.random() < 0.85 else ""
        yield name + dice.choice(parts["second"])


def _regions(conn: Connection[Any], level: int, under: str) -> list[tuple[str, str]]:
    return conn.execute(queries.REGIONS_UNDER, {"level": level, "under": under}).fetchall()


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _copy(conn: Connection[Any], statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with conn.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
