"""Who reaches what: every operation of the API x who asks x where they stand (rules P1, P7, P8).

An operation without a row in OPERATIONS fails the first test: whoever adds one says here who may use it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import pytest

from gezhi.db import uuid7
from gezhi.live.audience import addressed, listened
from gezhi.people import sessions
from tests.cases.conftest import (  # noqa: F401 - fixtures
    Person,
    enter,
    grid,
    grids,
    hire,
    send,
    unit,
)
from tests.cases.helpers import SECRET, command, report
from tests.conftest import Caller

Reach = Literal["anybody", "secret", "own", "case", "desk"]
V1 = "/api/v1"

# anybody: no session needed, tells nothing of cases. secret: by receipt code or signed link. own: a session, and only
# what is one's own. case: a session, and the case in one's scope. desk: the same, and only at a desk.
OPERATIONS: dict[str, Reach] = {
    "GET /api/v1/session": "anybody",
    "POST /api/v1/session": "anybody",
    "DELETE /api/v1/session": "anybody",
    "GET /api/v1/places/locate": "anybody",
    "GET /api/v1/places/grids.geojson": "anybody",
    "GET /api/v1/places/<code>": "anybody",
    "GET /api/v1/places/<code>.geojson": "anybody",
    "GET /api/v1/places/<code>/children": "anybody",
    "GET /api/v1/places/<code>/children.geojson": "anybody",
    "GET /api/v1/matters": "anybody",
    "PUT /api/v1/media/<sha>": "anybody",
    "GET /api/v1/media/<sha>": "secret",
    "POST /api/v1/reports": "anybody",
    "GET /api/v1/reports/<receipt>": "secret",
    "GET /api/v1/reports/<receipt>/qr.svg": "secret",
    "POST /api/v1/reports/<receipt>/notes": "secret",
    "POST /api/v1/commands": "anybody",
    "GET /api/v1/cases": "own",
    "GET /api/v1/cases/<uuid:case_id>": "case",
    "GET /api/v1/cases/<uuid:case_id>/events": "case",
    "GET /api/v1/cases/<uuid:case_id>/assignees": "desk",
    "POST /api/v1/cases/<uuid:case_id>/actions": "case",
    "GET /api/v1/push/key": "anybody",
    "POST /api/v1/push/subscriptions": "own",
    "DELETE /api/v1/push/subscriptions": "own",
    "GET /api/v1/notifications": "own",
    "POST /api/v1/notifications/<uuid:notification>/seen": "own",
    "GET /metrics": "anybody",
    "GET /healthz": "anybody",
    "GET /readyz": "anybody",
    "GET /api/openapi.json": "anybody",
    "GET /api/docs": "anybody",
}


def operations(app: Any) -> set[str]:
    """Every method and rule that the application answers."""
    return {
        f"{method} {rule.rule}" for rule in app.url_map.iter_rules() for method in rule.methods - {"HEAD", "OPTIONS"}
    }


def test_P7_every_operation_has_a_row_in_the_matrix(app: Any) -> None:
    assert operations(app) == set(OPERATIONS)


# Who asks: a role at its own place (the grid, the street's centre, the unit that holds the cases) or elsewhere.

GRID_ROLES = ("grid_worker", "grid_leader", "instructor", "mediator", "assistant", "volunteer")
DESK_ROLES = ("dispatcher", "duty_leader")
LOOKING_ON = ("leader",)
UNIT_ROLES = ("handler", "responder")
NOBODY = ("expert", "admin", "security_admin", "auditor")
PLACES = ("own", "sibling", "parent", "other city", "former")

# Where a role sees a public case and a sensitive one; everywhere else the cases do not exist.
SEES: dict[str, tuple[set[str], set[str]]] = {
    **dict.fromkeys(GRID_ROLES, ({"own"}, set())),
    **dict.fromkeys((*DESK_ROLES, *LOOKING_ON), ({"own", "parent"}, {"own", "parent"})),
    **dict.fromkeys(UNIT_ROLES, ({"own"}, {"own"})),
    **dict.fromkeys(NOBODY, (set(), set())),
}


class Town(NamedTuple):
    """Two cases of one grid held by one unit, and the units of the regions around."""

    public: str
    sensitive: str
    grid: str
    bureau: uuid.UUID
    units: dict[tuple[str, str], uuid.UUID]


@pytest.fixture(scope="module")
def town_once() -> dict[str, Any]:
    return {}


@pytest.fixture
def town(town_once: dict[str, Any], request: Any, conn: Any, app: Any) -> Town:
    """Made by the first test that asks."""
    if not town_once:
        send, unit, grid = (request.getfixturevalue(name) for name in ("send", "unit", "grid"))
        bureau = unit("360103", "department", "lamps")
        cases = [send()["case_id"], send(category=None, matter={"kind": "local", "code": "L1001"})["case_id"]]
        conn.execute("update cases set assignee_post_id = null, lead_unit_id = %s where id = any (%s)", (bureau, cases))
        conn.execute(
            "insert into regions (code, level, name, source, geom, point) select '9901', 4, '外市', 'test', geom, point"
            " from regions where code = '3601'"
        )
        units = {
            (region, kind): unit(region, kind, "centre" if kind == "centre" else "lamps")
            for region in (grid.code[:9], grid.code[:6], "360102002", "360102", "9901")
            for kind in ("centre", "department")
        }
        town_once["town"] = Town(cases[0], cases[1], grid.code, bureau, units)
    made: Town = town_once["town"]
    return made


@pytest.fixture
def someone(town: Town, hire: Callable[..., Person]) -> Callable[[str, str], Person]:  # noqa: F811
    """Hires a person in a role at a place as it lies to the cases."""

    def make(role: str, place: str) -> Person:
        street = town.grid[:9]
        if role in GRID_ROLES:
            sibling = town.grid[:-1] + ("1" if town.grid[-1] != "1" else "2")
            region = {"sibling": sibling, "parent": town.grid[:12], "other city": "9901"}.get(place, town.grid)
            return hire(role, region, ended=place == "former")
        if role in UNIT_ROLES:
            if place in ("own", "former"):
                return hire(role, "360103", town.bureau, ended=place == "former")
            region = {"sibling": "360102", "parent": town.grid[:6], "other city": "9901"}[place]
            return hire(role, region, town.units[region, "department"])
        region = {"sibling": "360102002", "parent": street[:6], "other city": "9901"}.get(place, street)
        return hire(role, region, town.units[region, "centre"], ended=place == "former")

    return make


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("role", SEES)
def test_P1_P7_P8_who_sees_a_case_is_decided_by_post_and_place(
    role: str, place: str, someone: Any, town: Town, app: Any, row_of: Any
) -> None:
    person = someone(role, place)
    listed = {item["id"] for item in person.get("/cases?view=scope&limit=100").json["items"]}
    with app.test_request_context(headers={"Cookie": cookie_of(person)}):
        actor = sessions.actor()
        assert actor is not None
        heard = listened(actor)
    for case, where in zip((town.public, town.sensitive), SEES[role], strict=True):
        sees = place in where
        before = row_of(case)
        assert person.get(f"/cases/{case}").status_code == (200 if sees else 404)
        assert person.get(f"/cases/{case}/events").status_code == (200 if sees else 404)
        at_desk = sees and role in DESK_ROLES
        assert person.get(f"/cases/{case}/assignees").status_code == (200 if at_desk else 404)
        # A stale command reaches only a case that one sees: 409 and kept, else 404 and nothing.
        sent = command("sign", 2)
        answer = person.act(case, sent)
        assert answer.status_code == (409 if sees else 404)
        queued = person.post("/commands", {"commands": [{"kind": "action", "case_id": case, **sent}]})
        assert queued.json["results"][0]["status"] == answer.status_code
        assert row_of(case) == before
        assert (case in listed) is sees
        hears = any(not heard.isdisjoint(addressed(event["audience"])) for event in before["events"])
        assert hears is (sees and role not in UNIT_ROLES), "the live stream"
    assert set(listed) <= {town.public, town.sensitive}


def cookie_of(person: Person) -> str:
    """The cookie header that this person's browser sends."""
    name = sessions.cookie()[0]
    cookie = person._client.get_cookie(name)
    assert cookie is not None
    return f"{name}={cookie.value}"


