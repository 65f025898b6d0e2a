"""The workflow, exhaustively: every state x action x kind of person, against what the domain says (rule C1)."""

# ruff: noqa: F811  fixtures are imported and asked for by the same name

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from gezhi.cases.schemas import ACTION_SCHEMAS, REPORTER_SCHEMAS
from gezhi.cases.workflow import ACTIONS, RELATIONS
from gezhi.db import uuid7
from gezhi.http.problems import Problem
from tests.cases.domain_table import BY_REPORTERS, STAFF, STATES, TABLE
from tests.cases.helpers import command
from tests.cases.scenes import (  # noqa: F401  fixtures are found by their names
    DESK,
    OF_POST,
    OF_UNIT,
    PAST,
    Scene,
    as_it_was,
    everything,
    everything_waits,
    of_post,
    of_unit,
    play,
    put,
    stand,
    town,
)


def test_C1_the_table_in_code_is_the_domains() -> None:
    code = {
        action.key: (set(action.sources), "RESUMED" if action.target == "resumed" else action.target, set(action.by))
        for action in ACTIONS.values()
        if action.key not in ("report", "settle")  # these make a case
    }
    assert code == {action: (set(row.sources), row.target, set(row.by)) for action, row in TABLE.items()}
    assert {a.key for a in ACTIONS.values() if a.kind == "move"} - {"report", "settle"} == {
        action for action, row in TABLE.items() if row.target
    }
    assert (set(ACTION_SCHEMAS), set(REPORTER_SCHEMAS)) == (set(STAFF), set(BY_REPORTERS))


def test_C1_P7_every_relation_is_somebodys_in_these_tests() -> None:
    tables = (OF_POST, OF_UNIT)
    theirs = {word for table in tables for words in table.values() if words and words != PAST for word in words.split()}
    # Those of reports and reporters are in tests of their own; `worker` settles what they report (test_doors).
    besides = {"upper_desk", "worker", "anyone", "system", "reporter", "first_reporter", "appellant", "rater"}
    assert theirs | besides == set(RELATIONS)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.usefixtures("as_it_was")
def test_C1_C3_C6_P7_every_action_by_everybody_while_a_post_holds_the_case(state: str, town: Any) -> None:
    play(Scene(town, town.case, of_post(town, state), OF_POST))


@pytest.mark.parametrize("state", STATES)
@pytest.mark.usefixtures("as_it_was")
def test_C1_C3_C6_P7_every_action_by_everybody_while_a_unit_holds_the_case_and_everything_waits(
    state: str, town: Any, desk_of_district: None
) -> None:
    fields = everything_waits(town, town.case)
    play(Scene(town, town.case, of_unit(town, state), OF_UNIT, {"own": "already_asked"}, fields))


@pytest.fixture
def desk_of_district(town: Any) -> Iterator[None]:
    """The bureau's handler is a dispatcher of the district besides."""
    post = uuid7()
    handler = town.people["handler"]
    town.conn.execute(
        "insert into posts (id, city, user_id, role, unit_id, region_code, starts_on)"
        " values (%s, '3601', %s, 'dispatcher', %s, %s, '2020-01-01')",
        (post, handler.user, town.units["district centre"], town.grid.code[:6]),
    )
    yield
    town.conn.execute("delete from posts where id = %s", (post,))


