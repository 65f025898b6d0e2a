"""The workflow table, exhaustively: every state x action x person, against what the domain says (rule C1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from gezhi.cases import service
from gezhi.cases.schemas import ACTION_SCHEMAS
from gezhi.cases.workflow import ACTIONS, STATES
from gezhi.http.problems import Problem
from tests.cases.helpers import command, here

# What the domain says of each action: from where, to where, by whom. Written out, not taken from the code's own table.
MOVES = {
    "accept": ({"reported"}, "accepted", "desk"),
    "dispatch": ({"accepted"}, "dispatched", "desk"),
    "sign": ({"dispatched"}, "signed", "assignee"),
    "reassign": ({"dispatched", "signed"}, "dispatched", "desk"),
    "handle": ({"signed"}, "handled", "assignee"),
    "verify_pass": ({"handled"}, "closed", "verifier"),
    "verify_fail": ({"handled"}, "dispatched", "verifier"),
}

HELD_BY_POST = "update cases set state = %s, assignee_post_id = %s, lead_unit_id = null, verifier_post_id = %s,"
HELD_BY_POST += " verifier_region = null where id = %s"
HELD_BY_UNIT = "update cases set state = %s, assignee_post_id = null, lead_unit_id = %s, verifier_post_id = null,"
HELD_BY_UNIT += " verifier_region = %s where id = %s"


class Standing(NamedTuple):
    """Somebody and how they stand to the case; `roles` empty: sees only; None: it does not exist for them."""

    person: Any
    roles: set[str] | None


@pytest.fixture
def case(send: Callable[..., Any], conn: Any) -> str:
    receipt = send()
    assert receipt["state"] == "dispatched"
    return str(receipt["case_id"])


@pytest.fixture
def field(grid: Any, post_of: Any) -> dict[str, dict[str, Any]]:
    """What each action needs, whole and right."""
    return {
        "accept": {"matter": {"kind": "matter", "code": "09012"}},
        "dispatch": {"assignee": {"post_id": post_of(grid.code)}},
        "sign": {},
        "reassign": {"assignee": {"post_id": post_of(grid.code)}, "reason": "换人"},
        "handle": {"outcome": "solved", "reply": "修好了", "photos": ["cd" * 32]},
        "verify_pass": {"photos": ["ef" * 32], "position": here(grid.lng, grid.lat)},
        "verify_fail": {"note": "没有修好", "photos": ["ef" * 32], "position": here(grid.lng, grid.lat)},
    }


@pytest.fixture
def post_of(conn: Any) -> Callable[[str], str]:
    def look(region: str) -> str:
        return str(conn.execute("select id from posts where region_code = %s order by id", (region,)).fetchone()[0])

    return look


def try_it(conn: Any, row_of: Any, case: str, person: Any, sent: dict[str, Any]) -> tuple[str | None, str]:
    """The refusal (None: accepted) and the state then; nothing stays. A refusal must change nothing and keep all."""
    before = row_of(case)
    with conn.transaction(force_rollback=True):
        try:
            with conn.transaction():
                loaded = ACTION_SCHEMAS[sent["action"]].load(sent)
                done = service.act(conn, before["row"]["id"], loaded, person.user, f"user:{person.user}")
        except Problem as problem:
            done = {"refused": problem.code, "state": before["row"]["state"], "kept": 0}
        if "kept" in done:
            assert row_of(case) == before
            assert conn.execute("select count(*) from commands where id = %s", (sent["id"],)).fetchone() == (0,)
        elif done["refused"]:
            assert row_of(case) == before
            kept = conn.execute("select refused, content from commands where id = %s", (sent["id"],)).fetchone()
            assert kept[0] == done["refused"]
            for need in ACTIONS[sent["action"]].needs:
                if need.field in sent:
                    assert_kept(sent[need.field], kept[1][need.field])
        else:
            after = row_of(case)
            assert after["row"]["version"] > before["row"]["version"]
            assert after["row"]["seq"] == len(after["events"]) > len(before["events"])
        return done["refused"], done["state"]


def assert_kept(sent: Any, kept: Any) -> None:
    """What was sent is there; members that were left out may have been filled in."""
    if isinstance(sent, dict):
        kept = {key: kept[key] for key in sent}
    assert kept == sent


def hold(case: str, people: dict[str, Standing], field: dict[str, Any], state: str, conn: Any, row_of: Any) -> None:
    """Every person tries every action on the case as it stands; the buttons they see are those that work."""
    version = row_of(case)["row"]["version"]
    for name, (person, roles) in people.items():
        shown = person.get(f"/cases/{case}")
        assert shown.status_code == (404 if roles is None else 200), (state, name)
        works = set()
        for action, (sources, target, by) in MOVES.items():
            refused, then = try_it(conn, row_of, case, person, command(action, version, **field[action]))
            where = f"{name} tries {action} in {state}"
            if roles is None:
                assert refused == "not_found", where
            elif state not in sources:
                assert refused == "not_allowed_now", where
            elif by not in roles:
                assert refused == "not_yours_to_do", where
            else:
                # A desk that names the matter sets the system going: place and route are certain here.
                assert (refused, then) == (None, "dispatched" if action == "accept" else target), where
                works.add(action)
        if roles is not None:
            buttons = shown.json["allowed"]
            assert {row["action"] for row in buttons} == works, (state, name)
            assert [row["primary"] for row in buttons] == [True] + [False] * (len(buttons) - 1) if buttons else True


def test_the_tests_table_knows_every_staff_action_of_the_code() -> None:
    assert set(MOVES) == set(ACTION_SCHEMAS)


@pytest.mark.parametrize("state", STATES)
def test_C1_C3_C6_P7_every_action_by_everybody_while_a_post_holds_the_case(
    state: str, case: str, grid: Any, field: Any, hire: Any, unit: Any, enter: Any, conn: Any, row_of: Any
) -> None:
    assignee, verifier = hire("grid_worker", grid.code), hire("grid_leader", grid.code)
    street = grid.code[:9]
    here_desk, other_desk = unit(street), unit("360102002")
    own = hire("dispatcher", street, here_desk)
    hire("grid_leader", grid.code, user=own.user)  # a second post adds what it stands for, and takes nothing away
    both = hire("instructor", grid.code, user=assignee.user)
    conn.execute(HELD_BY_POST, (state, assignee.post_id, verifier.post_id, case))
    conn.execute("update cases set handled_by_post_id = %s where id = %s", (assignee.post_id, case))
    people = {
        "the assignee": Standing(assignee, {"assignee"}),
        "the assignee by another post": Standing(both, {"assignee"}),
        "the verifier": Standing(verifier, {"verifier"}),
        "a volunteer of the grid": Standing(hire("volunteer", grid.code), set()),
        "the street's desk": Standing(own, {"desk"}),
        "the street's leader": Standing(hire("leader", street, here_desk), set()),
        "the city's desk": Standing(enter("duty_leader", "3601", "centre"), {"desk"}),
        "another street's desk": Standing(hire("dispatcher", "360102002", other_desk), None),
        "a worker of another grid": Standing(enter("grid_worker", "360102002001001"), None),
        "an auditor": Standing(enter("auditor", "3601", "centre"), None),
    }
    hold(case, people, field, state, conn, row_of)


@pytest.mark.parametrize("state", STATES)
def test_C1_C3_C6_P7_every_action_by_everybody_while_a_unit_holds_the_case_and_a_desk_verifies(
    state: str, case: str, grid: Any, field: Any, hire: Any, unit: Any, enter: Any, conn: Any, row_of: Any
) -> None:
    bureau, other = unit("360103", "department", "lamps"), unit("360103", "department", "drains")
    desk = unit(grid.code[:9])
    handler = hire("handler", "360103", bureau)
    dispatcher = hire("dispatcher", grid.code[:9], desk)
    hire("handler", "360103", bureau, user=dispatcher.user)
    conn.execute(HELD_BY_UNIT, (state, bureau, grid.code[:9], case))
    conn.execute(
        "update cases set handled_by_post_id = (select id from posts where user_id = %s and unit_id = %s)"
        " where id = %s",
        (dispatcher.user, bureau, case),
    )
    people = {
        "a handler of the unit": Standing(handler, {"assignee"}),
        "a leader of the unit": Standing(hire("leader", "360103", bureau), set()),
        "a handler of another unit": Standing(hire("handler", "360103", other), None),
        "the street's desk": Standing(hire("duty_leader", grid.code[:9], desk), {"desk", "verifier"}),
        "the city's desk": Standing(enter("dispatcher", "3601", "centre"), {"desk", "verifier"}),
        "the street's dispatcher who handled it in the unit": Standing(dispatcher, {"desk", "assignee"}),
        "the worker of the grid": Standing(enter("grid_worker", grid.code), set()),
    }
    hold(case, people, field, state, conn, row_of)


@pytest.mark.parametrize("action", [*MOVES, "report", "rate", "overdue", "reject", "close", "", None, 7, ["sign"]])
def test_an_action_that_lacks_what_it_needs_or_does_not_exist_changes_nothing(
    action: Any, case: str, desk: Any, field: Any, row_of: Any, conn: Any
) -> None:
    before = row_of(case)
    whole = field.get(str(action), {})
    if whole or action == "sign":
        needs = [need.field for need in ACTIONS[action].needs if need.required]
        faulty = [{k: v for k, v in whole.items() if k != missing} for missing in needs]
        faulty += [whole | {missing: None} for missing in needs] + [whole | {"colour": "red"}]
        faulty += [whole | {"version": wrong} for wrong in (0, -1, "3", 2.5, 2**31, 2**70)]
        faulty += [whole | {"version": None}, whole | {"after": before["row"]["id"]}]
    else:
        faulty = [whole]
    for fields in faulty:
        sent = command(action, 3) | fields
        answer = desk.act(case, sent)
        assert (answer.status_code, answer.json["code"]) == (422, "invalid"), (fields, answer.json)
        kept = conn.execute("select count(*) from commands where id = %s", (sent["id"],)).fetchone()
        assert kept == (0,)
    assert row_of(case) == before
