"""Every operation x everybody x every thing, against the table (rules P1, P7, P8)."""

from __future__ import annotations

from typing import Any

import pytest

from gezhi.app import create_live_app
from gezhi.http.cookies import cookie
from tests.cases.conftest import Person
from tests.cases.helpers import SECRET, command, ok, refused
from tests.conftest import Caller
from tests.scopes.asking import ASKING, AWAY, call, expected, said, scope, standings
from tests.scopes.table import CASES, OPERATIONS, STANDS, V1, Who
from tests.scopes.town import Builder, Town, note

ON_CASES = [name for name, row in OPERATIONS.items() if row.reach == "case"]
ON_OTHERS = [name for name, row in OPERATIONS.items() if row.reach in ("post", "roster", "city")]


def operations(app: Any) -> set[str]:
    """Every method and rule that an application answers."""
    return {
        f"{method} {rule.rule}" for rule in app.url_map.iter_rules() for method in rule.methods - {"HEAD", "OPTIONS"}
    }


def test_P7_every_operation_has_a_row_and_every_row_an_operation(app: Any) -> None:
    """Whoever adds an operation says in table.OPERATIONS who may use it."""
    assert operations(app) | operations(create_live_app()) == set(OPERATIONS)


def test_P7_every_operation_on_a_thing_is_asked_by_the_tests() -> None:
    assert set(ASKING) == {*ON_CASES, *ON_OTHERS}


@pytest.fixture
def tasks_open(conn: Any) -> None:
    """Answering a task closes it: for the next operation it is open again."""
    conn.execute(
        "update tasks set closed_at = null, closed_seq = null where kind in ('whistle', 'consult', 'own', 'expert')"
    )


def wrong(got: dict[Any, int], wanted: dict[Any, int]) -> dict[Any, str]:
    """Where an operation answers otherwise than the table has it."""
    return {key: f"{got[key]} for {wanted[key]}" for key in wanted if got[key] != wanted[key]}


@pytest.mark.parametrize("thing", CASES)
@pytest.mark.parametrize("name", ON_CASES)
def test_P1_P7_P8_who_reaches_a_case_is_decided_by_post_and_place(
    name: str, thing: str, town: Town, tasks_open: None
) -> None:
    """404 for whom it does not exist; 409 for who may look on or once took part and sends a command."""
    case, row = town.cases[thing], OPERATIONS[name]
    wanted = {who: expected(row, standing) for who, standing in standings(thing).items()}
    if name.endswith("/reporter") and thing in ("dispute", "district case"):
        wanted |= {who: 409 for who, standing in standings(thing).items() if standing == "assignee"}  # reporter_hidden
    if name.endswith("/not-adopted"):
        for who, standing in standings(thing).items():
            if standing == "late":
                town.people[who].act(case, said(standing))
    got = {
        who: call(person, name, ASKING[name](town, STANDS[who][thing], case)).status_code
        for who, person in town.people.items()
    }
    assert wrong(got, wanted) == {}


@pytest.mark.parametrize("thing", CASES)
def test_P7_a_queue_of_commands_answers_what_each_alone_would(thing: str, town: Town, tasks_open: None) -> None:
    case, row = town.cases[thing], OPERATIONS[f"POST {V1}/cases/<uuid:case_id>/actions"]
    got = {}
    for who, person in town.people.items():
        sent = {"kind": "action", "case_id": str(case), **said(STANDS[who][thing])}
        (result,) = person.post("/commands", {"commands": [sent]}).json["results"]
        got[who] = result["status"]
    assert wrong(got, {who: expected(row, stands[thing]) for who, stands in STANDS.items()}) == {}


@pytest.mark.parametrize("name", ON_OTHERS)
def test_P7_who_reaches_posts_the_roster_and_the_citys_rules(name: str, town: Town, conn: Any) -> None:
    row = OPERATIONS[name]
    got = {}
    for who, person in town.people.items():
        prepare(name, town, conn)
        got[who] = call(person, name, ASKING[name](town, STANDS[who][row.reach], None)).status_code
    assert wrong(got, {who: expected(row, stands[row.reach]) for who, stands in STANDS.items()}) == {}


def prepare(name: str, town: Town, conn: Any) -> None:
    """Each finds the same: no absence to plan again, one to take back, the one rule."""
    conn.execute("delete from absences where post_id = %s", (town.post.post_id,))
    if name.startswith("DELETE") and "absences" in name:
        conn.execute(
            "insert into absences (post_id, starts_at, ends_at, reason) values (%s, %s, %s, '培训')",
            (town.post.post_id, AWAY["starts_at"], AWAY["ends_at"]),
        )
    conn.execute("delete from routing_rules where id <> %s", (town.rule,))
    conn.execute(
        "insert into routing_rules (city, id, position, name, active, to_desk)"
        " values ('3601', %s, 1, '一条', false, '3601') on conflict do nothing",
        (town.rule,),
    )


