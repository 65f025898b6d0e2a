"""Taking reports: what is needed, what is kept once, what is refused and why."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import numpy as np
import psycopg
import pytest

from gezhi.cases.doctor import examine
from gezhi.db import uuid7
from gezhi.places import importer
from gezhi.places.systems import wgs84_to_gcj02
from tests.cases.helpers import SECRET, SHA, photo, refused, report
from tests.conftest import HEADERS, ROOT, Caller


def nothing_kept(conn: Any, sent: dict[str, Any]) -> bool:
    """Whether no report has this id."""
    return conn.execute("select count(*) from reports where id = %s", (sent["id"],)).fetchone() == (0,)


def test_C4_the_same_report_again_gets_the_same_receipt(resident: Any, conn: Any) -> None:
    sent = report([SHA])
    first, again = resident.post("/reports", sent), resident.post("/reports", sent)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    count = conn.execute("select count(*) from cases where id = %s", (first.json["case_id"],)).fetchone()
    assert count == (1,)


def test_C4_the_same_id_with_another_body_is_refused_and_changes_nothing(
    resident: Any, row_of: Callable[..., Any]
) -> None:
    sent = report([SHA])
    case = resident.post("/reports", sent).json["case_id"]
    before = row_of(case)
    for other in ({"text": "别的"}, {"danger": True}, {"photos": ["cd" * 32]}, {"secret": "t" * 43}):
        refused(resident.post("/reports", sent | other), 422, "same_id_other_body")
    assert row_of(case) == before


def test_the_same_id_from_another_phone_is_another_report(app: Any) -> None:
    sent = report([SHA])
    cases = {Caller(app).post("/reports", sent).json["case_id"] for _ in range(2)}
    assert len(cases) == 2


def test_C4_eight_senders_of_one_report_make_one_case(app: Any, conn: Any) -> None:
    sent, device = report([SHA]), str(uuid7())
    start = threading.Barrier(8)

    def post(_: int) -> Any:
        start.wait()
        return Caller(app, device).post("/reports", sent)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(post, range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json["receipt_code"] for answer in answers}) == 1
    assert conn.execute("select count(*) from reports where id = %s", (sent["id"],)).fetchone() == (1,)


def test_C7_a_twin_waits_two_seconds_at_most_and_is_told_to_come_back(resident: Any, database: str) -> None:
    sent = report([SHA])
    with psycopg.connect(database) as slow:
        slow.execute(
            "insert into reports (city, author, id, case_id, receipt_code, body_hmac, occurred_at, created_at)"
            " values ('3601', %s, %s, %s, 'TWINTWIN', '', now(), now())",
            (f"device:{resident.device}", sent["id"], uuid7()),
        )
        begun = datetime.now(UTC)
        answer = resident.post("/reports", sent)
        waited = (datetime.now(UTC) - begun).total_seconds()
        slow.rollback()
    refused(answer, 409, "twin_in_flight")
    assert int(answer.headers["Retry-After"]) >= 1
    assert 1.5 < waited < 4
    assert resident.post("/reports", sent).status_code == 201


# Where


def test_P3_a_point_outside_is_refused_naming_the_city(resident: Any, conn: Any) -> None:
    sent = report([SHA], place={"lng": 116.4, "lat": 39.9, "origin": "pin"})
    assert "南昌" in refused(resident.post("/reports", sent), 422, "outside_city")["detail"]
    assert "南昌" in resident.post("/reports", sent, Accept_Language="en").json["detail"]
    assert nothing_kept(conn, sent)


def test_P1_P3_a_point_in_another_city_of_the_same_house_is_outside(resident: Any, conn: Any) -> None:
    files = sorted((ROOT / "demo" / "licheng").glob("*.geojson.gz"))
    importer.run(conn, files, system="wgs84", source="test", demo=True)
    code, lng, lat = conn.execute(
        "select code, st_x(point), st_y(point) from regions where code like '37%' order by level desc, code limit 1"
    ).fetchone()
    assert len(code) == 12
    sent = report([SHA], place={"lng": lng, "lat": lat, "origin": "pin"})
    assert "南昌" in refused(resident.post("/reports", sent), 422, "outside_city")["detail"]
    assert resident.get(f"/places/locate?lng={lng}&lat={lat}").status_code == 422


def test_neither_place_nor_address_is_not_enough(resident: Any, conn: Any) -> None:
    sent = report([SHA], place=None)
    refused(resident.post("/reports", sent), 422, "place_needed")
    assert nothing_kept(conn, sent)


def test_P3_an_address_alone_goes_unsure_to_the_desk(resident: Any, desk: Any) -> None:
    receipt = resident.post("/reports", report([SHA], place=None, address="八一广场旁")).json
    assert (receipt["state"], receipt["assigned_to"]["kind"]) == ("reported", "desk")
    assert receipt["place"] | {"name": "", "label": ""} == {
        "code": "3601", "name": "", "label": "", "approximate": False, "unsure": True,
    }  # fmt: skip
    seen = desk.get(f"/cases/{receipt['case_id']}").json
    assert (seen["place"]["point"], seen["address"], seen["allowed"][0]["action"]) == (None, "八一广场旁", "accept")


WEST_OF_THE_CITY = """
select st_x(away), st_y(away) from (
  select st_project(corner.geom::geography, %s, radians(270))::geometry as away
    from regions r, st_dumppoints(r.geom) corner
   where r.level = 15 and r.code like '3601%%' order by st_x(corner.geom) limit 1) rim
