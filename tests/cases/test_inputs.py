"""What each action of staff takes: a fault names its field, and nothing of a faulty command is stored (C1, C6)."""

from __future__ import annotations

from typing import Any

import pytest

from gezhi.cases.schemas import ACTION_SCHEMAS, REPORTER_SCHEMAS
from gezhi.cases.workflow import ACTIONS, CAUSES, EVALUATIONS, MEDIATIONS, OUTCOMES, REQUESTS, SATISFACTIONS
from gezhi.db import uuid7
from gezhi.http.problem_table import PROBLEMS
from tests.cases.helpers import SHA, here, refused
from tests.cases.steps import sent

LATER = "2099-01-01T08:00:00+08:00"
ID = str(uuid7())
MATTER = {"kind": "matter", "code": "01037"}
PLACE = {"lng": 115.9, "lat": 28.7, "origin": "pin"}
_LONG = ["", "长" * 1001, 7, ["x"]]
_ID = ["x", 7, "", {}]
_TIME = ["morgen", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00", 0, "9999-12-31T23:59:59Z"]

# What each field takes, and what it does not.
FIELDS: dict[str, tuple[Any, list[Any]]] = {
    "matter": (MATTER, [{}, MATTER | {"kind": "x"}, {"kind": "part"}, "01037", [], MATTER | {"code": "小"},
                        MATTER | {"name": "路灯"}]),
    "place": (PLACE, [{}, PLACE | {"lng": 181}, PLACE | {"lat": float("inf")}, PLACE | {"system": "mars"}, [115, 28],
                      PLACE | {"origin": "sky"}, PLACE | {"accuracy_m": -1}]),
    "address": ("孺子路", ["", "长" * 201, 7]),
    "urgency": ("urgent", ["", "very", 1]),
    "assignee": ({"post_id": ID}, [{}, {"post_id": "x"}, {"post_id": ID, "unit_id": ID}, ID, {"user": ID}]),
    "co_handlers": ([{"unit_id": ID}], [[{}], {"unit_id": ID}, [{"unit_id": "x"}], [{"unit_id": ID}] * 11]),
    "deadline": (LATER, _TIME),
    "until": (LATER, _TIME),
    "review_on": ("2099-01-01", ["soon", "2099-02-30", 7]),
    "main_case": (ID, _ID),
    "platform": ("110", ["", "长" * 61, 7]),
    "number": ("JJ1", ["", "长" * 61, 7]),
    "cause": ("ownerless", ["", "tired", 7]),
    "reason": ("理由", _LONG),
    "note": ("备注", _LONG),
    "reply": ("答复", _LONG),
    "outcome": ("solved", ["", "done", 7]),
    "photos": ([SHA], [["x"], "x", [SHA] * 10, [7], [SHA.upper()], [SHA[:-1]]]),
    "position": (here(), [{}, {"lng": 1, "lat": 2}, here() | {"unavailable": "denied"}, {"unavailable": "tired"},
                          "here", here(accuracy_m=-1), here(lat=91)]),
    "mediation": ("agreed", ["", "drawn", 7]),
    "present": ("张三", ["", "长" * 501, 7]),
    "held_at": ("2026-01-01T08:00:00+08:00", _TIME),
    "agreement": ("协议", ["", "长" * 4001, 7]),
    "referral": (True, ["yes", 1, "true"]),
    "units": ([ID], [[], ["x"], ID, [ID] * 21, [7]]),
    "lead_unit": (ID, _ID),
    "minutes": ("纪要", ["", "长" * 4001, 7]),
    "expert": (ID, _ID),
    "posts": ([ID], [[], ["x"], ID, [ID] * 21]),
    "request": ("void", ["", "money", 7]),
    "task": (ID, _ID),
    "command": (ID, _ID),
    "granted": (True, ["yes", 1, "true"]),
    "organisation": ("调查中心", ["", "长" * 201, 7]),
    "evaluation": ("solved", ["", "great", 7]),
    "satisfaction": ("satisfied", ["", "great", 7]),
}  # fmt: skip
# What beside its own fields a move says of itself.
OWN: dict[str, list[Any]] = {
    "version": [0, -1, "3", 1.5, 2**31, None, True],
    "after": ["x", str(uuid7()).replace("-7", "-4", 1)],
    "id": ["x", 7, None, "00000000-0000-4000-8000-000000000000"],
    "occurred_at": [None, *_TIME],
    "elapsed_ms": [-1, 2**31, "5", 1.5, True],
    "secret": ["s" * 43],
}


def whole(action: str) -> dict[str, Any]:
    """A command that has every field."""
    fields = {need.field: FIELDS[need.field][0] for need in ACTIONS[action].needs}
    return sent(action, **fields, **({"version": 4} if ACTIONS[action].kind == "move" else {}))


@pytest.mark.parametrize("action", sorted(ACTION_SCHEMAS))
def test_C1_a_faulty_field_is_named_and_nothing_is_stored(
    action: str, signed: str, desk: Any, row_of: Any, conn: Any
) -> None:
    good, before = whole(action), row_of(signed)
    ACTION_SCHEMAS[action].load(good)  # it is right but for what is wrong below
    faults = [(field, wrong) for field in good if field in FIELDS for wrong in FIELDS[field][1]]
    faults += [(field, wrong) for field in ("id", "occurred_at", "elapsed_ms", "secret") for wrong in OWN[field]]
    if ACTIONS[action].kind == "move":
        faults += [("version", wrong) for wrong in OWN["version"]]
    for field, wrong in faults:
        problem = refused(desk.act(signed, good | {field: wrong}), *(_code(field, wrong)))
        if problem["code"] == "invalid":
            assert {name.split(".")[0] for name in problem["fields"]} == {field}, (field, wrong)
    for need in ACTIONS[action].needs:
        if need.required:
            for lacking in ({k: v for k, v in good.items() if k != need.field}, good | {need.field: None}):
                problem = refused(desk.act(signed, lacking), 422, "invalid")
                assert need.field in {name.split(".")[0] for name in problem["fields"]}, need.field
    assert row_of(signed) == before
    count = conn.execute("select count(*) from commands where case_id = %s and id = %s", (signed, good["id"]))
    assert count.fetchone() == (0,)


def _code(field: str, wrong: Any) -> tuple[int, str]:
    """Numbers that JSON does not have are refused before the fields are looked at."""
    return (400, "bad_json") if wrong == PLACE | {"lat": float("inf")} and field == "place" else (422, "invalid")


def test_C4_a_move_names_a_version_or_an_own_command_and_not_both(signed: str, desk: Any, row_of: Any) -> None:
    before = row_of(signed)
    good = whole("reassign")
    for wrong in ({"version": None}, {"after": ID}, {"version": None, "after": "x"}):
        problem = refused(desk.act(signed, good | wrong), 422, "invalid")
        assert set(problem["fields"]) <= {"version", "after"}
    assert row_of(signed) == before


@pytest.mark.parametrize("action", ["report", "settle", "join", "suspend", "void", "overdue", "fly", None, 7, [], {}])
def test_C1_what_is_no_action_of_staff_is_refused(action: Any, signed: str, desk: Any) -> None:
    problem = refused(desk.act(signed, {"id": ID, "action": action}), 422, "invalid")
    assert list(problem["fields"]) == ["action"]


def test_a_fault_is_told_in_the_readers_language(signed: str, desk: Any) -> None:
    body = sent("correct", reason="x")
    said = {
        language: desk.post(f"/cases/{signed}/actions", body, Accept_Language=language).json
        for language in ("zh", "en")
    }
    assert said["zh"]["fields"] == {"matter": ["请填写要更正的内容"]}
    assert said["en"]["fields"] == {"matter": ["Say what is to be corrected"]}
    assert said["en"]["detail"].isascii()


def test_every_refusal_and_every_fixed_answer_has_its_words_in_both_languages() -> None:
    for code, known in PROBLEMS.items():
        assert all((*known.zh, *known.en)), code
        assert not any(said.isascii() for said in known.zh if "{" not in said), code
        assert all(said.isascii() for said in known.en), code
    for table in (OUTCOMES, SATISFACTIONS, REQUESTS, CAUSES, MEDIATIONS, EVALUATIONS):
        for chinese, english in table.values():
            assert chinese
            assert not chinese.isascii()
            assert english
            assert english.isascii()


def test_C1_every_action_has_one_door() -> None:
    inside = {"report", "settle", "join", "suspend", "void", "overdue"}
    assert set(ACTION_SCHEMAS) | set(REPORTER_SCHEMAS) | inside == set(ACTIONS)
    assert not set(ACTION_SCHEMAS) & set(REPORTER_SCHEMAS)
