"""Scenes of the workflow: a case as it stands, who is around it, and what they can and cannot do."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from gezhi.cases.schemas import ACTION_SCHEMAS
from gezhi.cases.workflow import ACTIONS
from gezhi.db import uuid7
from gezhi.http.problems import Problem
from tests.cases.conftest import WHOLE
from tests.cases.domain_table import STAFF, TABLE
from tests.cases.helpers import command, here
from tests.cases.town import Town

SHA = "cd" * 32
OWN = "ab" * 32  # of the report
PAST = "took part once"
LATER = (datetime.now(UTC) + timedelta(days=30)).isoformat()
DESK = "desk distributor street_desk viewer"

# How everybody stands to a case that a post holds, sitting at the street. A name that is missing: it does not exist.
OF_POST = {
    "worker": "assignee returner grid",
    "worker by another post": "assignee returner grid",
    "leader of the grid": "grid verifier",
    "volunteer": "grid",
    "community dispatcher": "viewer",
    "street dispatcher": DESK,
    "street duty leader": DESK,
    "street leader": "leader viewer",
    "district dispatcher": DESK,
    "district leader": "leader viewer",
    "city duty leader": DESK,
    "handler": "keeper",
    "drains": None,
    "roads": PAST,
    "expert": None,
    "stranger": None,
    "auditor": None,
}
# And to one that a unit holds, sitting at the district, with something waiting for everybody (see `everything_waits`).
OF_UNIT = {
    "second handler": "assignee returner viewer",
    "handler": f"assignee returner {DESK} evaluator decider",  # and a dispatcher of the district, who handled it
    "duty leader of the bureau": "assignee returner head viewer",
    "head": "head viewer",
    "responder": "offered",
    "parks": "co",
    "power": "whistled",
    "roads": "consulted",
    "drains": "keeper",
    "worker": "supervised grid",
    "volunteer": "grid",
    "expert": "expert",
    "second expert": None,
    "street dispatcher": "viewer",
    "street leader": "owner leader viewer",
    "district leader": "leader viewer",
    "district dispatcher": f"{DESK} evaluator decider verifier",
    "district duty leader": f"{DESK} evaluator decider verifier",
    "city dispatcher": f"{DESK} evaluator decider verifier",
    "stranger": None,
}


@dataclass
class Scene:
    """A case as it stands: its columns, who is around, and what is refused besides what the table refuses."""

    town: Town
    case: str
    columns: dict[str, Any]
    people: dict[str, str | None]
    refused: dict[str, str] = field(default_factory=dict)
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """The state of the case."""
        return str(self.columns["state"])

    def expected(self, name: str, action: str) -> str | None:
        """The refusal that somebody gets who tries this action, None when it works."""
        standing = self.people[name]
        if standing is None:
            return "not_found"
        if standing == PAST:
            return "no_longer_yours"
        if self.state not in TABLE[action].sources:
            return "not_allowed_now"
        relations = set(standing.split())
        if relations & TABLE[action].staff:
            return self.refused.get(action)
        if action == "return" and "assignee" in relations:
            return "assignment_pinned"
        late = action in {"dispatch", "reassign"} and "desk" in relations
        return "duty_leader_decides" if late else "not_yours_to_do"

    def target(self, action: str) -> str:
        """The state after an action that works."""
        if action == "accept":
            return "dispatched"  # a desk that names the matter sets the system going: place and route are certain here
        if action == "refuse_escalation":
            return (
                "dispatched" if self.columns.get("keeper_post_id") or self.columns.get("keeper_unit_id") else "accepted"
            )
        target = TABLE[action].target
        return str(self.columns["resume_state"]) if target == "RESUMED" else target or self.state

    def whole(self, action: str) -> dict[str, Any]:
        """What the action needs, whole and right."""
        return self.fields.get(action) or self.town.whole[action]


@pytest.fixture(scope="module")
def town(app: Any, database: str, grids: Any) -> Iterator[Any]:
    with psycopg.connect(database, autocommit=True) as conn:
        made = Town(app, conn, next(grids))
        made.hire("worker by another post", "instructor", made.grid.code, like="worker")
        made.receipt = made.report()
        made.case = str(made.receipt["case_id"])
        made.whole = whole(made, str(made.report(category="rubbish")["case_id"]))
        made.task_ids = {}
        conn.execute(
            "update events set audience = audience || %s where case_id = %s and seq = 1",
            ([f"post:{made.people['roads'].post_id}"], made.case),
        )
        late = command("handle", 3, outcome="solved", reply="修好了", photos=[SHA])
        assert made.act("worker", made.case, late)["refused"] == "not_allowed_now"
        made.whole["adopt"] = {"command": late["id"], "note": "内容属实"}
        yield made


def whole(town: Town, other: str) -> dict[str, dict[str, Any]]:
    """What each action of staff needs, whole and right."""
    place = here(town.grid.lng, town.grid.lat)
    units = [str(town.units["parks"])]
    return {
        "accept": {"matter": {"kind": "matter", "code": "01037"}},
        "reject": {"reason": "不属于受理范围"},
        "merge": {"main_case": other},
        "unmerge": {"reason": "不是同一件"},
        "dispatch": {"assignee": town.unit("drains"), "co_handlers": [town.unit("parks")], "deadline": LATER},
        "sign": {},
        "delegate": {"assignee": town.post("second handler"), "note": "你去"},
        "return": {"reason": "不归我管"},
        "reassign": {"assignee": town.post("volunteer"), "reason": "换人"},
        "escalate": {"reason": "本级办不了", "cause": "beyond_powers"},
        "refuse_escalation": {"reason": "应由本级办理"},
        "transfer": {"platform": "12345", "number": "X-1", "deadline": LATER},
        "recall": {"reason": "收回"},
        "resume": {"reason": "可以办了"},
        "handle": {"outcome": "solved", "reply": "修好了", "photos": [SHA]},
        "verify_pass": {"photos": [SHA], "position": place},
        "verify_fail": {"note": "没有修好", "photos": [SHA], "position": place},
        "reopen": {"reason": "又坏了"},
        "contact": {"note": "已电话联系"},
        "arrive": {"position": place, "photos": [SHA]},
        "progress": {"note": "正在施工"},
        "check": {"note": "情况属实", "position": place},
        "correct": {"reason": "更紧急", "urgency": "urgent"},
        "mediate": {
            "mediation": "continued", "present": "张某、李某", "held_at": "2026-01-05T10:00:00+08:00", "note": "一轮",
        },
        "whistle": {"reason": "需要配合", "units": units},
        "whistle_answer": {"note": "已到场"},
        "supervise": {"reason": "请抓紧"},
        "supervise_reply": {"note": "今天办完"},
        "own": {"note": "我来包案"},
        "strike_off": {"note": "问题解决"},
        "consult": {"lead_unit": str(town.units["bureau"]), "units": units},
        "revisit": {"note": "群众满意", "satisfaction": "satisfied"},
        "ask_expert": {"expert": str(town.people["second expert"].post_id), "note": "请看一下"},
        "expert_answer": {"note": "建议换管"},
        "request": {"request": "void", "reason": "重复"},
        "offer": {"posts": [town.post("parks")["post_id"]], "reason": "不在岗"},
        "evaluate": {"organisation": "市民评议团", "evaluation": "solved", "note": "现场核验"},
        "release": {"photos": [OWN]},
        "decide": {"task": str(uuid.uuid4()), "granted": False, "reason": "不同意"},
    }  # fmt: skip


def stand(town: Town, state: str, **columns: Any) -> dict[str, Any]:
    """The columns of a case in this state that belong to it anyway."""
    return {
        "state": state, "level": 9, "urgency": "ordinary", "confidentiality": "public", "verification": "on_site",
        "assignee_post_id": None, "lead_unit_id": None, "handled_by_post_id": None, "keeper_post_id": None,
        "keeper_unit_id": None, "verifier_post_id": None, "verifier_region": None, "escalated_from": None,
        "ownerless": False, "returns": 0, "pinned": False, "stars": None, "satisfaction": None, "final": False,
        "matter_kind": "matter", "matter_code": "01037", "dissatisfactions": 0,
        "resume_state": {"suspended": "signed", "merged": "accepted"}.get(state),
        "closed_at": datetime.now(UTC) if state == "closed" else None,
        **columns,
    }  # fmt: skip


def of_post(town: Town, state: str, **columns: Any) -> dict[str, Any]:
    """The worker has it, the grid's leader verifies, the handler keeps the place safe."""
    worker = town.people["worker"].post_id
    return stand(
        town, state, assignee_post_id=worker, handled_by_post_id=worker, keeper_post_id=town.people["handler"].post_id,
        verifier_post_id=town.people["leader of the grid"].post_id, **columns,
    )  # fmt: skip