def scenes(town: Any) -> dict[str, Scene]:
    """What changes who may do what: returns, pins, escalations, owners nobody knows, waiting, disputes."""
    people, units = town.people, town.units
    keeper = {"keeper_post_id": people["handler"].post_id}
    dispute = {"matter_kind": "local", "matter_code": "L1001", "confidentiality": "sensitive"}
    accepted = stand(town, "accepted")
    on_desk = dict.fromkeys(("worker", "leader of the grid", "volunteer"), "grid") | {
        "street dispatcher": DESK, "street duty leader": DESK, "district dispatcher": DESK,
        "street leader": "leader viewer", "community dispatcher": "viewer", "drains": None,
    }  # fmt: skip
    no_choice = DESK.replace("distributor ", "")
    upper = f"{DESK} upper_desk"
    below = {"street dispatcher": "viewer", "street duty leader": "viewer"}
    at_district = {"escalated_from": 9, "level": 6}
    pinned = OF_POST | {
        "worker": "assignee grid", "worker by another post": "assignee grid",
        "street dispatcher": no_choice, "district dispatcher": no_choice,
    }  # fmt: skip
    sensitive = {name: None if words == "grid" else words for name, words in OF_POST.items()}
    sensitive |= {"worker": "assignee returner", "worker by another post": "assignee returner"}
    sensitive |= {"leader of the grid": None}  # until it is handled
    made = {
        "returned twice": Scene(town, town.case, accepted | {"returns": 2}, on_desk | {
            "street dispatcher": no_choice, "district dispatcher": no_choice,
        }),
        "returned twice and chosen by the duty leader": Scene(
            town, town.case, accepted | {"returns": 2, "pinned": True},
            on_desk | {"street dispatcher": no_choice, "district dispatcher": no_choice},
        ),
        "pinned, to sign": Scene(town, town.case, of_post(town, "dispatched", returns=2, pinned=True), pinned),
        "pinned, in work": Scene(town, town.case, of_post(town, "signed", returns=2, pinned=True), pinned),
        "escalated by the worker": Scene(town, town.case, accepted | {"escalated_from": 12} | keeper, on_desk | {
            "street dispatcher": upper, "street duty leader": upper, "district dispatcher": upper, "handler": "keeper",
        }),
        "escalated by the street's desk": Scene(town, town.case, accepted | at_district, on_desk | below | {
            "district dispatcher": upper,
        }),
        "ownerless": Scene(town, town.case, accepted | at_district | {"ownerless": True}, on_desk | below),
        "at the city": Scene(
            town, town.case, accepted | {"level": 4},
            {"street duty leader": "viewer", "district dispatcher": "viewer", "city dispatcher": DESK},
            refused={"escalate": "no_level_above"},
        ),
        "a dispute without mediations": Scene(
            town, town.case, of_post(town, "signed") | dispute, sensitive,
            fields={"escalate": {"reason": "持刀威胁", "cause": "danger_to_life"}},
        ),
        "a dispute in the grid": Scene(
            town, town.case, of_post(town, "dispatched", level=12) | dispute,
            sensitive | {"community dispatcher": "desk distributor viewer"},
            fields={"escalate": {"reason": "持刀威胁", "cause": "danger_to_life"}},
        ),
        "held by a squad of the bureau": Scene(
            town, town.case, of_unit(town, "signed") | {"lead_unit_id": units["squad"]},
            {"responder": "assignee returner viewer", "head": "head viewer", "second handler": "viewer",
             "duty leader of the bureau": "head viewer", "district dispatcher": DESK, "parks": None},
            fields={"delegate": {"assignee": town.post("responder")}},
        ),
    }  # fmt: skip
    for state in ("accepted", "dispatched", "signed"):
        made[f"suspended when {state}"] = Scene(
            town, town.case, of_post(town, "suspended", resume_state=state), OF_POST
        )
    for state in ("reported", "accepted"):
        made[f"merged when {state}"] = Scene(town, town.case, stand(town, "merged", resume_state=state), on_desk)
    return made


SCENES = (
    "returned twice", "returned twice and chosen by the duty leader", "pinned, to sign", "pinned, in work",
    "escalated by the worker", "escalated by the street's desk", "ownerless", "at the city",
    "a dispute without mediations", "a dispute in the grid", "held by a squad of the bureau",
    "suspended when accepted", "suspended when dispatched", "suspended when signed", "merged when reported",
    "merged when accepted",
)  # fmt: skip


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.usefixtures("as_it_was")
def test_C1_C6_C9_C10_every_action_by_everybody_in_special_scenes(name: str, town: Any) -> None:
    play(scenes(town)[name])


@pytest.mark.usefixtures("as_it_was")
def test_C10_an_escalation_is_refused_once(town: Any) -> None:
    scene = scenes(town)["escalated by the worker"]
    put(town, scene.columns)
    version = town.conn.execute("select version from cases where id = %s", (town.case,)).fetchone()[0]
    with town.conn.transaction(force_rollback=True):
        said = {"reason": "应由本级办理"}
        assert (
            town.act("street dispatcher", town.case, command("refuse_escalation", version, **said))["refused"] is None
        )
        put(town, scene.columns)
        again = town.act("district dispatcher", town.case, command("refuse_escalation", version, **said))
        assert again["refused"] == "not_yours_to_do"


