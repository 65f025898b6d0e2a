"""What is near by: before one reports (C11, P8), joined instead, and shown to the desk (C8, P7)."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import numpy as np
import psycopg
import pytest

from gezhi.cases import answers, schemas_nearby
from gezhi.cases.doctor import examine
from gezhi.db import uuid7
from gezhi.media import cleaning
from gezhi.places.systems import wgs84_to_gcj02
from tests.cases.helpers import SECRET, SHA, command, now, ok, photo, refused
from tests.conftest import Caller

Conn = psycopg.Connection[Any]
Send = Callable[..., dict[str, Any]]

LIGHT = {"kind": "matter", "code": "01037"}
METRE = 1 / 110_800  # degrees of latitude at 28.7 degrees north


def north(grid: Any, metres: float) -> dict[str, Any]:
    """The point of a grid moved north."""
    return {**grid.place, "lat": grid.lat + metres * METRE}


@pytest.fixture(autouse=True)
def alone(conn: Conn) -> None:
    """Grids of the old town lie within 200 m of each other: what earlier tests left open is over."""
    conn.execute("update cases set state = 'void' where state <> 'void'")


@pytest.fixture
def look(app: Any, grid: Any) -> Callable[..., dict[str, Any]]:
    """What a phone without a session is shown at the test's grid, by case id."""

    def do(*, text: str | None = None, metres: float = 0, **asked: Any) -> dict[str, Any]:
        where = {"lng": grid.lng, "lat": grid.lat + metres * METRE}
        if text is None:
            answer = Caller(app).get(f"/nearby?{urlencode({**where, **asked})}")
        else:
            answer = Caller(app).post("/nearby", {**where, **asked, "text": text})
        body = ok(answer)
        assert schemas_nearby.NearCases().validate(body) == {}
        return {item["id"]: item for item in body["items"]}

    return do


def join_body(**changed: Any) -> dict[str, Any]:
    """我也遇到 as a phone sends it."""
    return {"id": str(uuid7()), "secret": SECRET, "occurred_at": now(), **changed}


def mark(conn: Conn, case: Any, **columns: Any) -> None:
    """Set columns of a case, as later work on it would."""
    for name, value in columns.items():
        conn.execute(f"update cases set {name} = %s where id = %s", (value, case))


# What is near ------------------------------------------------------------------------------------------------------


def test_C11_same_matter_within_50_m_and_14_days_is_a_duplicate(send: Send, look: Any, grid: Any, conn: Conn) -> None:
    near, far = send(place=north(grid, 45))["case_id"], send(place=north(grid, 60))["case_id"]
    other = send(category="rubbish", text=None)["case_id"]
    seen = look(matter="matter:01037")
    assert {case: item["duplicate"] for case, item in seen.items()} == {near: True, far: False, other: False}
    assert next(iter(seen)) == near, "duplicates come first"
    by_category = look(category="street_light")
    assert by_category[near]["duplicate"], "a category that stands for one matter asks for it"
    assert not any(item["duplicate"] for item in look().values())
    conn.execute("update cases set created_at = now() - interval '15 days' where id = %s", (near,))
    assert not look(matter="matter:01037")[near]["duplicate"]


def test_C11_a_similar_text_within_200_m_is_a_duplicate(send: Send, look: Any, grid: Any) -> None:
    near = send(place=north(grid, 190), text="小区路灯坏了不亮")["case_id"]
    far = send(place=north(grid, 210), text="小区路灯坏了不亮")["case_id"]
    other = send(place=north(grid, 10), text="路灯杆上的牌子歪了，要掉下来")["case_id"]
    seen = look(text="路灯不亮了", radius=500)
    assert {case: item["duplicate"] for case, item in seen.items()} == {near: True, far: False, other: False}
    assert near not in look(text="路灯不亮了", radius=100)


def test_P5_distances_are_metres_and_systems_are_converted(send: Send, app: Any, look: Any, grid: Any) -> None:
    case = send(place=north(grid, 123))["case_id"]
    assert look()[case]["distance_m"] == 125
    assert case not in look(radius=121)
    lng, lat = wgs84_to_gcj02(np.array([grid.lng, grid.lat])).tolist()
    body = ok(Caller(app).get(f"/nearby?lng={lng}&lat={lat}&system=gcj02"))
    assert {item["id"]: item["distance_m"] for item in body["items"]}[case] == 125


