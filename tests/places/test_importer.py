"""The importer takes what is right, whole, and refuses the rest with reasons: the fuzz corpus of GeoJSON."""

from __future__ import annotations

import gzip
import json
import math
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from click.testing import CliRunner

from gezhi.cli import main
from gezhi.places import importer
from gezhi.places.refusals import REASONS, ImportRefused
from gezhi.places.systems import wgs84_to_gcj02

LICHENG = sorted((Path(__file__).resolve().parents[2] / "demo" / "licheng").glob("*.gz"))
Conn = psycopg.Connection[Any]
Feature = dict[str, Any]


def box(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def region(code: str, ring: list[Any], **properties: Any) -> Feature:
    return {
        "type": "Feature",
        "properties": {"code": code, "name": f"区域{code}", **properties},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def town() -> list[Feature]:
    """A made-up city 9901 of two districts side by side, one of them with a street."""
    return [
        region("9901", box(115, 28, 117, 29), level="city"),
        region("990101", box(115, 28, 116, 29), level="county", parent="9901"),
        region("990102", box(116, 28, 117, 29), level="district"),
        region("990101001", box(115.2, 28.2, 115.6, 28.6)),
    ]


def written(path: Path, features: Any, **members: Any) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", **members, "features": features}, ensure_ascii=False))
    return path


def refusals(conn: Conn, *files: Path, system: str = "wgs84") -> list[tuple[int, str]]:
    """Row and code of each refusal; nothing may have been imported."""
    with pytest.raises(ImportRefused) as refused:
        importer.run(conn, files, system=system, source="test")
    assert conn.execute("select count(*) from regions where code like '9901%'").fetchone() == (0,)
    for refusal in refused.value.refusals:
        for language in ("zh-CN", "en"):
            assert not re.search(r"\{\w+\}", refusal.text(language))
    return [(refusal.row, refusal.code) for refusal in refused.value.refusals]


@pytest.fixture
def clean(conn: Conn) -> Conn:
    """The database without the made-up city."""
    conn.execute("delete from regions where code like '9901%'")
    return conn


def spoil(row: int, change: Callable[[Feature], Any]) -> list[Feature]:
    """The town with one row (from 1) changed."""
    features = town()
    change(features[row - 1])
    return features


def ring_of(feature: Feature) -> list[Any]:
    ring: list[Any] = feature["geometry"]["coordinates"][0]
    return ring


def set_ring(ring: list[Any]) -> Callable[[Feature], None]:
    return lambda feature: feature["geometry"].update(coordinates=[ring])


def circle(points: int) -> list[list[float]]:
    turns = [2 * math.pi * n / points for n in range(points)]
    ring = [[round(115.4 + 0.1 * math.cos(a), 6), round(28.4 + 0.1 * math.sin(a), 6)] for a in turns]
    return [*ring, ring[0]]


CORPUS: dict[str, tuple[list[Feature], list[tuple[int, str]]]] = {
    "bow-tie": (spoil(4, set_ring([[115.2, 28.2], [115.6, 28.6], [115.6, 28.2], [115.2, 28.6], [115.2, 28.2]])),
                [(4, "not_valid")]),
    "unclosed ring": (spoil(4, lambda f: ring_of(f).pop()), [(4, "unclosed_ring")]),
    "too short a ring": (spoil(4, set_ring([[115.2, 28.2], [115.6, 28.6], [115.2, 28.2]])), [(4, "short_ring")]),
    "no area": (spoil(4, set_ring([[115.2, 28.2], [115.6, 28.6], [115.4, 28.4], [115.2, 28.2]])), [(4, "not_valid")]),
    "swapped axes": (spoil(4, set_ring([[28.2, 115.2], [28.2, 115.6], [28.6, 115.6], [28.2, 115.2]])),
                     [(4, "swapped_axes")]),
    "metres": (spoil(4, set_ring(box(400_000, 3_100_000, 410_000, 3_110_000))), [(4, "outside_box")]),
    "text for a number": (spoil(4, set_ring([["115.2", "28.2"]] * 4)), [(4, "bad_coordinates")]),
    "ragged": (spoil(4, set_ring([[115.2, 28.2], [115.6], [115.6, 28.6], [115.2, 28.2]])), [(4, "bad_coordinates")]),
    "no coordinates": (spoil(4, lambda f: f["geometry"].update(coordinates=[])), [(4, "bad_coordinates")]),
    "a point": (spoil(4, lambda f: f["geometry"].update(type="Point", coordinates=[115, 28])), [(4, "not_polygon")]),
    "no geometry": (spoil(4, lambda f: f.update(geometry=None)), [(4, "not_polygon")]),
    "too many vertices": (spoil(4, set_ring(circle(200_000))), [(4, "too_many_vertices")]),
    "no properties": (spoil(4, lambda f: f.update(properties=None)), [(4, "not_feature")]),
    "not a feature": ([*town(), 7], [(5, "not_feature")]),  # type: ignore[list-item]
    "code as number": (spoil(4, lambda f: f["properties"].update(code=990101001)), [(4, "bad_code")]),
    "code of seven digits": (spoil(4, lambda f: f["properties"].update(code="9901010")), [(4, "bad_code")]),
    "code in full-width digits": (spoil(4, lambda f: f["properties"].update(code="９９０１")), [(4, "bad_code")]),
    "level that is not the code's": (spoil(4, lambda f: f["properties"].update(level="grid")), [(4, "level_mismatch")]),
    "parent that is not the code's": (spoil(4, lambda f: f["properties"].update(parent="990102")),
                                      [(4, "parent_mismatch")]),
    "no name": (spoil(4, lambda f: f["properties"].pop("name")), [(4, "bad_name")]),
    "a name with a control character": (spoil(4, lambda f: f["properties"].update(name="a\u0000b")), [(4, "bad_name")]),
    "kind on a street": (spoil(4, lambda f: f["properties"].update(kind="base")), [(4, "bad_kind")]),
    "urban class": (spoil(4, lambda f: f["properties"].update(urban_class="111")), [(4, "bad_urban_class")]),
    "twice the same": ([*town(), town()[3]], [(5, "duplicate_code")]),
    "parent nowhere": (spoil(4, lambda f: f["properties"].update(code="990109001")), [(4, "parent_missing")]),
    "half outside its parent": (spoil(4, set_ring(box(115.8, 28.2, 116.2, 28.6))), [(4, "outside_parent")]),
    "over its neighbour": ([*town(), region("990101002", box(115.5, 28.2, 115.9, 28.6))], [(5, "overlap")]),
    "every wrong row is named": (
        [region("1", []), *town()[1:3], region("990101001", [[1, 2]])],
        [(1, "bad_code"), (4, "outside_box")],
    ),
    "nothing": ([], [(0, "no_features")]),
}  # fmt: skip


@pytest.mark.parametrize("item", CORPUS)
def test_a_spoiled_file_is_refused_by_row_and_nothing_is_taken(clean: Conn, tmp_path: Path, item: str) -> None:
    features, expected = CORPUS[item]
    assert refusals(clean, written(tmp_path / "town.geojson", features)) == expected


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


RAW: dict[str, tuple[bytes, list[tuple[int, str]]]] = {
    "NaN": (json.dumps({"features": spoil(2, set_ring([[math.nan, 28], [116, 28], [116, 29], [115, 28]]))}).encode(),
            [(2, "not_finite")]),
    "a number too large": (json.dumps({"features": town()}).replace("115.2", "1e999").encode(), [(4, "not_finite")]),
    "depth 1,000 beside the features": (f'{{"name": {nested(1000)}, "features": []}}'.encode(), [(0, "too_deep")]),
    "depth 100,000 in a row": (f'{{"features": [{{"properties": {nested(100_000)}}}]}}'.encode(), [(0, "too_deep")]),
    "depth 100 for coordinates": (
        f'{{"features": [{{"type": "Feature", "properties": {{"code": "9901", "name": "x"}}, '
        f'"geometry": {{"type": "Polygon", "coordinates": {nested(100)}}}}}]}}'.encode(),
        [(1, "bad_coordinates")],
    ),
    "cut off": (json.dumps({"features": town()}).encode()[:400], [(2, "not_json")]),
    "empty file": (b"", [(0, "not_collection")]),
    "an array": (b"[]", [(0, "not_collection")]),
    "no features": (b'{"type": "FeatureCollection"}', [(0, "not_collection")]),
    "more after the end": (json.dumps({"features": town()}).encode() + b"{}", [(5, "not_json")]),
    "a key twice": (b'{"features": [{"type": "Feature", "type": "Feature"}]}', [(0, "not_json")]),
    "GB18030": ('{"name": "南昌", "features": []}'.encode("gb18030"), [(0, "not_utf8")]),
    "projected": (json.dumps({"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4528"}},
                              "features": town()}).encode(), [(0, "wrong_crs")]),
}  # fmt: skip


