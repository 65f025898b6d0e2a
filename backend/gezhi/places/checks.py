"""What is checked before a polygon is taken: PostGIS takes NaN, unclosed rings and swapped axes without a word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from gezhi.places.models import LEVELS
from gezhi.places.refusals import Refusal, RowRefused
from gezhi.places.systems import Points, to_wgs84

MAX_VERTICES = 200_000
BOX = (73.0, 3.0, 135.5, 54.0)
"""Where a point of China may be: west, south, east, north."""
LEAST_AREA = 1e-10
"""Square degrees; about one square metre."""
OUTSIDE_SHARE = 0.01
"""Digitising is never exact: this share of a region's area may lie outside its parent, or on its neighbour."""
KINDS = ("base", "exclusive", "micro")
_ENGLISH = {"county": "district"}
_STEPS = {6: 4, 9: 6, 12: 9, 15: 12}


@dataclass(frozen=True)
class Row:
    """One region as read from a file, in WGS-84."""

    file: str
    row: int
    code: str
    name: str
    kind: str | None
    urban_class: int | None
    geom: MultiPolygon

    @property
    def level(self) -> int:
        """Digits of the code: 4, 6, 9, 12 or 15."""
        return len(self.code)

    @property
    def parent(self) -> str | None:
        """Code of the region one level up; None for a city."""
        return parent_code(self.code)


def parent_code(code: str) -> str | None:
    """Code of the region one level up (rule P1); None for a city."""
    return code[: _STEPS[len(code)]] if len(code) in _STEPS else None


def read_row(file: str, row: int, feature: Any, system: str) -> Row:
    """The region a GeoJSON feature describes. Raises RowRefused with the first thing wrong with it."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict) or feature.get("type") != "Feature":
        raise RowRefused("not_feature")
    code = _code(properties)
    name = properties.get("name")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= 100 or not name.isprintable():
        raise RowRefused("bad_name")
    kind = properties.get("kind", "base" if len(code) == 15 else None)
    if (kind in KINDS) != (len(code) == 15) or (kind is not None and kind not in KINDS):
        raise RowRefused("bad_kind", value=str(kind)[:20])
    urban_class = properties.get("urban_class")
    if urban_class is not None and (type(urban_class) is not int or not 100 <= urban_class <= 299):
        raise RowRefused("bad_urban_class", value=str(urban_class)[:20])
    return Row(file, row, code, name.strip(), kind, urban_class, _geometry(feature.get("geometry"), system))


def _code(properties: dict[str, Any]) -> str:
    """The code, agreeing with `level` and `parent` where those are given."""
    code = properties.get("code")
    if not isinstance(code, str) or not (code.isascii() and code.isdigit()) or len(code) not in LEVELS:
        raise RowRefused("bad_code", value=str(code)[:30])
    level = properties.get("level")
    if level is not None and _ENGLISH.get(str(level), str(level)) != LEVELS[len(code)]:
        raise RowRefused("level_mismatch", value=str(level)[:30], digits=len(code), level=LEVELS[len(code)])
    parent = properties.get("parent")
    if parent is not None and len(code) > 4 and parent != parent_code(code):
        raise RowRefused("parent_mismatch", value=str(parent)[:30], parent=parent_code(code))
    return code


def _geometry(geometry: Any, system: str) -> MultiPolygon:
    """A valid multipolygon in WGS-84."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise RowRefused("not_polygon", value=str(kind)[:30])
    coordinates = geometry.get("coordinates")
    polygons = [coordinates] if kind == "Polygon" else coordinates
    if not _lists(polygons) or not all(_lists(polygon) and _lists(polygon[0]) for polygon in polygons):
        raise RowRefused("bad_coordinates")
    count = sum(len(ring) for polygon in polygons for ring in polygon if isinstance(ring, list))
    if count > MAX_VERTICES:
        raise RowRefused("too_many_vertices", count=count, limit=MAX_VERTICES)
    shapes = []
    for polygon in polygons:
        shell, *holes = (to_wgs84(_ring(ring), system) for ring in polygon)
        shapes.append(Polygon(shell, holes))
    whole = MultiPolygon(shapes)
    if not whole.is_valid:
        raise RowRefused("not_valid", why=shapely.is_valid_reason(whole)[:120])
    if whole.area < LEAST_AREA:
        raise RowRefused("not_valid", why="no area")
    return whole


