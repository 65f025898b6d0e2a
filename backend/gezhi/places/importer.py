"""Import of regions from GeoJSON: checked as a whole, staged, then swapped in within one short transaction.

All or nothing: with one row refused no row is taken. Regions already in the database are replaced by their code;
regions that the files do not name stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from psycopg import Connection
from shapely import MultiPolygon

from gezhi.places import queries
from gezhi.places.checks import Row, check_nesting, check_overlaps, read_row
from gezhi.places.geojson import features
from gezhi.places.models import LEVELS
from gezhi.places.refusals import ImportRefused, Refusal, RowRefused

MAX_REFUSALS = 200


def run(
    conn: Connection[Any], files: Iterable[Path], *, system: str, source: str, demo: bool = False
) -> dict[str, int]:
    """Import the regions of the files and return how many there were of each level, highest first.

    `system` is the coordinate system of all the files (see systems.py), `source` where the polygons come from.
    `conn` must be in autocommit mode. Raises ImportRefused, naming every row at fault (at most 200).
    """
    rows, refusals = _read(files, system)
    known = _known(conn, rows)
    if not refusals:
        refusals = [*check_nesting(rows, known, system), *check_overlaps(rows, known)]
    if refusals:
        raise ImportRefused(refusals[:MAX_REFUSALS])
    _stage(conn, rows)
    with conn.transaction():
        conn.execute(queries.SWAP_REGIONS, {"source": source, "demo": demo})
        conn.execute(queries.CENTRE_CITIES, {"cities": sorted({row.code[:4] for row in rows if row.level in (4, 12)})})
    conn.execute(queries.DROP_STAGING)
    counts = Counter(row.level for row in rows)
    return {LEVELS[level]: counts[level] for level in sorted(counts)}


def _read(files: Iterable[Path], system: str) -> tuple[list[Row], list[Refusal]]:
    """The rows of all files, and what is wrong with single rows or files."""
    rows: dict[str, Row] = {}
    refusals: list[Refusal] = []
    for path in files:
        number = 0
        try:
            for number, feature in features(path):
                try:
                    row = read_row(path.name, number, feature, system)
                except RowRefused as refused:
                    refusals.append(Refusal(path.name, number, refused.code, refused.details))
                    continue
                if first := rows.get(row.code):
                    details = {"code": row.code, "where": f"{first.file}:{first.row}"}
                    refusals.append(Refusal(path.name, number, "duplicate_code", details))
                rows.setdefault(row.code, row)
        except RowRefused as refused:  # the reading stopped: at a row when one had been reached, else the file itself
            refusals.append(Refusal(path.name, number and number + 1, refused.code, refused.details))
    return list(rows.values()), refusals


def _known(conn: Connection[Any], rows: list[Row]) -> dict[str, MultiPolygon]:
    """Polygons in the database that are parents or siblings of the rows and not replaced by them."""
    codes = [row.code for row in rows]
    parents = list({row.parent for row in rows if row.parent is not None})
    found = conn.execute(queries.KNOWN_AROUND, {"codes": codes, "parents": parents}).fetchall()
    return {code: shapely.from_wkb(wkb) for code, wkb in found}


def _stage(conn: Connection[Any], rows: list[Row]) -> None:
    """Copy the rows into a temporary table, outside the transaction that other sessions can feel."""
    shapes = np.array([row.geom for row in rows])
    geoms = shapely.to_wkb(shapely.set_srid(shapes, 4326), hex=True, include_srid=True)
    points = shapely.to_wkb(shapely.set_srid(shapely.point_on_surface(shapes), 4326), hex=True, include_srid=True)
    conn.execute(queries.DROP_STAGING)
    conn.execute(queries.CREATE_STAGING)
    with conn.cursor().copy(queries.COPY_STAGING) as copy:
        for row, geom, point in zip(rows, geoms, points, strict=True):
            copy.write_row((row.code, row.level, row.name, row.parent, row.kind, row.urban_class, geom, point))
