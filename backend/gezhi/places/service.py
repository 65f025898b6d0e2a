"""Places: where a point lies, what a region is, and its shape for maps. Nothing here writes; importer.py does."""

from __future__ import annotations

import math
from typing import Any, TypedDict

from gezhi.config import settings
from gezhi.db import connection
from gezhi.http.language import pick
from gezhi.http.problems import Problem
from gezhi.places import queries
from gezhi.places.models import LEVELS
from gezhi.places.names import Labelled, PathItem, labels
from gezhi.places.systems import to_wgs84

__all__ = ["Labelled", "children", "children_geojson", "geojson", "grids_geojson", "labels", "locate", "place"]

MAX_GRIDS = 400


class Located(TypedDict):
    """Where a point lies; `distance_m` in metres, more than 0 only when approximate (rule P3)."""

    grid: dict[str, str] | None
    region: PathItem
    path: list[PathItem]
    label: str
    approximate: bool
    distance_m: float
    point: list[float]


def locate(city: str, lng: float, lat: float, system: str = "wgs84") -> Located:
    """The grid, or the smallest region, of a point given in `system`. Raises Problem outside_city naming the city."""
    point = [round(float(axis), 6) for axis in to_wgs84([lng, lat], system)]
    with connection() as lent:
        row = lent.execute(queries.LOCATE, {"city": city, "lng": point[0], "lat": point[1]}).fetchone()
    code, quality, distance, city_name = row or (None, None, None, None)
    if code is None:
        raise Problem("outside_city", city=city_name or city)
    found = labels([code])[code]
    region = found["path"][-1]
    return {
        "grid": {"code": code, "name": region["name"]} if len(code) == 15 else None,
        "region": region,
        "path": found["path"],
        "label": found["label"],
        "approximate": quality == "approximate",
        "distance_m": round(distance or 0.0, 1),
        "point": point,
    }


def place(code: str) -> dict[str, Any]:
    """One region with its path, box and label point. Raises Problem not_found."""
    _check(code)
    with connection() as lent:
        row = lent.execute(queries.PLACE, {"code": code}).fetchone()
    if row is None:
        raise Problem("not_found")
    _, name, level, kind, parent, box, point = row
    return {
        "code": code,
        "name": name,
        "level": LEVELS[level],
        "kind": kind,
        "parent": parent,
        "bbox": [round(axis, 6) for axis in box],
        "point": [round(axis, 6) for axis in point],
        "path": labels([code])[code]["path"],
    }


def children(code: str) -> list[PathItem]:
    """The regions one level below, by code. Raises Problem not_found."""
    _check(code)
    with connection() as lent:
        rows = lent.execute(queries.CHILDREN, {"code": code}).fetchall()
    if not rows:
        raise Problem("not_found")
    return [{"code": child, "name": name, "level": LEVELS[level]} for child, name, level in rows if child]


def geojson(code: str) -> str:
    """The text of a GeoJSON Feature (RFC 7946) of the region. Raises Problem not_found."""
    return _drawn(queries.PLACE_GEOJSON, code, LEVELS.get(len(code)))


def children_geojson(code: str) -> str:
    """The text of a FeatureCollection of the regions one level below. Raises Problem not_found."""
    below = next((LEVELS[digits] for digits in LEVELS if digits > len(code)), None)
    return _drawn(queries.CHILDREN_GEOJSON, code, below)


def grids_geojson(city: str, bbox: str) -> str:
    """The text of a FeatureCollection of the grids that meet the box `west,south,east,north`.

    Raises Problem invalid when the box is none, or meets more than 400 grids.
    """
    west, south, east, north = _box(bbox)
    values = {"city": city, "west": west, "south": south, "east": east, "north": north, "most": MAX_GRIDS}
    with connection() as lent:
        row = lent.execute(queries.GRIDS_GEOJSON, values).fetchone()
    if row is None or row[1] is None:
        text = pick(
            f"范围内的网格超过 {MAX_GRIDS} 个，请放大地图", f"More than {MAX_GRIDS} grids meet the box: zoom in."
        )
        raise Problem("invalid", fields={"bbox": [text]})
    return str(row[1])


def _drawn(query: str, code: str, level: str | None) -> str:
    _check(code)
    with connection() as lent:
        row = lent.execute(query, {"code": code, "level": level}).fetchone()
    if row is None:
        raise Problem("not_found")
    return str(row[0])


def _box(bbox: str) -> list[float]:
    try:
        box = [float(part) for part in bbox.split(",")]
        west, south, east, north = box
        fits = -180 <= west < east <= 180 and -90 <= south < north <= 90 and all(map(math.isfinite, box))
    except ValueError:
        fits = False
    if not fits:
        text = pick("应为 西,南,东,北 四个经纬度", "Four degrees are needed: west,south,east,north.")
        raise Problem("invalid", fields={"bbox": [text]})
    return box


def _check(code: str) -> None:
    """Places of another city are not there for this one."""
    if len(code) not in LEVELS or not (code.isascii() and code.isdigit()) or not code.startswith(settings().city):
        raise Problem("not_found")