@pytest.fixture
def row_of(conn: Any) -> Callable[[Any], dict[str, Any]]:
    def read(case: Any) -> dict[str, Any]:
        row, events = conn.execute(
            "select to_jsonb(c), (select jsonb_agg(to_jsonb(e) order by e.seq) from events e where e.case_id = c.id)"
            " from cases c where c.id = %s",
            (case,),
        ).fetchone()
        return {"row": row, "events": events}

    return read


ENDPOINT = {"endpoint": "https://fcm.googleapis.com/fcm/send/x"}
KEYS = {"p256dh": "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM"}
SUBSCRIPTION = ENDPOINT | {"keys": KEYS | {"auth": "tBHItJI5svbpez7KI4CCXg"}, "device": str(uuid.uuid4())}
BODIES = {"POST /push/subscriptions": SUBSCRIPTION, "DELETE /push/subscriptions": ENDPOINT}


@pytest.mark.parametrize("operation", [name for name, reach in OPERATIONS.items() if reach in ("own", "case", "desk")])
def test_P7_without_a_session_nothing_of_cases_or_persons_is_told(operation: str, app: Any, town: Town) -> None:
    method, _, rule = operation.partition(" ")
    path = rule.removeprefix(V1).replace("<uuid:case_id>", town.public).replace("<uuid:notification>", str(uuid7()))
    for caller in (Caller(app), Caller(app, "not-a-device")):
        answer = caller.call(method, path, None if method == "GET" else BODIES.get(f"{method} {path}", {}))
        assert (answer.status_code, answer.json["code"]) == (401, "not_signed_in")