def test_P8_what_is_not_public_never_appears_near_by(send: Send, look: Any, conn: Conn) -> None:
    public = send()["case_id"]
    hidden = [
        send(category="dispute", text="路灯不亮")["case_id"],
        send(category="other", text="路灯不亮")["case_id"],
        send(category=None, matter={"kind": "local", "code": "L2001"}, text="路灯不亮")["case_id"],
    ]
    kinds = conn.execute("select array_agg(distinct confidentiality) from cases where id = any (%s::uuid[])", (hidden,))
    assert set((kinds.fetchone() or ([],))[0]) == {"sensitive", "internal"}
    asked: list[dict[str, Any]] = [
        {}, {"matter": "local:L2001"}, {"category": "dispute"}, {"text": "路灯不亮"},
        {"text": "路灯不亮", "matter": {"kind": "local", "code": "L2001"}},
    ]  # fmt: skip
    for one in asked:
        assert set(look(**one)) == {public}


def test_P8_nearby_says_nothing_of_people_texts_or_doors(send: Send, look: Any, grid: Any) -> None:
    case = send(text="三单元老王家门口的路灯不亮 13807910000", address="3栋2单元501")["case_id"]
    item = look(text="路灯不亮")[case]
    assert set(item) == set(schemas_nearby.NearCase().fields)
    said = str(item)
    for private in ("老王", "13807910000", "501", "360103-"):
        assert private not in said
    assert item["point"] == [round(grid.lng, 4), round(grid.lat, 4)]
    assert item["distance_m"] % 5 == 0
    assert item["photos"] == []
    assert item["state_name"] == "已交给负责的人"


def test_P8_only_photos_that_a_desk_has_released_are_shown(app: Any, look: Any, grid: Any, desk: Any) -> None:
    phone = Caller(app)
    released, kept = phone.put_photo(photo()), phone.put_photo(photo())
    sent = {
        "id": str(uuid7()), "secret": SECRET, "occurred_at": now(), "category": "street_light", "place": grid.place,
        "photos": [released, kept],
    }  # fmt: skip
    case = phone.post("/reports", sent).json["case_id"]
    for sha in (released, kept):
        assert cleaning.clean("3601", sha) == "ready"
    assert look()[case]["photos"] == []
    note = command("release", None, photos=[released])
    del note["version"]
    ok(desk.act(case, note))
    shown = look()[case]["photos"]
    assert [view["sha256"] for view in shown] == [released]
    assert shown[0]["thumb_url"]


@pytest.mark.parametrize("state", ["closed", "rejected", "merged", "transferred", "withdrawn", "void"])
def test_only_open_cases_are_near(send: Send, look: Any, conn: Conn, state: str) -> None:
    case = send()["case_id"]
    mark(conn, case, state="suspended")
    assert case in look()
    mark(conn, case, state=state)
    assert case not in look()


def test_at_most_twenty_the_nearest(send: Send, look: Any, grid: Any) -> None:
    made = [send(place=north(grid, metres), text=None)["case_id"] for metres in range(100, 122)]
    seen = look()
    assert list(seen) == made[:20]


@pytest.mark.parametrize(
    "query",
    [
        "", "lng=115.9", "lng=x&lat=28", "lng=nan&lat=28", "lng=181&lat=28", "lng=115.9&lat=28.7&system=utm",
        "lng=115.9&lat=28.7&radius=0", "lng=115.9&lat=28.7&radius=501", "lng=115.9&lat=28.7&matter=01037",
        "lng=115.9&lat=28.7&matter=matter:", "lng=115.9&lat=28.7&category=A", "lng=115.9&lat=28.7&text=%E7%81%AF",
        "lng=115.9&lat=28.7&else=1", "lng=115.9&lat=28.7&category=%00",
    ],
)  # fmt: skip
def test_a_faulty_question_about_what_is_near_is_refused(resident: Caller, query: str) -> None:
    refused(resident.get(f"/nearby?{query}"), 422, "invalid")


