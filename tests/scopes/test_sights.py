"""Lists, numbers, searches, what is like and near, the live stream: they show the cases that exist for somebody."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gezhi.db import uuid7
from gezhi.http.cookies import cookie
from gezhi.live.audience import addressed, listened
from gezhi.people import sessions
from tests.cases.conftest import Person
from tests.cases.helpers import SECRET, now, report
from tests.conftest import Caller
from tests.scopes.asking import scope
from tests.scopes.table import CASES, OPERATIONS, SENSITIVE, STANDS, V1, Who
from tests.scopes.town import TEXT, Town

SEEING = OPERATIONS[f"GET {V1}/cases/<uuid:case_id>"].answers


def seen(town: Town, who: Who) -> set[str]:
    """The ids of the cases that somebody may see."""
    return {str(town.cases[thing]) for thing in CASES if STANDS[who][thing] in SEEING}


def test_P1_P7_P8_a_list_a_number_and_a_search_show_what_one_may_see_and_nothing_else(town: Town) -> None:
    for who, person in town.people.items():
        may = seen(town, who)
        assert scope(person) == may, who
        assert person.get("/cases/counts?view=scope").json["total"] == len(may), who
        assert scope(person, q=TEXT) == may, who
        assert scope(person, q=town.receipts["dispute"]) == may & {str(town.cases["dispute"])}, who
        assert scope(person, place=town.grid.code[:6]) == may, who
        waiting = {item["id"] for item in person.get("/cases?view=mine&limit=100").json["items"]}
        assert waiting <= may, who
        pulled = person.get("/sync").json
        assert {task["id"] for task in pulled["tasks"]} == waiting, who
        assert {case["id"] for case in pulled["cases"]} == waiting, who
        assert person.get("/cases/counts?view=mine").json["total"] == len(waiting), who


def test_P7_P8_cases_like_one_are_those_that_one_may_see_as_well(town: Town) -> None:
    one = town.cases["grid case"]
    alike = {str(town.cases["unit case"]), str(town.cases["dispute"])}
    for who, person in town.people.items():
        may = seen(town, who)
        if str(one) in may:
            found = {item["id"] for item in person.get(f"/cases/{one}/similar").json["items"]}
            assert found == alike & may, who


def test_P7_P8_nobody_hears_live_of_a_case_that_they_do_not_see(town: Town, app: Any, conn: Any) -> None:
    for thing in CASES:
        (audience,) = conn.execute("select audience_v1(c) from cases c where id = %s", (town.cases[thing],)).fetchone()
        keys = addressed(audience)
        for who, person in town.people.items():
            hears, standing = not keys.isdisjoint(heard_by(app, person)), STANDS[who][thing]
            assert not hears or standing in SEEING, (thing, who)
            assert hears or standing not in ("assignee", "desk", "leader", "grid"), (thing, who)


def heard_by(app: Any, person: Person) -> frozenset[str]:
    """The keys that somebody's stream listens to."""
    name = cookie()[0]
    sent = person._client.get_cookie(name)
    assert sent is not None
    with app.test_request_context(headers={"Cookie": f"{name}={sent.value}"}):
        actor = sessions.actor()
        assert actor is not None
        return listened(actor)


LOOKERS = [None, Who("grid_worker", "own"), Who("dispatcher@city", "own"), Who("auditor", "own")]


@pytest.mark.parametrize("who", LOOKERS)
def test_P8_what_is_near_shows_public_cases_alone_whoever_asks(who: Who | None, town: Town, app: Any) -> None:
    caller = town.people[who] if who else Caller(app)
    point = {"lng": town.grid.lng, "lat": town.grid.lat}
    public = {str(town.cases[thing]) for thing in CASES if thing not in SENSITIVE}
    asked = caller.get(f"/nearby?lng={point['lng']}&lat={point['lat']}").json
    compared = caller.post("/nearby", {**point, "text": TEXT, "matter": {"kind": "local", "code": "L1001"}}).json
    for answer in (asked, compared):
        assert {item["id"] for item in answer["items"]} == public
        told = json.dumps(answer, ensure_ascii=False)
        assert TEXT not in told
        assert "number" not in answer["items"][0]
        assert all(round(value, 4) == value for item in answer["items"] for value in item["point"])


@pytest.mark.parametrize("thing", SENSITIVE)
@pytest.mark.parametrize("who", LOOKERS)
def test_P8_a_sensitive_case_cannot_be_joined_by_anybody(who: Who | None, thing: str, town: Town, app: Any) -> None:
    caller = town.people[who] if who else Caller(app)
    sent = {"id": report()["id"], "secret": SECRET, "occurred_at": now()}
    answer = caller.post(f"/nearby/{town.cases[thing]}/join", sent)
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_P8_the_roster_shows_the_head_of_a_unit_that_units_posts(town: Town) -> None:
    path = f"/roster?place={town.grid.code[:6]}&limit=200"
    for who, person in town.people.items():
        if STANDS[who]["roster"] == "unit":
            units = {item["unit"]["id"] for item in person.get(path).json["items"]}
            assert len(units) == 1, who
        elif STANDS[who]["roster"] == "all":
            assert len(person.get(path).json["items"]) > 50, who


OFFICES = ["expert", "admin", "security_admin", "auditor"]


@pytest.mark.parametrize("role", [*OFFICES, "mediator", "leader"])
def test_P7_P8_a_case_given_to_a_centre_is_for_who_works_on_cases_there(
    role: str, town: Town, app: Any, conn: Any
) -> None:
    """Administrators, auditors and experts have their post in the unit and no part in what it was given."""
    centre, case = town.units["centre own 6"], town.cases["dispute"]
    user, post = uuid7(), uuid7()
    conn.execute("insert into users (id, city, name) values (%s, '3601', '新来的')", (user,))
    conn.execute(
        "insert into posts (id, city, user_id, role, unit_id, region_code, starts_on)"
        " values (%s, '3601', %s, %s, %s, %s, '2020-01-01')",
        (post, user, role, centre, town.grid.code[:6]),
    )
    person = Person(app, conn, user, post)
    conn.execute("update cases set lead_unit_id = %s where id = %s", (centre, case))
    (audience,) = conn.execute("select audience_v1(c) from cases c where id = %s", (case,)).fetchone()
    hears = not addressed(audience).isdisjoint(heard_by(app, person))
    sees, listed = person.sees(case), str(case) in scope(person)
    conn.execute("update cases set lead_unit_id = %s where id = %s", (town.units["unit own"], case))
    assert {sees, listed, hears} == {role not in OFFICES}