"""


@pytest.mark.parametrize(("metres", "status"), [(1, 201), (195, 201), (205, 422), (3000, 422)])
def test_P3_P5_the_nearest_grid_takes_what_is_up_to_200_metres_outside(
    resident: Any, conn: Any, metres: int, status: int
) -> None:
    lng, lat = conn.execute(WEST_OF_THE_CITY, (metres,)).fetchone()
    answer = resident.post("/reports", report([SHA], place={"lng": lng, "lat": lat, "origin": "gps"}))
    assert answer.status_code == status
    if status == 201:
        place = answer.json["place"]
        assert (len(place["code"]), place["approximate"], place["unsure"]) == (15, True, False)


def test_P2_an_exclusive_grid_wins_over_the_base_grid_and_the_lowest_code_wins_a_tie(
    resident: Any, conn: Any, grid: Any
) -> None:
    def drawn(code: str, kind: str) -> None:
        conn.execute(
            "insert into regions (code, level, name, parent, kind, source, geom, point)"
            " select %s, 15, '商场', parent, %s, 'test', geom, point from regions where code = %s",
            (code, kind, grid.code),
        )

    community = grid.code[:12]
    drawn(community + "000", "micro")
    drawn(community + "902", "exclusive")
    drawn(community + "901", "exclusive")
    placed = resident.post("/reports", report([SHA], place=grid.place)).json["place"]
    assert (placed["code"], placed["approximate"]) == (community + "901", False)


def test_P4_a_GCJ02_point_is_converted_and_kept_as_it_came(resident: Any, conn: Any, grid: Any) -> None:
    lng, lat = (float(axis) for axis in wgs84_to_gcj02(np.array([grid.lng, grid.lat])))
    place = {"lng": lng, "lat": lat, "system": "gcj02", "accuracy_m": 30, "origin": "photo"}
    receipt = resident.post("/reports", report([SHA], place=place)).json
    assert receipt["place"]["code"] == grid.code
    row = conn.execute(
        "select st_x(point), st_y(point), raw_lng, raw_lat, raw_system, accuracy_m, origin from cases where id = %s",
        (receipt["case_id"],),
    ).fetchone()
    assert row[:2] == pytest.approx((grid.lng, grid.lat), abs=1e-5)
    assert row[2:] == (lng, lat, "gcj02", 30, "photo")


# What


def test_a_computer_that_guesses_its_place_may_report(resident: Any, grid: Any) -> None:
    place = grid.place | {"accuracy_m": 150_000}
    assert resident.post("/reports", report([SHA], place=place)).status_code == 201
    asked = f"/places/locate?lng={place['lng']}&lat={place['lat']}&accuracy=150000"
    assert resident.get(asked).status_code == 200


def test_photos_are_required_as_the_matter_says(resident: Any, conn: Any) -> None:
    sent = report()
    refused(resident.post("/reports", sent), 422, "photo_required")
    assert nothing_kept(conn, sent)
    assert resident.post("/reports", report(category="noise")).status_code == 201
    assert resident.post("/reports", report(category="other")).status_code == 201
    assert resident.post("/reports", report(category=None)).status_code == 201
    named = report(category=None, matter={"kind": "matter", "code": "06010"})
    refused(resident.post("/reports", named), 422, "photo_required")


def test_danger_waives_the_photo_and_makes_it_critical(resident: Any, desk: Any) -> None:
    case = resident.post("/reports", report(danger=True)).json["case_id"]
    assert desk.get(f"/cases/{case}").json["urgency"] == "critical"


@pytest.mark.parametrize(
    "what",
    [
        {"category": "volcano"},
        {"matter": {"kind": "matter", "code": "99999"}},
        {"matter": {"kind": "part", "code": "01037"}},
    ],
)
def test_what_the_city_has_not_turned_on_is_unknown(resident: Any, conn: Any, what: dict[str, Any]) -> None:
    sent = report([SHA], **what)
    refused(resident.post("/reports", sent), 422, "unknown_matter")
    assert nothing_kept(conn, sent)


def test_without_a_certain_matter_the_desk_decides(resident: Any, desk: Any) -> None:
    for uncertain in ("other", "dispute", "livelihood"):
        receipt = resident.post("/reports", report(category=uncertain)).json
        assert (receipt["state"], receipt["assigned_to"]["kind"]) == ("reported", "desk")
        assert receipt["case_id"] in desk.tasks()


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "no word of what it is": ({"category": None, "text": None}, "category"),
    "an empty text": ({"text": ""}, "text"),
    "a text of 1,001 letters": ({"text": "长" * 1001}, "text"),
    "an address of 201 letters": ({"address": "长" * 201}, "address"),
    "ten photos": ({"photos": [f"{n:064x}" for n in range(10)]}, "photos"),
    "a photo twice": ({"photos": [SHA, SHA]}, "photos"),
    "a photo that is no hash": ({"photos": ["AB" * 32]}, "photos.0"),
    "an unknown field": ({"colour": "red"}, "colour"),
    "an id that is no UUIDv7": ({"id": "5c8b5b9e-1f0a-4e6c-9d2b-3f1f4a3b2c1d"}, "id"),
    "a short secret": ({"secret": "s" * 42}, "secret"),
    "a time without its offset": ({"occurred_at": "2026-11-20T03:04:05"}, "occurred_at"),
    "a time before time": ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at"),
    "a time after time": ({"occurred_at": "9999-12-31T23:59:59-14:00"}, "occurred_at"),
    "a longitude of 181": ({"place": {"lng": 181, "lat": 28, "origin": "gps"}}, "place.lng"),
    "a longitude of 400 digits": ({"place": {"lng": 10**400, "lat": 28, "origin": "gps"}}, "place.lng"),
    "half a place": ({"place": {"lng": 115.8, "origin": "gps"}}, "place.lat"),
    "a negative accuracy": ({"place": {"lng": 1, "lat": 2, "accuracy_m": -1, "origin": "gps"}}, "place.accuracy_m"),
    "an unknown system": ({"place": {"lng": 115.8, "lat": 28, "system": "mars", "origin": "gps"}}, "place.system"),
    "danger as a word": ({"danger": "yes"}, "danger"),
    "a matter without a code": ({"matter": {"kind": "matter"}}, "matter.code"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_report_is_refused_with_the_path_of_the_fault(resident: Any, conn: Any, fault: str) -> None:
    changed, path = FAULTS[fault]
    sent = report([SHA]) | changed
    problem = refused(resident.post("/reports", sent), 422, "invalid")
    assert list(problem["fields"]) == [path]
    assert nothing_kept(conn, sent) if "id" not in changed else True


def test_the_longest_text_is_taken_whole(resident: Any, desk: Any) -> None:
    text = "长" * 999 + "𠮷"
    case = resident.post("/reports", report([SHA], text=text, address="址" * 200)).json["case_id"]
    seen = desk.get(f"/cases/{case}").json
    assert (seen["text"], seen["summary"]) == (text, text[:80])


RAW = {
    "NUL": (b'{"text": "a\\u0000b"}', 400, "bad_json"),
    "half a character": (b'{"text": "\\ud800"}', 400, "bad_json"),
    "1e400": (b'{"place": {"lng": 1e400}}', 400, "bad_json"),
    "NaN": (b'{"place": {"lng": NaN}}', 400, "bad_json"),
    "a key twice": (b'{"text": "a", "text": "b"}', 400, "bad_json"),
    "depth": (b"[" * 22 + b"]" * 22, 400, "bad_json"),
    "great depth": (b"[" * 100_000, 400, "bad_json"),
    "not JSON": (b"text=a", 400, "bad_json"),
    "nothing": (b"", 400, "bad_json"),
    "not UTF-8": (b'{"text": "\xff"}', 400, "bad_json"),
    "a list": (b"[]", 422, "invalid"),
    "a word": (b'"report"', 422, "invalid"),
    "a megabyte": (b'{"text": "' + b"x" * 1_000_001 + b'"}', 413, "too_large"),
}


@pytest.mark.parametrize("door", ["/reports", "/commands"])
@pytest.mark.parametrize("case", RAW)
def test_what_is_not_strict_JSON_is_refused_at_every_door_of_reports(app: Any, door: str, case: str) -> None:
    raw, status, code = RAW[case]
    if door == "/commands" and case == "a megabyte":
        raw = b'{"text": "' + b"x" * 2_000_001 + b'"}'
    headers = {**HEADERS, "X-Gezhi-Device": str(uuid7()), "Content-Type": "application/json"}
    refused(app.test_client().post(f"/api/v1{door}", data=raw, headers=headers), status, code)


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"Content-Type": "text/plain"}, 415, "not_json"),
        ({"Content-Type": ""}, 415, "not_json"),
        ({"Origin": "https://evil.example"}, 403, "wrong_origin"),
        ({"Origin": "null"}, 403, "wrong_origin"),
        ({"X-Gezhi": ""}, 403, "missing_header"),
        ({"X-Gezhi-Device": "not-a-uuid"}, 403, "missing_header"),
    ],
)
def test_a_report_from_a_foreign_page_or_without_a_device_is_refused(
    app: Any, conn: Any, changed: dict[str, str], status: int, code: str
) -> None:
    sent = report([SHA])
    headers = {**HEADERS, "X-Gezhi-Device": str(uuid7()), "Content-Type": "application/json", **changed}
    answer = app.test_client().post("/api/v1/reports", data=app.json.dumps(sent), headers=headers)
    refused(answer, status, code)
    assert nothing_kept(conn, sent)


# Photos


def test_a_photo_that_comes_later_is_linked_when_the_report_is_sent_again(app: Any, conn: Any, grid: Any) -> None:
    phone = Caller(app)
    content = photo()
    early = phone.put_photo(photo())
    late = hashlib.sha256(content).hexdigest()
    sent = report([early, late], place=grid.place)
    first = phone.post("/reports", sent).json
    assert first["missing_photos"] == [late]
    shown = phone.get(f"/reports/{first['receipt_code']}", X_Gezhi_Secret=SECRET).json["photos"]
    assert [(one["sha256"], one["ready"], one["url"]) for one in shown] == [(early, False, None), (late, False, None)]

    assert phone.put_photo(content) == late
    assert phone.post("/reports", sent).json["missing_photos"] == []
    linked = conn.execute("select encode(sha256, 'hex') from uploads where case_id = %s", (first["case_id"],))
    assert {row[0] for row in linked} == {early, late}


def test_P8_the_hash_of_somebody_elses_photo_gives_no_right_to_it(
    app: Any, conn: Any, grid: Any, desk: Any, worker: Any
) -> None:
    owner, thief = Caller(app), Caller(app)
    sha = owner.put_photo(photo())
    conn.execute("update uploads set state = 'ready', width = 64, height = 48 where sha256 = %s", (bytes.fromhex(sha),))
    mine = owner.post("/reports", report([sha], place=grid.place)).json
    stolen = thief.post("/reports", report([sha], place=grid.place)).json
    assert (mine["missing_photos"], stolen["missing_photos"]) == ([], [sha])

    def photos(receipt: dict[str, Any]) -> list[tuple[bool, bool]]:
        course = owner.get(f"/reports/{receipt['receipt_code']}", X_Gezhi_Secret=SECRET).json
        assert course["mine"]
        seen = desk.get(f"/cases/{receipt['case_id']}").json
        thumbs = [i["thumb_url"] for i in worker.get("/cases").json["items"] if i["id"] == receipt["case_id"]]
        return [(one["ready"], one["url"] is not None) for one in course["photos"] + seen["photos"]] + [
            (thumb is not None, seen["thumb_url"] is not None) for thumb in thumbs
        ]

    assert photos(mine) == [(True, True)] * 3
    assert photos(stolen) == [(False, False)] * 3
    assert conn.execute("select case_id from uploads where sha256 = %s", (bytes.fromhex(sha),)).fetchall() == [
        (conn.execute("select id from cases where id = %s", (mine["case_id"],)).fetchone()[0],)
    ]


def test_the_logs_of_all_these_cases_hold(resident: Any) -> None:
    assert resident.post("/reports", report([SHA])).status_code == 201
    assert examine() == []