@pytest.mark.parametrize(
    "changed",
    [
        {"lng": None}, {"lng": "x"}, {"lat": True}, {"radius": 1.5}, {"radius": "200"}, {"text": ""},
        {"text": "字" * 1001}, {"matter": "matter:01037"}, {"matter": {"kind": "matter"}}, {"else": 1},
        {"system": None},
    ],
)  # fmt: skip
def test_a_faulty_body_about_what_is_near_is_refused(resident: Caller, changed: dict[str, Any]) -> None:
    sent = {"lng": 115.9, "lat": 28.7, **changed}
    refused(resident.post("/nearby", sent), 422, "invalid")


def test_nowhere_near_anything_is_an_empty_answer(resident: Caller) -> None:
    for lng, lat in ((0, 0), (180, 90), (-180, -90), (115.9, 28.0)):
        assert ok(resident.get(f"/nearby?lng={lng}&lat={lat}")) == {"items": []}
    assert ok(resident.post("/nearby", {"lng": 0, "lat": 0, "text": "？！"})) == {"items": []}


def test_looking_is_limited_for_each_device(app: Any) -> None:
    phone, where = Caller(app), "/nearby?lng=0&lat=0"
    answers_given = [phone.get(where) for _ in range(61)]
    assert {answer.status_code for answer in answers_given[:60]} == {200}
    refused(answers_given[60], 429, "too_many_requests")
    refused(phone.post("/nearby", {"lng": 0, "lat": 0}), 429, "too_many_requests")
    assert Caller(app).get(where).status_code == 200


# The index and the slow way ----------------------------------------------------------------------------------------

_BRUTE = """
select c.id, st_distance(c.point::geography, q.at) as metres,
  c.matter_kind = 'matter' and c.matter_code = '01037' and st_distance(c.point::geography, q.at) <= 50
    and c.created_at >= now() - interval '14 days'
  or (likeness_v1(%(text)s, b.body ->> 'text') >= alike_v1() and st_distance(c.point::geography, q.at) <= 200)
from (select st_setsrid(st_point(%(lng)s, %(lat)s), 4326)::geography as at) q, cases c
left join event_bodies b on b.city = c.city and b.case_id = c.id and b.seq = 1
where c.city = %(city)s and c.state in ('reported', 'accepted', 'dispatched', 'signed', 'handled', 'suspended')
  and (not %(public)s or c.confidentiality = 'public') and st_distance(c.point::geography, q.at) <= %(radius)s
"""
_NEAR = """
select case_id, distance_m, duplicate from near_v1(%(city)s, %(lng)s, %(lat)s, 'matter', '01037', null, %(text)s,
  now(), %(public)s, %(radius)s)
"""
_FILL = """
with made as (
  insert into cases (city, id, number, state, version, seq, level, urgency, confidentiality, channel, matter_kind,
                     matter_code, region_code, place_quality, point, created_at, updated_at)
  select case when random() < 0.1 then '9999' else %(city)s end, gen_random_uuid(), 'n' || g,
         (array['reported', 'signed', 'suspended', 'closed', 'void'])[1 + floor(random() * 5)::int], 1, 1, 12,
         'ordinary', (array['public', 'public', 'internal', 'sensitive'])[1 + floor(random() * 4)::int], 'app',
         'matter', (array['01037', '06013'])[1 + floor(random() * 2)::int], '360103001001001', 'exact',
         st_setsrid(st_point(%(lng)s + (random() - 0.5) * %(spread)s, %(lat)s + (random() - 0.5) * %(spread)s), 4326),
         now() - random() * interval '28 days', now()
    from generate_series(1, %(many)s) g
  returning city, id)
insert into event_bodies
select city, id, 1, 'x', jsonb_build_object('text', (array['路灯不亮', '小区路灯坏了不亮', '垃圾没人收', null])
                                              [1 + floor(random() * 4)::int]) from made
"""


@pytest.fixture
def scratch(conn: Conn) -> Iterator[Conn]:
    """A transaction that leaves nothing behind."""
    conn.autocommit = False
    yield conn
    conn.rollback()


