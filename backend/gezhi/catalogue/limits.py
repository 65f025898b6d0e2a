"""How long steps may take: limits.csv and profiles.csv of a catalogue, checked row by row before anything is loaded."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gezhi.catalogue.models import LIMIT_UNITS, STEPS, URGENCIES
from gezhi.catalogue.tables import CatalogueRefused, Row, numbered_rows

STANDARD = "standard"
"""The profile whose rows hold where a region's own profile has none."""

ANY = "*"
URBAN = ("town", "country")
COLUMNS = ("profile", "kind", "code", "urgency", "urban", "step", "amount", "unit")
LARGEST = 1000

_AT_ONCE = ("accept", "dispatch", "sign")
_CHOICES = {
    "step": STEPS,
    "unit": LIMIT_UNITS,
    "urgency": (*URGENCIES, ANY),
    "urban": (*URBAN, ANY),
}

Values = tuple[str, ...]


def read(folder: Path, city: str, turned_on: Iterable[Row]) -> tuple[list[Values], list[Values]]:
    """The limits (in the order of COLUMNS) and the profiles of regions (region code, profile) of a catalogue's folder.

    `turned_on` are the rows of city_matters.csv. Raises CatalogueRefused naming file and line.
    """
    profiles = _profiles(folder / "profiles.csv", city)
    known = {STANDARD, *profiles.values()}
    matters = {(ANY, ANY), *((row["kind"], row["code"]) for row in turned_on)}
    limits: dict[Values, Values] = {}
    for line, row in _rows(folder / "limits.csv", COLUMNS):
        fault = _fault(row, known, matters)
        values = tuple(row[column] for column in COLUMNS)
        key = values[:6]
        if fault is None and key in limits:
            fault = f"{row['step']}: a line before says the same"
        if fault:
            raise CatalogueRefused(f"limits.csv line {line}: {fault}")
        limits[key] = values
    used = {values[0] for values in limits.values()}
    for code, profile in profiles.items():
        if profile not in used:
            raise CatalogueRefused(f"profiles.csv: {code}: no line of limits.csv has the profile {profile}")
    return list(limits.values()), list(profiles.items())


def _profiles(path: Path, city: str) -> dict[str, str]:
    profiles: dict[str, str] = {}
    for line, row in _rows(path, ("region_code", "profile")):
        code = row["region_code"]
        if not code.startswith(city) or not code.isdigit() or code in profiles:
            raise CatalogueRefused(f"{path.name} line {line}: {code} is no region of {city}, or is there twice")
        profiles[code] = row["profile"]
    return profiles


def _rows(path: Path, columns: tuple[str, ...]) -> Iterable[tuple[int, Row]]:
    for line, row in numbered_rows(path):
        missing = [column for column in columns if column not in row]
        if missing:
            raise CatalogueRefused(f"{path.name}: no column {', '.join(missing)}")
        yield line, row


def _fault(row: Row, profiles: set[str], matters: set[tuple[str, str]]) -> str | None:
    """What is wrong with a row of limits.csv, or None."""
    for column, choices in _CHOICES.items():
        if row[column] not in choices:
            return f"{column} {row[column]!r} is none of {', '.join(choices)}"
    if row["profile"] not in profiles:
        return f"profile {row['profile']!r} is not {STANDARD}, and profiles.csv gives it to no region"
    if (row["kind"], row["code"]) not in matters:
        return f"{row['kind']} {row['code']} is not turned on in city_matters.csv"
    if row["urban"] != ANY and row["step"] in _AT_ONCE:
        return f"{row['step']} has one limit for town and country: urban must be {ANY}"
    if not (row["amount"].isascii() and row["amount"].isdigit() and 1 <= int(row["amount"]) <= LARGEST):
        return f"amount {row['amount']!r} is not a whole number from 1 to {LARGEST}"
    return None
