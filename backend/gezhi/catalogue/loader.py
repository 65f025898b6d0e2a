"""Loads a catalogue from its folder of tables: the national list, a city's own matters and how it works them.

The tables are plain CSV, made to be read and edited by the people who run the catalogue; demo/catalogue is one. Loading
is repeatable: the city's rows become what the files say. Matters that cases may name are never deleted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from psycopg import Connection

from gezhi.catalogue import calendar, limits, queries
from gezhi.catalogue.tables import CatalogueRefused, Row, read_rows

_KINDS = {"管理部件": "part", "管理事项": "matter"}

Rows = list[Row]


def load(conn: Connection[Any], city: str, folder: Path, directory: Path) -> None:
    """Load the catalogue of `folder` for the city, and the national `directory` (GB/T 47678.5), in one transaction.

    Raises CatalogueRefused when a matter that is turned on is not in the lists, or is named otherwise there, and when
    a limit or the calendar is wrong.
    """
    national, own = read_rows(directory), read_rows(folder / "local_matters.csv")
    turned_on = read_rows(folder / "city_matters.csv")
    matters = _matters(national, own, turned_on)
    steps, profiles = limits.read(folder, city, turned_on)
    with conn.transaction(), conn.cursor() as cursor:
        cursor.executemany(queries.UPSERT_MATTER, matters)
        _load_city_matters(conn, city, folder, turned_on)
        _replace(conn, "limits", city, ((city, *row) for row in steps))
        _replace(conn, "region_profiles", city, ((city, *row) for row in profiles))
        load_calendar(conn, city, folder / "calendar.json")


def _matters(national: Rows, own: Rows, turned_on: Rows) -> list[dict[str, Any]]:
    """All matters, those that are turned on with their English names."""
    english = {(row["kind"], row["code"]): row for row in turned_on}
    matters: dict[tuple[str, str], dict[str, Any]] = {}
    for row in [*national, *own]:
        key = _KINDS[row["kind"]] if "kind" in row else "local", row["code"]
        matters[key] = {**row, "kind": key[0], "name_en": english[key]["name_en"] if key in english else None}
    for key, row in english.items():
        if key not in matters or matters[key]["name"] != row["name"]:
            raise CatalogueRefused(
                f"city_matters.csv: {key[0]} {key[1]} {row['name']} is not in the lists by that name"
            )
    return list(matters.values())


def _load_city_matters(conn: Connection[Any], city: str, folder: Path, turned_on: Rows) -> None:
    """The city's groups, matters, responsibilities and residents' categories."""
    with conn.cursor() as cursor:
        cursor.execute(queries.DELETE_CATEGORIES, {"city": city})
        groups = read_rows(folder / "groups.csv")
        cursor.executemany(
            queries.UPSERT_GROUP, [{"city": city, "position": n, **row} for n, row in enumerate(groups, start=1)]
        )
        cursor.executemany(queries.UPSERT_CITY_MATTER, [{"city": city, **row} for row in turned_on])
        keys = {"kinds": [row["kind"] for row in turned_on], "codes": [row["code"] for row in turned_on]}
        cursor.execute(queries.TURN_OFF_OTHERS, {"city": city, **keys})
        categories = read_rows(folder / "categories.csv")
        cursor.executemany(
            queries.INSERT_CATEGORY,
            [
                {"city": city, "position": n, **row, "kind": row["kind"] or None, "code": row["code"] or None}
                for n, row in enumerate(categories, start=1)
            ],
        )
    _replace(conn, "responsibilities", city, _responsibilities(city, turned_on))


def _responsibilities(city: str, turned_on: Rows) -> Iterable[tuple[Any, ...]]:
    """One row a level, from columns like `15:grid 6:police`."""
    for row in turned_on:
        for pair in row["responsible"].split():
            level, function = pair.split(":")
            if function == "grid" and row["admitted"] != "admitted":
                raise CatalogueRefused(
                    f"city_matters.csv: {row['code']} {row['name']} is not admitted for grid workers"
                )
            yield city, row["kind"], row["code"], int(level), function


def load_calendar(conn: Connection[Any], city: str, path: Path) -> None:
    """The days of the years the file names, and at least to the end of next year, and the hours of a working day.

    Days that the city has edited stay as they are. Raises CatalogueRefused when a day is not as long as the working day
    that limits count in.
    """
    settings = json.loads(path.read_text(encoding="utf-8"))
    hours = calendar.stretches(settings["day"])
    _check(conn, hours)
    first, last = settings["years"]
    days = list(calendar.days(first, max(last, datetime.now(UTC).year + 1)))
    columns = {name: [getattr(day, name) for day in days] for name in calendar.Day._fields}
    conn.execute(queries.UPSERT_DAYS, {"city": city, **columns})
    _replace(conn, "working_hours", city, ((city, *stretch) for stretch in hours))
    conn.execute(queries.REBUILD_SPANS, {"city": city})


def _check(conn: Connection[Any], hours: list[calendar.Stretch]) -> None:
    minutes = [minute for stretch in hours for minute in stretch]
    if any(later <= earlier for earlier, later in pairwise(minutes)):
        raise CatalogueRefused("calendar.json: the hours of a day must follow one another")
    (working_day,) = conn.execute(queries.WORKING_DAY).fetchone() or (0,)
    worked = sum(stretch.closes - stretch.opens for stretch in hours) * 60
    if worked != working_day:
        raise CatalogueRefused(f"calendar.json: a day has {worked / 3600} hours of work, not {working_day / 3600}")


def _replace(conn: Connection[Any], table: str, city: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Make `rows` the city's rows of one of the tables in `queries.COPIES`."""
    delete, copy_in = queries.COPIES[table]
    conn.execute(delete, {"city": city})
    with conn.cursor().copy(copy_in) as copy:
        for row in rows:
            copy.write_row(row)