@pytest.mark.parametrize("place", ["own", "parent"])
def test_P7_a_session_that_has_ended_opens_nothing(place: str, someone: Any, town: Town) -> None:
    person = someone("dispatcher", place)
    assert person.sees(town.public)
    assert person.call("DELETE", "/session").status_code == 204
    assert person.get(f"/cases/{town.public}").status_code == 401


def test_P7_a_person_of_another_city_does_not_exist_here(conn: Any, someone: Any, town: Town) -> None:
    person = someone("dispatcher", "own")
    conn.execute("update users set city = '9901' where id = %s", (person.user,))
    assert person.get(f"/cases/{town.public}").status_code == 401


def test_P8_only_the_post_that_has_it_sees_a_sensitive_case_of_its_grid(
    someone: Any,
    town: Town,
    conn: Any,
    hire: Callable[..., Person],  # noqa: F811
) -> None:
    worker, mate = someone("grid_worker", "own"), someone("grid_leader", "own")
    assert [worker.sees(town.sensitive), mate.sees(town.sensitive)] == [False, False]
    held = "update cases set assignee_post_id = %s, lead_unit_id = %s where id = %s"
    conn.execute(held, (worker.post_id, None, town.sensitive))
    assert [worker.sees(town.sensitive), mate.sees(town.sensitive)] == [True, False]
    assert town.sensitive in worker.tasks()
    conn.execute(held, (None, town.bureau, town.sensitive))


def test_P8_what_nobody_has_named_yet_is_seen_by_desks_only(
    app: Any,
    conn: Any,
    someone: Any,
    grid: Any,  # noqa: F811
) -> None:
    place = {"lng": grid.lng, "lat": grid.lat, "origin": "pin"}
    case = Caller(app).post("/reports", report(category="dispute", text="邻居打人", place=place)).json["case_id"]
    (region,) = conn.execute("select region_code from cases where id = %s", (case,)).fetchone()
    assert region == grid.code
    (worker,) = conn.execute("select user_id from posts where region_code = %s", (grid.code,)).fetchone()
    neighbour = Person(app, conn, worker, uuid7())
    assert not neighbour.sees(case)
    assert case not in json.dumps(neighbour.get("/cases?view=scope").json)
    (audience,) = conn.execute("select audience from events where case_id = %s", (case,)).fetchone()
    assert audience == [f"region:{grid.code[:12]}"]


def test_P7_the_public_course_names_no_case_person_or_place_finer_than_the_grid(
    app: Any,
    conn: Any,
    send: Any,  # noqa: F811
) -> None:
    receipt = send(address="八一大道 1 号 302 室")
    course = Caller(app).get(f"/reports/{receipt['receipt_code']}").json
    text = json.dumps(course, ensure_ascii=False)
    assert receipt["case_id"] not in text
    assert "302" not in text
    assert "路灯不亮" not in text
    assert course["photos"] == []
    assert Caller(app).get(f"/reports/{receipt['receipt_code']}", X_Gezhi_Secret=SECRET).json["mine"] is True