def of_unit(town: Town, state: str, **columns: Any) -> dict[str, Any]:
    """The bureau has it, somebody of the bureau and of the district's desk handled it, the district verifies."""
    return stand(
        town, state, level=6, lead_unit_id=town.units["bureau"], keeper_unit_id=town.units["drains"],
        handled_by_post_id=town.people["handler"].post_id, verifier_region=town.grid.code[:6], **columns,
    )  # fmt: skip


def everything_waits(town: Town, case: str) -> dict[str, dict[str, Any]]:
    """Opens a task of nearly every kind; returns what deciding needs."""
    district, units, people = town.grid.code[:6], town.units, town.people
    town.task(case, "offer", post_id=people["responder"].post_id)
    town.task(case, "co", unit_id=units["parks"])
    town.task(case, "whistle", unit_id=units["power"])
    town.task(case, "whistle_request", desk=town.grid.code[:9])
    town.task(case, "supervise", post_id=people["worker"].post_id)
    town.task(case, "consult", unit_id=units["roads"])
    town.task(case, "expert", post_id=people["expert"].post_id)
    town.task(case, "own", post_id=people["street leader"].post_id)
    town.task(case, "evaluation", desk=district)
    correction = town.task(case, "correction", asked_by="worker", desk=district)
    return {"decide": town.whole["decide"] | {"task": str(correction)}}