@pytest.mark.parametrize("name", [*ON_CASES, *ON_OTHERS])
def test_P7_without_a_session_nothing_is_told_whatever_is_sent(name: str, app: Any, town: Town) -> None:
    """Neither to a phone nor to one with the reporter's secret or somebody else's cookie."""
    asked = ASKING[name](town, "assignee", town.cases["grid case"])
    stranger = Caller(app)
    stranger._client.set_cookie(cookie()[0], "x" * 43)
    for caller in (Caller(app), Caller(app, "not-a-device"), stranger):
        answer = call(caller, name, asked, X_Gezhi_Secret=SECRET)
        assert (answer.status_code, answer.json["code"]) == (401, "not_signed_in")


@pytest.mark.parametrize("thing", ["grid case", "dispute"])
def test_P7_whoever_once_took_part_is_told_the_least_and_sees_what_they_sent_themselves(thing: str, town: Town) -> None:
    case = town.cases[thing]
    for who, standing in standings(thing).items():
        if standing == "late":
            sent = note("contact", note=f"{who} 来晚了")
            problem = refused(town.people[who].act(case, sent), 409, "no_longer_yours")
            assert set(problem["current"]) == {"state", "state_name"}
            kept = town.people[who].get(f"/cases/{case}/not-adopted").json["items"]
            assert sent["note"] in [item["note"] for item in kept]
            assert {item["by"] for item in kept} == {town.names[who]}
    dispatcher = town.people[Who("dispatcher@city", "own")]
    assert len({item["by"] for item in dispatcher.get(f"/cases/{case}/not-adopted").json["items"]}) > 10


def test_P7_a_post_that_ended_yesterday_leaves_its_holder_with_what_they_once_did(
    town: Town, hire_again: Any, conn: Any
) -> None:
    case = town.cases["unit case"]
    person = hire_again(Who("handler", "own"))
    ok(person.act(case, note("contact", note="明天起不在这里")))
    conn.execute("update posts set ends_on = city_date_v1(now()) - 1 where id = %s", (person.post_id,))
    assert not person.sees(case)
    refused(person.act(case, note("contact", note="再说一句")), 409, "no_longer_yours")
    refused(person.act(town.cases["grid case"], note("contact", note="别处")), 404, "not_found")
    conn.execute("update posts set ends_on = city_date_v1(now()) where id = %s", (person.post_id,))
    assert person.sees(case), "the last day of a post is a day of the post"


@pytest.fixture
def hire_again(app: Any, conn: Any, town: Town) -> Any:
    """Hires another one like somebody of the table."""
    builder = Builder(app, conn, town.grid)
    builder.units = town.units
    return lambda who: builder.hire(who, "新来的")


def test_P7_the_verifier_the_keeper_and_whoever_covers_see_a_case_as_long_as_it_waits_for_them(
    town: Town, conn: Any
) -> None:
    """A neighbour's worker verifies; who had a case keeps it until another has signed (C10)."""
    neighbour, case = town.people[Who("grid_worker", "sibling")], town.cases["dispute"]
    for waits, over in (
        ("verifier_post_id = %s, state = 'handled'", "verifier_post_id = null, state = 'signed'"),
        ("keeper_post_id = %s, state = 'dispatched'", "keeper_post_id = null, state = 'signed'"),
    ):
        assert not neighbour.sees(case)
        conn.execute(f"update cases set {waits} where id = %s", (neighbour.post_id, case))
        assert neighbour.sees(case)
        assert str(case) in scope(neighbour)
        conn.execute(f"update cases set {over} where id = %s", (case,))
    assert not neighbour.sees(case)
    assert str(case) not in scope(neighbour)


def test_P7_the_head_of_a_unit_passes_its_case_to_a_squad_of_it_and_to_nobody_elses(town: Town, conn: Any) -> None:
    case, head = town.cases["unit case"], town.people[Who("head", "own")]
    for unit in ("unit sibling", "unit above", "unit other_city"):
        sent = command("delegate", 4, assignee={"unit_id": str(town.units[unit])})
        assert head.act(case, sent).status_code == 422, unit
    ok(head.act(case, command("delegate", 4, assignee={"unit_id": str(town.units["unit below"])})))
    assert town.people[Who("responder", "below")].sees(case)
    assert head.sees(case)
    conn.execute(
        "update cases set state = 'signed', version = 4, lead_unit_id = %s where id = %s",
        (town.units["unit own"], case),
    )


@pytest.mark.parametrize("who", [Who("dispatcher@street", "own"), Who("handler", "own"), Who("grid_worker", "own")])
def test_P7_a_session_that_has_ended_opens_nothing(who: Who, town: Town, app: Any, conn: Any) -> None:
    person = Person(app, conn, town.people[who].user, town.people[who].post_id)
    assert person.get("/cases").status_code == 200
    assert person.call("DELETE", "/session").status_code == 204
    assert person.get("/cases").status_code == 401
    assert person.get(f"/cases/{town.cases['grid case']}").status_code == 401