def test_C11_P5_the_index_finds_what_looking_at_every_case_finds(scratch: Conn) -> None:
    chance = random.Random(11)
    for lat in (28.7, 53.3, 3.5):  # the box is made for every latitude of the country
        where = {"city": "3601", "lng": 110.0, "lat": lat}
        scratch.execute(_FILL, where | {"spread": 0.02, "many": 1500})
        for _ in range(12):
            asked = where | {
                "lng": 110.0 + chance.uniform(-0.01, 0.01), "lat": lat + chance.uniform(-0.01, 0.01),
                "text": chance.choice(("路灯不亮了", "垃圾没人清", None)), "public": chance.random() < 0.5,
                "radius": chance.choice((50, 200, 300)),
            }  # fmt: skip
            slow = {row[0]: (round(row[1], 6), bool(row[2])) for row in scratch.execute(_BRUTE, asked).fetchall()}
            fast = {row[0]: (round(row[1], 6), row[2]) for row in scratch.execute(_NEAR, asked).fetchall()}
            assert fast == slow


def test_C11_near_is_served_by_the_index_of_open_cases(scratch: Conn) -> None:
    where = {"city": "3601", "lng": 105.0, "lat": 28.7, "text": None, "public": True, "radius": 200}
    scratch.execute(_FILL, where | {"spread": 1.0, "many": 20_000})
    scratch.execute("analyze cases")
    plan = "\n".join(row[0] for row in scratch.execute("explain " + _NEAR, where).fetchall())
    assert "cases_point_index" in plan


# Joining -----------------------------------------------------------------------------------------------------------


def test_C11_joining_gives_a_receipt_of_its_own_that_shows_the_case_s_course(
    app: Any, send: Send, look: Any, row_of: Any, conn: Conn, grid: Any
) -> None:
    first = send()
    case, sent = first["case_id"], join_body(text="我家这边也不亮", place=grid.place, photos=[SHA])
    before = row_of(case)["row"]
    phone = Caller(app)
    joined = phone.post(f"/nearby/{case}/join", sent)
    assert joined.status_code == 201, joined.json
    receipt = joined.json
    assert answers.Receipt().validate(receipt) == {}
    assert receipt["case_id"] == case
    assert receipt["receipt_code"] != first["receipt_code"]
    assert receipt["missing_photos"] == [SHA]
    again = phone.post(f"/nearby/{case}/join", sent)
    assert (again.status_code, again.json) == (200, receipt)

    whole = row_of(case)
    event = whole["events"][-1]
    assert (event["action"], event["actor_kind"], event["seq"]) == ("join", "reporter", before["seq"] + 1)
    assert (whole["row"]["version"], whole["row"]["state"]) == (before["version"], before["state"])
    assert whole["bodies"][-1]["body"]["text"] == "我家这边也不亮"
    assert whole["bodies"][-1]["body"]["position"]["lng"] == pytest.approx(grid.lng)
    assert not {"text", "lng", "position"} & {key for key in event["facts"] if event["facts"][key] is not None}
    assert look()[case]["joined"] == 1
    course = ok(phone.get(f"/reports/{receipt['receipt_code']}", X_Gezhi_Secret=SECRET))
    assert (course["number"], course["mine"]) == (first["number"], True)
    assert not [fault for fault in examine() if case in fault]


def test_C11_the_same_id_with_another_body_is_refused_and_a_device_may_join_twice(app: Any, send: Send) -> None:
    case, other = send()["case_id"], send()["case_id"]
    phone, sent = Caller(app), join_body()
    assert phone.post(f"/nearby/{case}/join", sent).status_code == 201
    refused(phone.post(f"/nearby/{case}/join", sent | {"text": "别的"}), 422, "same_id_other_body")
    refused(phone.post(f"/nearby/{other}/join", sent), 422, "same_id_other_body")
    assert phone.post(f"/nearby/{other}/join", join_body()).status_code == 201
    assert Caller(app).post(f"/nearby/{case}/join", sent).status_code == 201, "another device's id is its own"


