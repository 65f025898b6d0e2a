"""Where a point lies (rule P3), over HTTP and against an independent look-up."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import psycopg
import pytest

from gezhi.places import importer, service
from gezhi.places.names import short
from gezhi.places.systems import gcj02_to_bd09, wgs84_to_gcj02

Conn = psycopg.Connection[Any]


def test_P3_every_point_of_the_city_lies_in_one_grid_the_lowest_code_on_a_tie(conn: Conn) -> None:
    dice = random.Random(3601)
    points = [(dice.uniform(115.434, 116.561), dice.uniform(28.161, 29.125)) for _ in range(3_000)]
    # Corners of grids are where ties are.
    points += conn.execute(
        "select ST_X(ST_PointN(ring, 1)), ST_Y(ST_PointN(ring, 1)) from"
        " (select ST_ExteriorRing(ST_GeometryN(geom, 1)) as ring from regions where level = 15 and code like '360102%')"
        " corners"
    ).fetchall()
    rows = conn.execute(
        "select found.region_code, found.quality, inside.codes,"
        " ST_Covers(city.geom, ST_SetSRID(ST_Point(lng, lat), 4326))"
        " from unnest(%s::float8[], %s::float8[]) given (lng, lat)"
        " cross join (select geom from regions where code = '3601') city"
        " cross join lateral locate_v1('3601', lng, lat) found"
        " cross join lateral (select array_agg(code order by code) from regions where level = 15"
        "   and ST_Covers(geom, ST_SetSRID(ST_Point(lng, lat), 4326))) inside (codes)",
        ([lng for lng, _ in points], [lat for _, lat in points]),
    ).fetchall()
    in_city = [row for row in rows if row[3]]
    assert len(in_city) > 1_500
    ties = [codes for _, _, codes, _ in in_city if codes and len(codes) > 1]
    assert len(ties) > 100
    for found, quality, codes, _ in in_city:
        if codes:
            assert (found, quality) == (codes[0], "exact")
        else:  # a hair between two grids, where rounding opened one
            assert quality == "approximate"
    assert sum(1 for row in in_city if not row[2]) < len(in_city) / 100


def test_P3_P5_just_outside_is_approximate_by_metres_and_farther_is_outside(conn: Conn, resident: Any) -> None:
    # The city's northernmost vertex: north of it there is nothing, so the distance is along the meridian.
    lng, lat = conn.execute(
        "select ST_X(v), ST_Y(v) from (select (ST_DumpPoints(geom)).geom v from regions where code = '3601') d"
        " order by ST_Y(v) desc limit 1"
    ).fetchone() or (0.0, 0.0)
    near = resident.get(f"/places/locate?lng={lng}&lat={lat + 150 / 110_850}")
    assert near.status_code == 200
    assert near.json["approximate"] is True
    assert near.json["distance_m"] == pytest.approx(150, abs=5)
    far = resident.get(f"/places/locate?lng={lng}&lat={lat + 230 / 110_850}")
    assert (far.status_code, far.json["code"]) == (422, "outside_city")
    assert "南昌市" in far.json["detail"]
    english = resident.get("/places/locate?lng=116.4&lat=39.9", Accept_Language="en")
    assert (english.status_code, english.json["title"]) == (422, "Outside the city")


def test_P2_P3_an_exclusive_grid_wins_and_a_micro_grid_does_not(conn: Conn, tmp_path: Any, resident: Any) -> None:
    (geometry,) = conn.execute(
        "select ST_AsGeoJSON(ST_Buffer(point, 0.0002), 6) from regions where code = '360102002001001'"
    ).fetchone() or ("",)
    lng, lat = conn.execute(
        "select ST_X(point), ST_Y(point) from regions where code = '360102002001001'"
    ).fetchone() or (0.0, 0.0)
    for code, kind in (("360102002001000", "micro"), ("360102002001999", "exclusive")):
        path = tmp_path / f"{kind}.geojson"
        path.write_text(
            f'{{"features":[{{"type":"Feature","properties":{{"code":"{code}","name":"校园网格","kind":"{kind}"}},'
            f'"geometry":{geometry}}}]}}'
        )
        importer.run(conn, [path], system="wgs84", source="test", demo=True)
        found = resident.get(f"/places/locate?lng={lng}&lat={lat}").json["region"]["code"]
        assert found == ("360102002001999" if kind == "exclusive" else "360102002001001")
    conn.execute("delete from regions where code in ('360102002001000', '360102002001999')")


def test_P3_without_a_grid_the_community_has_it(conn: Conn, resident: Any) -> None:
    with conn.transaction(force_rollback=True):
        conn.execute("delete from duty_hours; delete from posts; delete from regions where level = 15")
        row = conn.execute(
            "select found.* from regions r, locate_v1('3601', ST_X(r.point), ST_Y(r.point)) found"
            " where r.code = '360102002001'"
        ).fetchone()
    assert row == ("360102002001", "exact", 0)


def test_P4_the_same_spot_in_four_systems_is_one_grid(resident: Any) -> None:
    true = np.array([115.8735, 28.694])
    shifted = wgs84_to_gcj02(true)
    given = {"wgs84": true, "cgcs2000": true, "gcj02": shifted, "bd09": gcj02_to_bd09(shifted)}
    for system, (lng, lat) in given.items():
        found = resident.get(f"/places/locate?lng={lng}&lat={lat}&system={system}&accuracy=12.5").json
        assert found["point"] == pytest.approx([115.8735, 28.694], abs=1e-6)
        assert found["grid"]["code"] == "360102002001001"
    unstated = resident.get(f"/places/locate?lng={shifted[0]}&lat={shifted[1]}").json
    assert unstated["path"][3] != found["path"][3]  # half a kilometre off: another community


def test_the_answer_says_where_in_words(resident: Any) -> None:
    found = resident.get("/places/locate?lng=115.8735&lat=28.6940").json
    assert found["label"] == "东湖区 滕王阁街道 民巷社区 第1网格"
    assert found["grid"] == {"code": "360102002001001", "name": "民巷社区第1网格"}
    assert [item["level"] for item in found["path"]] == ["city", "district", "street", "community", "grid"]
    assert found["region"] == found["path"][-1]
    assert found["distance_m"] == 0


@pytest.mark.parametrize(
    "query", ["", "lng=115.87", "lng=nan&lat=28", "lng=inf&lat=28", "lng=181&lat=28", "lng=1&lat=2&system=utm",
              "lng=115.87&lat=28.69&accuracy=-1", "lng=115.87&lat=28.69&unknown=1", "lng=115.87&lat=x"]
)  # fmt: skip
def test_what_is_no_point_is_refused(resident: Any, query: str) -> None:
    response = resident.get(f"/places/locate?{query}")
    assert (response.status_code, response.json["code"]) == (422, "invalid")
    assert response.json["fields"]


@pytest.mark.parametrize(
    ("official", "spoken"),
    [
        ("民巷社区居委会", "民巷社区"),
        ("朱家湖社区居民委员会", "朱家湖社区"),
        ("建新社区居委员会", "建新社区"),
        ("前进村委会", "前进村"),
        ("曹家村村民委员会", "曹家村"),
        ("新城社区村委会", "新城社区"),
        ("锦秀家园居委会", "锦秀家园"),
        ("江中家委会", "江中家委会"),
        ("滕王阁街道", "滕王阁街道"),
    ],
)
def test_committees_are_left_out_of_spoken_names(official: str, spoken: str) -> None:
    assert short(official) == spoken


def test_labels_of_many_places_cost_one_statement_and_skip_what_is_not_there(
    app: Any, conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gezhi.places import names

    asked = []
    monkeypatch.setattr(names, "_names", names._Names())
    lend = names.connection
    monkeypatch.setattr(names, "connection", lambda: asked.append(1) or lend())
    codes = [code for (code,) in conn.execute("select code from regions where code like '360102%'").fetchall()]
    found = service.labels([*codes, "360199999"])
    assert set(found) == set(codes)
    assert found["360102"]["label"] == "东湖区"
    assert service.labels(["3601"])["3601"]["label"] == "南昌市"
    assert len(asked) == 1
