"""The workflow, exhaustively: every state x action x kind of person, against what the domain says (rule C1)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from gezhi.cases.schemas import ACTION_SCHEMAS, REPORTER_SCHEMAS
from gezhi.cases.workflow import ACTIONS, RELATIONS
from gezhi.db import uuid7
from gezhi.http.problems import Problem
from tests.cases.conftest import WHOLE
from tests.cases.domain_table import BY_REPORTERS, STAFF, STATES, TABLE
from tests.cases.helpers import SECRET, command, here
from tests.cases.town import SECRETS, Town

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
        return "duty_leader_decides" if action == "dispatch" and "desk" in relations else "not_yours_to_do"

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
    pinned = OF_POST | {"worker": "assignee grid", "worker by another post": "assignee grid"}
    sensitive = {name: None if words == "grid" else words for name, words in OF_POST.items()}
    sensitive |= {"worker": "assignee returner", "worker by another post": "assignee returner"}
    sensitive |= {"leader of the grid": None}  # until it is handled
    made = {
        "returned twice": Scene(town, town.case, accepted | {"returns": 2}, on_desk | {
            "street dispatcher": no_choice, "district dispatcher": no_choice,
        }),
        "returned twice and chosen by the duty leader": Scene(
            town, town.case, accepted | {"returns": 2, "pinned": True}, on_desk
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


# The reporters

REPORTER_FIELDS = {
    "appeal": {"reason": "这事归你们管"},
    "withdraw": {},
    "add": {"text": "就在学校门口", "photos": [SHA]},
    "remind": {"text": "几天了"},
    "complain": {"text": "没人来"},
    "confirm": {"fixed": True},
    "rate": {"stars": 5, "satisfaction": "satisfied", "comment": "很好"},
}
FIRST = {"reporter", "first_reporter", "appellant", "rater"}
REPORTER_SCENES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "as usual": ({}, FIRST),
    "rated": ({"stars": 4, "satisfaction": "satisfied"}, FIRST - {"rater"}),
    "final": ({"final": True}, FIRST - {"rater"}),
    "15 days ago": ({"closed_at": datetime.now(UTC) - timedelta(days=15)}, FIRST - {"rater"}),
}


def asks(town: Any, secret: str, receipt: str, action: str) -> str | None:
    """The refusal of a reporter's note, which is undone."""
    sent = command(action, 0, **REPORTER_FIELDS[action])
    del sent["version"]
    with town.conn.transaction(force_rollback=True):
        try:
            with town.conn.transaction():
                done = town.note(receipt, sent, secret)
        except Problem as problem:
            return problem.code
        if done["refused"]:
            kept = town.conn.execute("select refused, content from commands where id = %s", (sent["id"],)).fetchone()
            assert kept[0] == done["refused"]
            assert_kept(REPORTER_FIELDS[action], kept[1])
        else:
            assert done["state"] == (TABLE[action].target or done["state"])
        refused: str | None = done["refused"]
        return refused


@pytest.mark.parametrize("scene", REPORTER_SCENES)
@pytest.mark.parametrize("state", STATES)
@pytest.mark.usefixtures("as_it_was")
def test_C1_C6_C8_every_action_of_reporters(state: str, scene: str, town: Any, resident: Any) -> None:
    changed, relations = REPORTER_SCENES[scene]
    if state != "closed" and changed:
        changed = {key: value for key, value in changed.items() if key != "closed_at"}
    put(town, of_post(town, state) | changed | ({} if state == "closed" else {"closed_at": None}))
    first, joined = town.receipt["receipt_code"], "JXNEDHRE"
    with town.conn.transaction(force_rollback=True):
        put(town, {"state": "reported"})
        town.join(town.case, joined)
        put(town, {"state": state})
        for secret, receipt, theirs in (
            (SECRET, first, relations), (SECRETS["joined"], joined, {"reporter"}), ("w" * 43, first, None)
        ):  # fmt: skip
            for action, row in BY_REPORTERS.items():
                refused = asks(town, secret, receipt, action)
                where = (state, scene, action, theirs)
                if theirs is None:
                    assert refused == "not_found", where
                elif state not in row.sources:
                    assert refused == ("rating_not_open" if action == "rate" else "not_allowed_now"), where
                elif not row.by & theirs:
                    assert refused in ("not_yours_to_do", "already_rated", "rating_not_open"), where
                else:
                    assert refused is None, where
    if scene == "rated":  # by nobody: its course cannot be read
        return
    shown = resident.get(f"/reports/{first}", X_Gezhi_Secret=SECRET).json["allowed"]
    open_now = relations if state == "closed" else FIRST
    assert {row["action"] for row in shown} == {
        action for action, row in BY_REPORTERS.items() if state in row.sources and row.by & open_now
    }


@pytest.mark.usefixtures("as_it_was")
def test_an_appeal_is_heard_once_one_level_up(town: Any) -> None:
    put(town, of_post(town, "rejected", level=12))
    with town.conn.transaction(force_rollback=True):
        for refused, level in ((None, 9), ("already_appealed", 9)):
            sent = command("appeal", 0, reason="请再看看")
            del sent["version"]
            assert town.note(town.receipt["receipt_code"], sent)["refused"] == refused
            row = town.conn.execute("select level from cases where id = %s", (town.case,)).fetchone()
            assert row == (level,)
            put(town, {"state": "rejected"})


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
