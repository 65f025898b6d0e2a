"""Every operation x everybody x every thing, against the table (rules P1, P7, P8)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from gezhi.app import create_live_app
from gezhi.live.audience import addressed, listened
from gezhi.people import sessions
from tests.cases.conftest import Person
from tests.conftest import Caller
from tests.scopes.asking import ASKING, AWAY, call, expected, said, standings
from tests.scopes.table import CASES, OPERATIONS, STANDS, V1, Who
from tests.scopes.town import TEXT, Town

ON_CASES = [name for name, row in OPERATIONS.items() if row.reach == "case"]
ON_OTHERS = [name for name, row in OPERATIONS.items() if row.reach in ("post", "roster", "city")]
SIGNED_IN = [name for name, row in OPERATIONS.items() if row.reach not in ("anybody", "link", "receipt", "stream")]
SEEING = OPERATIONS[f"GET {V1}/cases/<uuid:case_id>"].answers


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