def test_C7_the_same_join_from_eight_threads_is_taken_once(app: Any, send: Send, row_of: Any) -> None:
    case, sent, device = send()["case_id"], join_body(), str(uuid.uuid4())
    others = [join_body() for _ in range(4)]

    def join(body: dict[str, Any]) -> Any:
        return Caller(app, device).post(f"/nearby/{case}/join", body)

    before = row_of(case)["row"]["seq"]
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(join, [sent, others[0], sent, others[1], sent, others[2], sent, others[3]]))
    assert sorted(answer.status_code for answer in given) == [200] * 3 + [201] * 5
    assert len({answer.json["receipt_code"] for answer in given}) == 5
    assert row_of(case)["row"]["seq"] == before + 5


@pytest.mark.timeout(60)
def test_C4_C7_one_id_for_two_joins_at_once_is_told_and_no_fault(
    app: Any, send: Send, conn: Conn, database: str
) -> None:
    """Another session has kept the same id for another case, and commits while this one waits for it."""
    case, sent, device = send()["case_id"], join_body(), str(uuid.uuid4())
    mark(conn, case, state="closed")
    with psycopg.connect(database) as other, ThreadPoolExecutor(1) as pool:
        other.execute(
            "insert into commands (city, author, id, case_id, action, body_hmac, refused)"
            " values ('3601', %s, %s, %s, 'join', 'x', 'joined_too_late')",
            (f"device:{device}", sent["id"], uuid7()),
        )
        waiting = pool.submit(Caller(app, device).post, f"/nearby/{case}/join", sent)
        time.sleep(0.5)
        assert not waiting.done()
        other.commit()
        refused(waiting.result(), 422, "same_id_other_body")


def test_P8_nobody_joins_what_is_not_public(app: Any, send: Send, row_of: Any, conn: Conn) -> None:
    for case in (
        send(category="dispute", text="吵架")["case_id"],
        send(category=None, matter={"kind": "local", "code": "L2001"})["case_id"],
        str(uuid7()),
    ):
        sent = join_body()
        refused(Caller(app).post(f"/nearby/{case}/join", sent), 404, "not_found")
        assert conn.execute("select from reports where id = %s", (sent["id"],)).fetchone() is None
        assert conn.execute("select from commands where id = %s", (sent["id"],)).fetchone() is None


@pytest.mark.parametrize("state", ["closed", "rejected", "merged", "transferred", "withdrawn", "void"])
def test_C6_joining_too_late_changes_nothing_and_is_kept(
    app: Any, send: Send, row_of: Any, conn: Conn, state: str
) -> None:
    case = send()["case_id"]
    mark(conn, case, state=state)
    before, sent = row_of(case), join_body(text="还是不亮")
    phone = Caller(app)
    problem = refused(phone.post(f"/nearby/{case}/join", sent), 409, "joined_too_late")
    assert problem["current"]["state"] == state
    assert row_of(case) == before
    kept = conn.execute("select refused, content from commands where id = %s", (sent["id"],)).fetchone()
    assert kept == ("joined_too_late", {"text": "还是不亮"})
    mark(conn, case, state="signed")
    refused(phone.post(f"/nearby/{case}/join", sent), 409, "joined_too_late")
    refused(phone.post(f"/nearby/{case}/join", sent | {"text": "别的"}), 422, "same_id_other_body")


def test_C4_a_queue_joins_too(app: Any, send: Send, conn: Conn) -> None:
    case, over = send()["case_id"], send()["case_id"]
    mark(conn, over, state="void")
    phone, good, late = Caller(app), join_body(text="也不亮"), join_body(text="太晚了")
    commands = [
        {"kind": "join", "case_id": case, **good},
        {"kind": "join", "case_id": over, **late},
        {"kind": "join", "case_id": case, **good},
        {"kind": "join", "case_id": "x", **join_body()},
        {"kind": "join", "case_id": case, **join_body(), "secret": "short"},
    ]
    results = ok(phone.post("/commands", {"commands": commands}))["results"]
    assert [row["status"] for row in results] == [201, 409, 200, 422, 422]
    assert results[0]["body"] == results[2]["body"]
    kept = conn.execute("select content ->> 'text' from commands where id = %s", (late["id"],)).fetchone()
    assert kept == ("太晚了",)


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "x"}, {"secret": "x"}, {"occurred_at": "yesterday"}, {"occurred_at": "9999-01-01T00:00:00Z"},
        {"text": ""}, {"text": 1}, {"photos": ["x"]}, {"photos": [SHA, SHA]}, {"place": {"lng": 1}}, {"else": 1},
    ],
)  # fmt: skip
def test_a_faulty_body_of_joining_is_refused(app: Any, send: Send, changed: dict[str, Any]) -> None:
    refused(Caller(app).post(f"/nearby/{send()['case_id']}/join", join_body(**changed)), 422, "invalid")