@pytest.mark.parametrize("item", RAW)
def test_a_file_that_is_no_geojson_is_refused(clean: Conn, tmp_path: Path, item: str) -> None:
    content, expected = RAW[item]
    path = tmp_path / "town.geojson"
    path.write_bytes(content)
    assert refusals(clean, path) == expected


def test_a_truncated_gzip_and_a_plain_file_named_gz_are_refused(clean: Conn, tmp_path: Path) -> None:
    whole = gzip.compress(json.dumps({"features": town()}).encode())
    for content in (whole[: len(whole) // 2], b'{"features": []}'):
        path = tmp_path / "town.geojson.gz"
        path.write_bytes(content)
        assert refusals(clean, path) == [(0, "unreadable_file")]


def million(tmp_path: Path) -> Path:
    """A million vertices, just under the limit of bytes."""
    ring = ",".join(f"[115.{n % 1000:03},28.{n // 1000:03}]" for n in range(1_000_000))
    path = tmp_path / "million.geojson"
    path.write_text(
        '{"features":[{"type":"Feature","properties":{"code":"9901","name":"x"},'
        f'"geometry":{{"type":"Polygon","coordinates":[[{ring}]]}}}}]}}'
    )
    return path


def bomb(tmp_path: Path) -> Path:
    """Five hundred megabytes of blanks in half a megabyte."""
    path = tmp_path / "bomb.geojson.gz"
    with gzip.open(path, "wb") as file:
        for _ in range(500):
            file.write(b" " * 1_000_000)
    return path


@pytest.mark.parametrize(("made", "reason"), [(million, "1000000 个顶点"), (bomb, "20 MB")])
def test_huge_files_are_refused_within_400_mb(
    database: str, tmp_path: Path, made: Callable[[Path], Path], reason: str
) -> None:
    # VmHWM begins anew with exec; the children's ru_maxrss would count every other test's children too.
    command = (
        "import atexit, sys; from gezhi.cli import main; "
        "atexit.register(lambda: print(open('/proc/self/status').read(), file=sys.stderr)); main()"
    )
    arguments = ["import", "places", str(made(tmp_path)), "--system", "wgs84", "--source", "test"]
    ran = subprocess.run(
        [sys.executable, "-c", command, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 1
    assert reason in ran.stderr
    peak = re.search(r"VmHWM:\s+(\d+) kB", ran.stderr)
    assert peak is not None
    assert int(peak[1]) < 400_000


def test_a_right_file_is_taken_and_taken_again(clean: Conn, tmp_path: Path) -> None:
    path = written(tmp_path / "town.geojson", town())
    assert importer.run(clean, [path], system="wgs84", source="one") == {"city": 1, "district": 2, "street": 1}
    renamed = spoil(4, lambda feature: feature["properties"].update(name="新名"))
    importer.run(clean, [written(path, renamed)], system="wgs84", source="two")
    rows = clean.execute(
        "select code, level, name, parent, source, demo, ST_Covers(geom, point) from regions"
        " where code like '9901%' order by code"
    ).fetchall()
    assert rows == [
        ("9901", 4, "区域9901", None, "two", False, True),
        ("990101", 6, "区域990101", "9901", "two", False, True),
        ("990101001", 9, "新名", "990101", "two", False, True),
        ("990102", 6, "区域990102", "9901", "two", False, True),
    ]


def test_a_citys_point_stands_in_the_middle_of_its_communities(clean: Conn, tmp_path: Path) -> None:
    crowded = [region(f"99010100100{n}", box(115.2 + n / 100, 28.2, 115.21 + n / 100, 28.21)) for n in range(1, 4)]
    importer.run(clean, [written(tmp_path / "town.geojson", [*town(), *crowded])], system="wgs84", source="one")
    middle = clean.execute(
        "select city.point = community.point from regions city, regions community"
        " where city.code = '9901' and community.code = '990101001002'"
    ).fetchone()
    assert middle == (True,)


def test_a_later_file_is_held_against_the_database(clean: Conn, tmp_path: Path) -> None:
    importer.run(clean, [written(tmp_path / "town.geojson", town())], system="wgs84", source="one")
    more = [region("990101002", box(115.5, 28.2, 115.9, 28.6)), region("990102001", box(115.5, 28.2, 115.6, 28.4))]
    with pytest.raises(ImportRefused) as refused:
        importer.run(clean, [written(tmp_path / "more.geojson", more)], system="wgs84", source="two")
    assert [(r.row, r.code) for r in refused.value.refusals] == [(2, "outside_parent"), (1, "overlap")]
    fits = [region("990101002", box(115.6, 28.2, 115.9, 28.6))]
    assert importer.run(clean, [written(tmp_path / "fits.geojson", fits)], system="wgs84", source="x") == {"street": 1}


def test_P2_special_grids_may_lie_over_base_ones(clean: Conn, tmp_path: Path) -> None:
    ring = box(115.2, 28.2, 115.6, 28.6)
    grids = [
        region("990101001001", ring),
        region("990101001001001", ring),
        region("990101001001901", box(115.3, 28.3, 115.4, 28.4), kind="exclusive"),
        region("990101001001951", box(115.2, 28.2, 115.25, 28.25), kind="micro"),
    ]
    importer.run(clean, [written(tmp_path / "town.geojson", town() + grids)], system="wgs84", source="x")
    kinds = clean.execute("select kind from regions where code like '9901%' and level = 15 order by code").fetchall()
    assert kinds == [("base",), ("exclusive",), ("micro",)]


def test_P4_a_shifted_file_is_found_out_and_comes_right_when_its_system_is_stated(conn: Conn, tmp_path: Path) -> None:
    before = conn.execute(
        "select code, name, ST_AsGeoJSON(geom, 9)::json from regions where parent = '360102002001' order by code"
    ).fetchall()
    features = []
    for code, name, geometry in before:
        shifted = [[wgs84_to_gcj02(np.array(ring)).tolist() for ring in part] for part in geometry["coordinates"]]
        feature = region(code, [], name=name)
        feature["geometry"] = {"type": "MultiPolygon", "coordinates": shifted}
        features.append(feature)
    path = written(tmp_path / "grids.geojson", features)
    with pytest.raises(ImportRefused) as refused:
        importer.run(conn, [path], system="wgs84", source="x", demo=True)
    assert {refusal.code for refusal in refused.value.refusals} >= {"outside_parent"}
    importer.run(conn, [path], system="gcj02", source="x", demo=True)
    for code, _, geometry in before:
        (metres,) = conn.execute(
            "select ST_HausdorffDistance(geom, ST_SetSRID(ST_GeomFromGeoJSON(%s), 4326)) * 111320"
            " from regions where code = %s",
            (json.dumps(geometry), code),
        ).fetchone() or (math.inf,)
        assert metres < 0.01


def test_the_second_tenant_comes_in_by_the_same_way(conn: Conn) -> None:
    counts = importer.run(conn, LICHENG, system="wgs84", source="test", demo=True)
    assert counts == {"city": 1, "district": 1, "street": 17, "community": 632}


def test_P1_every_code_begins_with_its_parents(conn: Conn) -> None:
    assert conn.execute("select count(*) from regions where not starts_with(code, parent)").fetchone() == (0,)
    orphans = (
        "select count(*) from regions c left join regions p on p.code = c.parent where c.level > 4 and p.code is null"
    )
    assert conn.execute(orphans).fetchone() == (0,)


def test_the_command_tells_every_reason_in_the_language_asked_for(database: str, tmp_path: Path) -> None:
    features = spoil(2, lambda feature: ring_of(feature).pop())
    features[3]["properties"]["code"] = "x"
    path = str(written(tmp_path / "town.geojson", features))
    chinese = CliRunner().invoke(main, ["import", "places", path, "--system", "wgs84", "--source", "x"])
    assert chinese.exit_code == 1
    assert "town.geojson 第 2 行：环没有闭合" in chinese.stderr
    assert "town.geojson 第 4 行：区划代码“x”" in chinese.stderr
    assert "没有导入任何数据" in chinese.stderr
    english = CliRunner().invoke(
        main, ["import", "places", path, "--system", "wgs84", "--source", "x", "--language", "en"]
    )
    assert "town.geojson, row 2: A ring is not closed" in english.stderr
    unstated = CliRunner().invoke(main, ["import", "places", path, "--source", "x"])
    assert unstated.exit_code == 2


def test_every_reason_is_shown_by_some_file_of_the_corpus() -> None:
    shown = {code for _, expected in [*CORPUS.values(), *RAW.values()] for _, code in expected}
    assert set(REASONS) - shown == {"unreadable_file", "too_large"}  # these two have tests of their own
