"""The workflow of a case: one table of states and one of actions (rule C1).

Permission, what an action needs, the `allowed` list, the OpenAPI of actions, the words on buttons and the tests are
derived from these tables. The rows go to the database as data with every command; it decides under the row lock.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class State:
    """A state: its names for staff and for residents, and the step whose clock runs while a case is in it."""

    name: str
    name_en: str
    resident: str
    resident_en: str
    step: str | None = None
    open: bool = False


STATES: dict[str, State] = {
    "reported": State("待受理", "To accept", "已收到，正在看", "Received, being looked at", "accept", True),
    "accepted": State("待派遣", "To dispatch", "正在找对的人", "Finding the right people", "dispatch", True),
    "dispatched": State("待签收", "To sign", "已交给负责的人", "Passed to those responsible", "sign", True),
    "signed": State("处置中", "In work", "正在处理", "Being handled", "handle", True),
    "handled": State(
        "待核查", "To verify", "处理好了，正在现场核查", "Done, being checked on the spot", "verify", True
    ),
    "suspended": State(
        "挂账", "Suspended", "暂时办不了，会再看", "Cannot be done now, will be looked at again", None, True
    ),
    "closed": State("已结案", "Closed", "办好了", "Done"),
    "rejected": State("不予受理", "Rejected", "没有受理", "Not taken on"),
    "merged": State("已并案", "Merged", "和一件相同的并在一起办", "Joined with a report of the same problem"),
    "transferred": State("已移送", "Transferred", "已移送别的平台办理", "Passed to another platform"),
    "withdrawn": State("已撤回", "Withdrawn", "您撤回了", "You withdrew it"),
    "void": State("作废", "Void", "已作废", "Void"),
}
OPEN = tuple(key for key, state in STATES.items() if state.open)
PAST = tuple(key for key, state in STATES.items() if not state.open)
STEP_OF = {key: state.step for key, state in STATES.items()}

Relation = Literal["anyone", "reporter", "desk", "assignee", "verifier", "system"]


@dataclass(frozen=True)
class Need:
    """A field of an action. `required` may be left to the matter (a photo) by the database."""

    field: str
    required: bool = True


@dataclass(frozen=True)
class Action:
    """A row of the workflow: a move changes state, assignee or level and raises the version; a note does not."""

    key: str
    kind: Literal["move", "note"]
    name: str
    name_en: str
    sources: tuple[str, ...]
    target: str | None
    by: tuple[Relation, ...]
    needs: tuple[Need, ...] = ()
    rank: int = field(default=50)  # the lowest allowed rank is the big button

    def row(self) -> dict[str, Any]:
        """What the database needs of this row."""
        return {"action": self.key, "kind": self.kind, "from": self.sources, "to": self.target, "by": self.by}


_PHOTOS = Need("photos", required=False)

ACTIONS: dict[str, Action] = {
    action.key: action
    for action in (
        Action("report", "move", "上报", "Report", (), "reported", ("anyone",)),
        Action(
            "accept", "move", "受理", "Accept", ("reported",), "accepted", ("desk", "system"), (Need("matter"),), 10,
        ),
        Action(
            "dispatch", "move", "派遣", "Dispatch", ("accepted",), "dispatched", ("desk", "system"),
            (Need("assignee"),), 10,
        ),
        Action("sign", "move", "签收", "Sign", ("dispatched",), "signed", ("assignee",), (), 10),
        Action(
            "reassign", "move", "改派", "Reassign", ("dispatched", "signed"), "dispatched", ("desk",),
            (Need("assignee"), Need("reason")), 60,
        ),
        Action(
            "handle", "move", "处置反馈", "Report it handled", ("signed",), "handled", ("assignee",),
            (Need("outcome"), Need("reply"), Need("note", False), _PHOTOS), 10,
        ),
        Action(
            "verify_pass", "move", "核查通过", "Confirm it is fixed", ("handled",), "closed", ("verifier",),
            (Need("position", False), _PHOTOS, Need("note", False)), 10,
        ),
        Action(
            "verify_fail", "move", "核查不通过", "Not fixed", ("handled",), "dispatched", ("verifier",),
            (Need("note"), Need("position", False), _PHOTOS), 20,
        ),
        Action("overdue", "note", "超时", "Overdue", OPEN, None, ("system",)),
        Action(
            "rate", "note", "评价", "Rate", ("closed",), None, ("reporter",),
            (Need("stars"), Need("satisfaction"), Need("comment", False)), 10,
        ),
    )
}  # fmt: skip

OUTCOMES = {
    "solved": ("已解决", "Solved"),
    "not_found": ("现场未发现", "Not found on the spot"),
    "explained": ("已解释", "Explained"),
    "impossible": ("客观无法解决", "Cannot be solved"),
}
SATISFACTIONS = {
    "satisfied": ("满意", "Satisfied"),
    "basically": ("基本满意", "Basically satisfied"),
    "dissatisfied": ("不满意", "Not satisfied"),
}
RATING_DAYS = 14


def allowed(state: str, relations: Collection[str]) -> list[Action]:
    """The actions open to somebody who stands in these relations to a case in this state, likeliest first."""
    rows = [a for a in ACTIONS.values() if state in a.sources and not set(a.by).isdisjoint(relations)]
    return sorted(rows, key=lambda action: action.rank)