def test_a_join_needs_an_author(app: Any, send: Send) -> None:
    answer = Caller(app).post(f"/nearby/{send()['case_id']}/join", join_body(), X_Gezhi_Device="none")
    refused(answer, 403, "missing_header")


# What a case is like -----------------------------------------------------------------------------------------------


def like(person: Any, case: Any) -> dict[str, Any]:
    """What a person is shown as similar to a case, by case id."""
    body = ok(person.get(f"/cases/{case}/similar"))
    assert schemas_nearby.SimilarCases().validate(body) == {}
    return {item["id"]: item for item in body["items"]}


def test_C11_the_desk_sees_open_duplicates_and_nothing_is_merged(
    send: Send, desk: Any, grid: Any, row_of: Any, conn: Conn
) -> None:
    case = send(text="路灯不亮")["case_id"]
    same = send(place=north(grid, 40), text="黑")["case_id"]
    text = send(category="other", text="小区路灯坏了不亮", place=north(grid, 150))["case_id"]
    send(place=north(grid, 60), text="灯杆刮花了要刷漆")
    send(category="rubbish", text="垃圾没人收")
    over = send(text="路灯不亮")["case_id"]
    mark(conn, over, state="void")
    before = row_of(case)
    seen = like(desk, case)
    assert list(seen) == [same, text]
    assert (seen[same]["same_matter"], seen[same]["distance_m"]) == (True, 40)
    assert (seen[text]["same_matter"], seen[text]["relapse"]) == (False, False)
    assert seen[text]["likeness"] >= 0.55
    assert row_of(case) == before


def test_P7_P8_similar_cases_are_those_that_the_caller_may_see(
    send: Send, desk: Any, worker: Any, hire: Any, grid: Any, app: Any
) -> None:
    case = send(text="路灯不亮")["case_id"]
    dispute = send(category="dispute", text="路灯不亮了")["case_id"]
    mine = send(text="路灯坏了不亮")["case_id"]
    assert set(like(desk, case)) == {dispute, mine}
    assert set(like(worker, case)) == {mine}
    stranger = hire("grid_worker", "360102002001001")
    refused(stranger.get(f"/cases/{case}/similar"), 404, "not_found")
    refused(worker.get(f"/cases/{dispute}/similar"), 404, "not_found")
    refused(worker.get(f"/cases/{uuid.uuid4()}/similar"), 404, "not_found")
    assert worker.get("/cases/x/similar").status_code == 404
    refused(Caller(app).get(f"/cases/{case}/similar"), 401, "not_signed_in")


def test_C8_a_case_at_the_place_of_one_closed_within_30_days_is_shown_as_its_relapse(
    send: Send, desk: Any, worker: Any, grid: Any, conn: Conn
) -> None:
    ended = {metres: send(place=north(grid, metres), text=None)["case_id"] for metres in (0, 48, 55)}
    other = send(category="rubbish", text=None)["case_id"]
    for closed in (*ended.values(), other):
        mark(conn, closed, state="closed")
        conn.execute("update cases set closed_at = now() - interval '29 days' where id = %s", (closed,))
    case = send(text=None)["case_id"]
    seen = like(desk, case)
    assert {one: item["relapse"] for one, item in seen.items()} == {ended[0]: True, ended[48]: True}
    assert seen[ended[0]]["closed_at"]
    assert set(like(worker, case)) == {ended[0], ended[48]}
    conn.execute("update cases set closed_at = now() - interval '31 days' where id = %s", (ended[0],))
    assert set(like(desk, case)) == {ended[48]}


def test_a_case_without_a_point_is_like_none(send: Send, desk: Any) -> None:
    case = send(place=None, address="某处")["case_id"]
    assert like(desk, case) == {}