@pytest.fixture
def as_it_was(town: Any) -> Iterator[None]:
    """Undoes what a test has made of the town's case."""
    columns = town.conn.execute("select to_jsonb(c) - 'point' from cases c where id = %s", (town.case,)).fetchone()[0]
    yield
    put(town, {key: columns[key] for key in stand(town, "reported")})
    town.conn.execute("delete from tasks where case_id = %s", (town.case,))


def put(town: Any, columns: dict[str, Any]) -> None:
    """Puts the case where the scene has it."""
    sets = ", ".join(f"{name} = %({name})s" for name in columns)
    town.conn.execute(f"update cases set {sets} where id = %(id)s", columns | {"id": town.case})


def everything(town: Any) -> Any:
    """All that the case consists of, and its tasks."""
    tasks = "(select jsonb_agg(to_jsonb(t) order by t.id) from tasks t where t.case_id = c.id)"
    return town.conn.execute(
        WHOLE.replace("select to_jsonb(c),", f"select to_jsonb(c), {tasks},"), {"id": town.case}
    ).fetchone()


def play(scene: Scene) -> None:
    """Everybody tries everything; the buttons they see are exactly those that work, and a refusal changes nothing."""
    town = scene.town
    put(town, scene.columns)
    version = town.conn.execute("select version from cases where id = %s", (scene.case,)).fetchone()[0]
    loaded = {}
    for action in STAFF:
        sent = command(action, version, **scene.whole(action))
        if ACTIONS[action].kind == "note":
            del sent["version"]
        loaded[action] = ACTION_SCHEMAS[action].load(sent)
    for name in scene.people:
        expected = {action: scene.expected(name, action) for action in STAFF}
        refuse(scene, name, {action: code for action, code in expected.items() if code}, loaded)
        works = {action for action, code in expected.items() if code is None}
        for action in works:
            succeed(scene, name, loaded[action] | {"id": uuid7()})
        shown = town.people[name].get(f"/cases/{scene.case}")
        if scene.people[name] in (None, PAST):
            assert shown.status_code == 404, name
        else:
            buttons = shown.json["allowed"]
            assert {row["action"] for row in buttons} == works, (scene.state, name)
            assert [row["primary"] for row in buttons] == [True] * bool(buttons) + [False] * (len(buttons) - 1)


def refuse(scene: Scene, name: str, expected: dict[str, str], loaded: dict[str, Any]) -> None:
    """All these are refused, change nothing, and what they said is kept (rule C6) for those who may see the case."""
    conn = scene.town.conn
    with conn.transaction(force_rollback=True):
        before, got, ids = everything(scene.town), {}, {}
        for action in expected:
            sent = loaded[action] | {"id": uuid7()}
            ids[sent["id"]] = action
            try:
                with conn.transaction():
                    got[action] = scene.town.act_loaded(name, scene.case, sent)["refused"]
            except Problem as problem:
                got[action] = problem.code
        assert got == expected, f"{name} in {scene.state}"
        assert everything(scene.town) == before
        kept = conn.execute("select id, refused, content from commands where id = any(%s)", (list(ids),)).fetchall()
        assert {ids[row[0]]: row[1] for row in kept} == (expected if scene.people[name] else {})
        for command_id, _, content in kept:
            assert_kept(scene.whole(ids[command_id]), content)


def assert_kept(sent: Any, kept: Any) -> None:
    """What was sent is there; members that were left out may have been filled in."""
    if isinstance(sent, dict):
        for key, value in sent.items():
            assert_kept(value, kept[key])
    elif isinstance(sent, list):
        for one, other in zip(sent, kept, strict=True):
            assert_kept(one, other)
    elif isinstance(sent, str) and "T" in sent and sent[:4].isdigit():
        assert datetime.fromisoformat(kept) == datetime.fromisoformat(sent)
    else:
        assert kept == sent


def succeed(scene: Scene, name: str, sent: dict[str, Any]) -> None:
    """This works, leads where the table says, and is undone."""
    conn, action = scene.town.conn, sent["action"]
    where = f"{name} tries {action} in {scene.state}"
    move = TABLE[action].target is not None
    with conn.transaction(force_rollback=True):
        before = everything(scene.town)[0]
        try:
            done = scene.town.act_loaded(name, scene.case, sent)
        except Problem as problem:
            pytest.fail(f"{where}: {problem.code}")
        after = everything(scene.town)
        assert (done["refused"], done["state"], after[0]["state"]) == (None, scene.target(action), done["state"]), where
        assert (after[0]["version"] > before["version"]) is move, where
        assert after[0]["seq"] == after[2][-1]["seq"] > before["seq"], where
        assert after[2][before["seq"]]["action"] == action, where