@pytest.mark.usefixtures("as_it_was")
def test_C3_nobody_decides_what_they_asked_for_or_what_only_a_duty_leader_may(town: Any) -> None:
    put(town, of_post(town, "signed"))
    district = town.grid.code[:6]
    asked = {
        kind: str(town.task(town.case, kind, asked_by=who, desk=district))
        for kind, who in (("suspend", "district duty leader"), ("void", "worker"), ("correction", "worker"))
    }

    def decide(who: str, kind: str) -> str | None:
        sent = command("decide", 0, task=asked[kind], granted=False, reason="不同意")
        del sent["version"]
        with town.conn.transaction(force_rollback=True):
            try:
                with town.conn.transaction():
                    return town.act(who, town.case, sent)["refused"]
            except Problem as problem:
                return problem.code

    got = {
        who: tuple(decide(who, kind) for kind in asked)
        for who in ("district duty leader", "city duty leader", "district dispatcher", "street duty leader", "worker")
    }
    assert got == {
        "district duty leader": ("unknown_task", None, None),
        "city duty leader": (None, None, None),
        "district dispatcher": ("unknown_task", "unknown_task", None),
        "street duty leader": ("not_yours_to_do",) * 3,
        "worker": ("not_yours_to_do",) * 3,
    }


# What lacks something


@pytest.mark.parametrize("action", [*STAFF, "report", "rate", "overdue", "close", "", None, 7, ["sign"]])
@pytest.mark.usefixtures("as_it_was")
def test_an_action_that_lacks_what_it_needs_or_does_not_exist_changes_nothing(action: Any, town: Any) -> None:
    before = everything(town)
    row = ACTIONS.get(action) if isinstance(action, str) and action in STAFF else None
    fields = town.whole[action] if row else {}
    faulty: list[dict[str, Any]] = [{**fields, "colour": "red"}]
    for need in (need.field for need in row.needs if need.required) if row else ():
        faulty += [{key: value for key, value in fields.items() if key != need}, fields | {need: None}]
    if row and row.kind == "move":
        faulty += [fields | {"version": wrong} for wrong in (0, -1, "3", 2.5, 2**31, 2**70, None)]
        faulty += [fields | {"after": str(uuid7())}]
    elif row:
        faulty += [fields | {"version": 3}]
    desk = town.people["city dispatcher"]
    for wrong in faulty:
        sent = {**command(action, 3), **wrong}
        if row and row.kind == "note" and "version" not in wrong:
            del sent["version"]
        answer = desk.act(town.case, sent)
        assert (answer.status_code, answer.json["code"]) == (422, "invalid"), (wrong, answer.json)
        assert town.conn.execute("select count(*) from commands where id = %s", (sent["id"],)).fetchone() == (0,)
    assert everything(town) == before


@pytest.mark.usefixtures("as_it_was")
def test_C1_what_is_nobodys_now_has_no_button(town: Any) -> None:
    put(town, of_post(town, "signed"))
    worker, district = town.people["worker"], town.grid.code[:6]
    older = "update clocks set started_at = started_at + %s where case_id = %s and step = 'sign'"

    def buttons() -> set[str]:
        return {row["action"] for row in worker.get(f"/cases/{town.case}").json["allowed"]}

    assert {"request", "return"} <= buttons()
    for kind in ("extend", "suspend", "void"):
        assert "request" in buttons()
        town.task(town.case, kind, asked_by="worker", desk=district)
    assert "request" not in buttons()
    town.conn.execute(older, (timedelta(days=-14), town.case))
    assert "return" not in buttons()
    with town.conn.transaction(force_rollback=True):
        version = town.conn.execute("select version from cases where id = %s", (town.case,)).fetchone()[0]
        late = town.act("worker", town.case, command("return", version, reason="不归我管"))
        assert late["refused"] == "return_too_late"
        assert "return" in late["barred"]
    town.conn.execute(older, (timedelta(days=14), town.case))
