"""Nothing crosses from one city to another that lives in the same database (rule P1)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from gezhi.db import uuid7
from tests.cases.conftest import Person
from tests.cases.helpers import SECRET, command, now, refused, report
from tests.conftest import Caller
from tests.scopes.asking import ASKING, AWAY, RULE, call
from tests.scopes.table import OPERATIONS, STANDS, Who
from tests.scopes.town import FOREIGN_RECEIPT, OTHER, TEXT, Town, note

MIGHTY = [Who("duty_leader@city", "own"), Who("dispatcher@city", "own"), Who("leader@city", "own"), Who("admin", "own")]
FOREIGN = [who for who in STANDS if who.relation == "other_city"]
ON_CASES = [name for name, row in OPERATIONS.items() if row.reach == "case"]


@pytest.mark.parametrize("name", ON_CASES)
def test_P1_P7_a_case_of_another_city_does_not_exist_for_anybody_here(name: str, town: Town) -> None:
    for who in (*MIGHTY, *FOREIGN):
        standing = "leader" if who.role.startswith("leader") else "desk"
        asked = ASKING[name](town, standing, town.foreign_case)
        refused(call(town.people[who], name, asked), 404, "not_found")


def test_P1_its_receipt_is_unknown_and_nobody_can_join_it(town: Town, app: Any) -> None:
    caller = Caller(app)
    refused(caller.get(f"/reports/{FOREIGN_RECEIPT}", X_Gezhi_Secret=SECRET), 404, "not_found")
    refused(caller.get(f"/reports/{FOREIGN_RECEIPT}/qr.svg"), 404, "not_found")
    sent = note("remind")
    refused(caller.post(f"/reports/{FOREIGN_RECEIPT}/notes", sent, X_Gezhi_Secret=SECRET), 404, "not_found")
    join = {"id": str(uuid7()), "secret": SECRET, "occurred_at": now()}
    refused(caller.post(f"/nearby/{town.foreign_case}/join", join), 404, "not_found")


@pytest.fixture
def foreigner(town: Town) -> Person:
    """Somebody with a post in the other city."""
    return town.people[Who("duty_leader@district", "other_city")]


def test_P1_a_case_is_given_to_nobody_of_another_city(town: Town, foreigner: Person) -> None:
    unit, post = str(town.units["unit other_city"]), str(foreigner.post_id)
    expert = str(town.people[Who("expert", "other_city")].post_id)
    desk = town.people[Who("duty_leader@city", "own")]
    case, waiting = town.cases["grid case"], town.cases["district case"]
    for on, sent in (
        (waiting, command("dispatch", 4, assignee={"unit_id": unit})),
        (waiting, command("dispatch", 4, assignee={"post_id": post})),
        (waiting, command("dispatch", 4, assignee={"unit_id": str(town.units["unit own"])},
                          co_handlers=[{"unit_id": unit}])),
        (waiting, command("merge", 4, main_case=str(town.foreign_case))),
        (case, command("reassign", 4, assignee={"unit_id": unit}, reason="换人")),
        (case, note("whistle", reason="来一趟", units=[unit])),
        (case, note("consult", lead_unit=unit, units=[unit])),
        (case, note("ask_expert", expert=expert, note="请看")),
        (case, note("adopt", command=str(uuid7()))),
    ):  # fmt: skip
        answer = desk.act(on, sent)
        assert answer.status_code == 422, (sent, answer.json)
    for purpose in ("assign", "offer", "expert", "units"):
        listed = desk.get(f"/cases/{case}/assignees?purpose={purpose}").get_data(as_text=True)
        assert unit not in listed
        assert post not in listed
        assert expert not in listed


def test_P1_posts_of_another_city_are_planned_covered_and_handed_over_by_nobody_here(
    town: Town, foreigner: Person
) -> None:
    ours, theirs = town.post.post_id, foreigner.post_id
    for who in (Who("duty_leader@city", "own"), Who("admin", "own"), Who("duty_leader@district", "other_city")):
        person = town.people[who]
        for path, body in (
            (f"/posts/{theirs}/absences", AWAY),
            (f"/posts/{theirs}/hand-over", {"to_post_id": str(ours), "reason": "调岗"}),
        ):
            refused(person.post(path, body), 404, "not_found")
    leader = town.people[Who("duty_leader@city", "own")]
    hand = {"to_post_id": str(theirs), "reason": "调岗"}
    refused(leader.post(f"/posts/{ours}/hand-over", hand), 422, "unknown_assignee")
    refused(leader.post(f"/posts/{ours}/absences", AWAY | {"covered_by": str(theirs)}), 422, "unknown_assignee")


def test_P1_the_roster_of_another_city_shows_nobody(town: Town) -> None:
    for who in (*MIGHTY, *FOREIGN):
        answer = town.people[who].get(f"/roster?place={OTHER[6]}")
        assert answer.status_code == 404 or answer.json["items"] == [], who


@pytest.mark.parametrize(
    "more",
    [
        {"place": OTHER[6]},
        {"to_desk": OTHER[4]},
        {"to_desk": None, "to_unit_id": "unit other_city"},
        {"to_desk": None, "to_post_id": "foreigner"},
    ],
)
def test_P1_a_rule_names_nothing_of_another_city(more: dict[str, Any], town: Town, foreigner: Person) -> None:
    ids = {"unit other_city": str(town.units["unit other_city"]), "foreigner": str(foreigner.post_id)}
    rule = RULE | {key: ids.get(value, value) for key, value in more.items()}
    for path, body in (("/rules", rule), ("/rules/try", {"rule": rule})):
        refused(town.people[Who("admin", "own")].post(path, body), 422, "invalid")


def test_P1_a_report_from_another_city_is_not_taken_here(town: Town, app: Any) -> None:
    there = {**town.grid.place, "lng": town.grid.lng + 2, "lat": town.grid.lat + 8}
    refused(Caller(app).post("/reports", report(["ab" * 32], place=there)), 422, "outside_city")
    point = f"lng={there['lng']}&lat={there['lat']}"
    assert Caller(app).get(f"/places/locate?{point}").status_code in (404, 422)
    assert Caller(app).get(f"/nearby?{point}").json["items"] == []
    for who in (Who("dispatcher@city", "own"), Who("dispatcher@city", "other_city"), Who("handler", "other_city")):
        answer = town.people[who].post("/reports", report(["ab" * 32], place=None, address="外市", region=OTHER[9]))
        assert answer.status_code == 422, who


def test_P1_lists_and_searches_stay_in_the_city(town: Town) -> None:
    for who in (*MIGHTY, *FOREIGN):
        person = town.people[who]
        for query in ("", f"&q={TEXT}", "&q=370102-2026", f"&q={FOREIGN_RECEIPT}", f"&place={OTHER[6]}"):
            page = person.get(f"/cases?view=scope&limit=100{query}").get_data(as_text=True)
            assert str(town.foreign_case) not in page, (who, query)
        assert person.get(f"/cases/counts?view=scope&place={OTHER[4]}").json["total"] == 0


@pytest.fixture
def citizen(app: Any, conn: Any, town: Town) -> Person:
    """Somebody whose account is of the other city, with a session from there."""
    user, post = uuid7(), uuid7()
    conn.execute("insert into users (id, city, account, name) values (%s, '3701', %s, '外人')", (user, str(user)))
    conn.execute(
        "insert into posts (id, city, user_id, role, unit_id, region_code, starts_on)"
        " values (%s, '3701', %s, 'duty_leader', %s, '3701', '2020-01-01')",
        (post, user, town.units["centre other_city 4"]),
    )
    return Person(app, conn, user, post)


@pytest.mark.parametrize("name", ASKING)
def test_P1_an_account_of_another_city_is_not_signed_in_here(name: str, town: Town, citizen: Person) -> None:
    for case in (town.cases["grid case"], town.foreign_case):
        refused(call(citizen, name, ASKING[name](town, "desk", case)), 401, "not_signed_in")


def test_P1_ids_that_nobody_has_answer_as_those_of_another_city_do(town: Town) -> None:
    """404 tells nothing: what is out of scope and what does not exist look the same."""
    person = town.people[Who("dispatcher@city", "own")]
    answers = [person.get(f"/cases/{case}").json for case in (town.foreign_case, uuid.uuid4())]
    for answer in answers:
        answer.pop("request_id", None)
        answer.pop("instance", None)
    assert answers[0] == answers[1]
