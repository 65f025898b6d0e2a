"""Loads a catalogue from its folder of tables: the national list, a city's own matters and how it works them.

The tables are plain CSV, made to be read and edited by the people who run the catalogue; demo/catalogue is one. Loading
is repeatable: the city's rows become what the files say. Matters that cases may name are never deleted.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Connection

from gezhi.catalogue import queries
from gezhi.catalogue.calendar import WORKING_DAY, spans, working_seconds

_KINDS = {"管理部件": "part", "管理事项": "matter"}

Rows = list[dict[str, str]]


class CatalogueRefused(Exception):
    """The files contradict each other; the message says where."""


def load(conn: Connection[Any], city: str, folder: Path, directory: Path) -> None:
    """Load the catalogue of `folder` for the city, and the national `directory` (GB/T 47678.5), in one transaction.

    Raises CatalogueRefused when a matter that is turned on is not in the lists, or is named otherwise there.
    """
    national, own = read_rows(directory), read_rows(folder / "local_matters.csv")
    turned_on = read_rows(folder / "city_matters.csv")
    matters = _matters(national, own, turned_on)
    with conn.transaction(), conn.cursor() as cursor:
        cursor.executemany(queries.UPSERT_MATTER, matters)
        _load_city_matters(conn, city, folder, turned_on)
        _replace(conn, "limits", city, ((city, *row.values()) for row in read_rows(folder / "limits.csv")))
        load_calendar(conn, city, folder / "calendar.json")


def read_rows(path: Path) -> Rows:
    """The rows of a CSV table with a header, UTF-8 with or without byte order mark."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


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
    """The working spans of the years the file names, and at least to the end of next year."""
    settings = json.loads(path.read_text(encoding="utf-8"))
    zone = ZoneInfo(settings["zone"])
    day = [(time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in settings["day"]]
    if working_seconds(day) != WORKING_DAY:
        raise CatalogueRefused(f"calendar.json: a day has {working_seconds(day) / 3600} hours of work, not 7.5")
    first, last = settings["years"]
    last = max(last, datetime.now(UTC).year + 1)
    rows = (
        (city, span.starts_at, span.ends_at, span.worked_before, span.provisional)
        for span in spans(first, last, day, zone)
    )
    _replace(conn, "working_spans", city, rows)


def _replace(conn: Connection[Any], table: str, city: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Make `rows` the city's rows of one of the tables in `queries.COPIES`."""
    delete, copy_in = queries.COPIES[table]
    conn.execute(delete, {"city": city})
    with conn.cursor().copy(copy_in) as copy:
        for row in rows:
            copy.write_row(row)