def _lists(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, list) for item in value)


def _ring(ring: list[Any]) -> Points:
    """The points of a closed ring within the box; shapely would close it, and take NaN, without a word."""
    try:
        points = np.asarray(ring)
    except ValueError as error:  # ragged, or deeper than numpy can follow
        raise RowRefused("bad_coordinates") from error
    if points.dtype.kind not in "if" or points.ndim != 2 or points.shape[1] not in (2, 3):
        raise RowRefused("bad_coordinates")
    points = points[:, :2].astype(np.float64)
    if not np.isfinite(points).all():
        raise RowRefused("not_finite")
    _check_box(points)
    if len(points) < 4:
        raise RowRefused("short_ring")
    if (points[0] != points[-1]).any():
        raise RowRefused("unclosed_ring", point=points[0].tolist())
    return points


def _check_box(points: Points) -> None:
    west, south, east, north = BOX
    low, high = np.array([west, south]), np.array([east, north])
    outside = ~((points >= low) & (points <= high)).all(axis=1)
    if outside.any():
        point = points[outside][0]
        swapped = bool(((point[::-1] >= low) & (point[::-1] <= high)).all())
        raise RowRefused("swapped_axes" if swapped else "outside_box", point=point.tolist())


def check_nesting(rows: list[Row], known: dict[str, MultiPolygon], system: str) -> Iterator[Refusal]:
    """Rows whose parent is missing or does not hold them; `known` are regions already in the database."""
    shapes = {**known, **{row.code: row.geom for row in rows}}
    children = []
    for row in rows:
        if row.parent is None:
            continue
        if row.parent in shapes:
            children.append(row)
        else:
            yield Refusal(row.file, row.row, "parent_missing", {"parent": row.parent})
    if not children:
        return
    inner = np.array([row.geom for row in children])
    outer = np.array([shapes[row.parent] for row in children if row.parent is not None])
    shapely.prepare(outer)
    loose = np.flatnonzero(~shapely.covers(outer, inner))
    shares = shapely.area(shapely.difference(inner[loose], outer[loose])) / shapely.area(inner[loose])
    for index, share in zip(loose, shares, strict=True):
        if share > OUTSIDE_SHARE:
            row = children[index]
            details = {"percent": round(float(share) * 100, 1), "parent": row.parent, "system": system}
            yield Refusal(row.file, row.row, "outside_parent", details)


def check_overlaps(rows: list[Row], known: dict[str, MultiPolygon]) -> Iterator[Refusal]:
    """Rows that lie over a sibling, in the files or `known`; exclusive and micro grids may lie over base ones (P2)."""
    siblings: dict[str | None, list[tuple[str, MultiPolygon, Row | None]]] = defaultdict(list)
    for row in rows:
        if row.kind in (None, "base"):
            siblings[row.parent].append((row.code, row.geom, row))
    for code, geom in known.items():
        if parent_code(code) in siblings:
            siblings[parent_code(code)].append((code, geom, None))
    for family in siblings.values():
        yield from _family_overlaps(family)


def _family_overlaps(family: list[tuple[str, MultiPolygon, Row | None]]) -> Iterator[Refusal]:
    shapes = np.array([geom for _, geom, _ in family])
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    left, right = left[left < right], right[left < right]
    common = shapely.area(shapely.intersection(shapes[left], shapes[right]))
    shares = common / np.minimum(shapely.area(shapes[left]), shapely.area(shapes[right]))
    for one, other, share in zip(left, right, shares, strict=True):
        row = family[other][2] or family[one][2]
        if share > OUTSIDE_SHARE and row is not None:
            twin = family[one][0] if row is family[other][2] else family[other][0]
            yield Refusal(row.file, row.row, "overlap", {"other": twin, "percent": round(float(share) * 100, 1)})
