"""Places over HTTP: regions, their children and shapes, kept by browsers and held apart between cities."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
import shapely
from shapely.geometry import shape

from gezhi.places import importer

LICHENG = sorted((Path(__file__).resolve().parents[2] / "demo" / "licheng").glob("*.gz"))
KEPT = [
    "/places/3601",
    "/places/3601/children",
    "/places/360102.geojson",
    "/places/3601/children.geojson",
    "/places/grids.geojson?bbox=115.87,28.69,115.88,28.70",
]


def test_a_region_tells_its_level_box_and_way_down(resident: Any) -> None:
    found = resident.get("/places/360102002001").json
    assert (found["level"], found["parent"], found["kind"]) == ("community", "360102002", None)
    west, south, east, north = found["bbox"]
    assert west < found["point"][0] < east
    assert south < found["point"][1] < north
    assert [item["code"] for item in found["path"]] == ["3601", "360102", "360102002", "360102002001"]
    assert resident.get("/places/360102002001001").json["kind"] == "base"


def test_children_go_from_the_city_to_the_grids(resident: Any) -> None:
    counts = []
    code = "3601"
    while items := resident.get(f"/places/{code}/children").json["items"]:
        counts.append((items[0]["level"], len(items)))
        code = items[0]["code"]
    assert counts == [("district", 9), ("street", 10), ("community", 12), ("grid", 3)]


def test_shapes_of_districts_cover_the_city_though_simplified(resident: Any) -> None:
    city = resident.get("/places/3601.geojson")
    districts = resident.get("/places/3601/children.geojson")
    assert city.mimetype == districts.mimetype == "application/geo+json"
    assert len(districts.data) < 150_000
    collection = districts.json
    assert (collection["type"], collection["note"], len(collection["features"])) == ("FeatureCollection", "示意数据", 9)
    assert {feature["properties"]["level"] for feature in collection["features"]} == {"district"}
    shapes = [shape(feature["geometry"]) for feature in collection["features"]]
    whole = shape(city.json["geometry"])
    missed = shapely.area(whole.symmetric_difference(shapely.union_all(shapes))) / whole.area
    assert missed < 0.002


def test_grids_that_meet_a_box_are_whole_and_no_others(resident: Any, conn: psycopg.Connection[Any]) -> None:
    box = "115.87,28.69,115.88,28.70"
    found = resident.get(f"/places/grids.geojson?bbox={box}").json
    codes = [feature["properties"]["code"] for feature in found["features"]]
    expected = conn.execute(
        "select code from regions where level = 15"
        " and ST_Intersects(geom, ST_MakeEnvelope(115.87, 28.69, 115.88, 28.70, 4326)) order by code"
    ).fetchall()
    assert codes == [code for (code,) in expected]
    assert found["note"] == "示意数据"
    assert max(len(str(axis).partition(".")[2]) for axis in _axes(found["features"])) <= 6


def _axes(features: list[dict[str, Any]]) -> list[float]:
    return [
        axis for feature in features for axis in shapely.get_coordinates(shape(feature["geometry"])).ravel().tolist()
    ]


@pytest.mark.parametrize(
    "bbox", ["115,28,117,29", "1,2,3", "a,b,c,d", "nan,28,116,29", "116,28,115,29", "115,29,116,28", "1,1,1,1", ""]
)
def test_too_large_a_box_or_none_is_refused(resident: Any, bbox: str) -> None:
    response = resident.get(f"/places/grids.geojson?bbox={bbox}")
    assert (response.status_code, list(response.json["fields"])) == (422, ["bbox"])


@pytest.mark.parametrize("path", KEPT)
def test_browsers_may_keep_places_and_ask_whether_they_changed(resident: Any, path: str) -> None:
    first = resident.get(path)
    assert first.cache_control.public
    assert first.cache_control.max_age == 600
    again = resident.get(path, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert resident.get(path, If_None_Match='"other"').status_code == 200


@pytest.mark.parametrize(
    "path", ["/places/{}", "/places/{}/children", "/places/{}.geojson", "/places/{}/children.geojson"]
)
@pytest.mark.parametrize("code", ["370112", "3701", "360199", "36010", "x", "３６０１", "360102%00"])
def test_what_is_not_of_this_city_is_not_there(
    resident: Any, conn: psycopg.Connection[Any], path: str, code: str
) -> None:
    if code == "370112":
        importer.run(conn, LICHENG, system="wgs84", source="test", demo=True)
    response = resident.get(path.format(code))
    assert (response.status_code, response.json["code"]) == (404, "not_found")


def test_a_point_of_the_other_city_is_outside(resident: Any, conn: psycopg.Connection[Any]) -> None:
    importer.run(conn, LICHENG, system="wgs84", source="test", demo=True)
    lng, lat = 117.06483, 36.669584
    assert resident.get(f"/places/locate?lng={lng}&lat={lat}").json["code"] == "outside_city"
    found = conn.execute("select region_code from locate_v1('3701', %s, %s)", (lng, lat)).fetchone()
    assert found is not None
    assert len(found[0]) == 12
    box = f"{lng - 0.01},{lat - 0.01},{lng + 0.01},{lat + 0.01}"
    assert resident.get(f"/places/grids.geojson?bbox={box}").json["features"] == []
