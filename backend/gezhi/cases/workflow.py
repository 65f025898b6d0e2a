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
    "transferred": State("已移送", "Transferred", "已移送别的平台办理", "Passed to another platform", "external"),
    "withdrawn": State("已撤回", "Withdrawn", "您撤回了", "You withdrew it"),
    "void": State("作废", "Void", "已作废", "Void"),
}
OPEN = tuple(key for key, state in STATES.items() if state.open)
PAST = tuple(key for key, state in STATES.items() if not state.open)
STEPS = {
    "accept": ("受理", "accept"),
    "dispatch": ("派遣", "dispatch"),
    "sign": ("签收", "sign"),
    "handle": ("处置", "handle"),
    "verify": ("核查", "verify"),
    "external": ("外部平台办理", "the other platform"),
    "contact": ("联系反映人", "contact"),
    "arrive": ("到场", "arrive"),
}
"""Steps that have a clock; those of contact and arrival run beside the others."""
STEP_OF = {key: state.step for key, state in STATES.items()}


@dataclass(frozen=True)
class Relation:
    """How somebody can stand to a case; relations_v1 and reporter_relations_v1 find them (rules P7, C3)."""

    name: str
    name_en: str


RELATIONS: dict[str, Relation] = {
    "anyone": Relation("任何人", "anyone"),
    "system": Relation("系统", "the system"),
    "reporter": Relation("反映人（含“我也遇到”）", "who reported it or met it too"),
    "first_reporter": Relation("首个反映人", "who reported it first"),
    "appellant": Relation("还没有申诉过的反映人", "the reporter, not having appealed yet"),
    "rater": Relation("14 天内还没有评价的反映人", "the reporter, not having rated, for 14 days"),
    "worker": Relation("本网格网格员", "the worker of the grid"),
    "desk": Relation("受理台（所在层级及以上）", "the desk of the case's level or above"),
    "distributor": Relation("受理台；两次退单后为值班长", "the desk; after two returns its duty leader"),
    "upper_desk": Relation("接到提级的受理台", "the desk it was escalated to"),
    "street_desk": Relation("街道及以上受理台", "the desk of the street or above"),
    "decider": Relation("审批人（不能是申请人）", "who decides the request, never who asked"),
    "evaluator": Relation("组织第三方评价的受理台", "the desk that has it evaluated"),
    "leader": Relation("综治中心领导", "a leader of a centre above"),
    "assignee": Relation("承办岗位或单位", "the post or unit that has it"),
    "returner": Relation("承办岗位或单位（未锁定）", "the post or unit that has it, unless pinned"),
    "head": Relation("承办单位负责人", "the head of the unit that has it"),
    "offered": Relation("被转请的岗位", "a post it is offered to"),
    "keeper": Relation("首接岗位或单位", "who had it before, until another signs"),
    "co": Relation("协办岗位或单位", "a co-handler"),
    "verifier": Relation("核查人", "the verifier chosen"),
    "whistled": Relation("被吹哨的单位", "a unit whistled"),
    "supervised": Relation("被督办的岗位或单位", "who is supervised"),
    "consulted": Relation("会商单位", "a unit consulted"),
    "expert": Relation("受邀专家", "an expert asked"),
    "owner": Relation("包案领导", "the leader who owns it"),
    "grid": Relation("本网格岗位", "a post of its grid"),
    "viewer": Relation("可查看的岗位", "who may look"),
}

TASKS = {
    "offer": ("转请签收", "Offered to sign"),
    "co": ("协办", "Co-handling"),
    "extend": ("申请延期", "Asks for more time"),
    "suspend": ("申请挂账", "Asks to suspend"),
    "void": ("申请作废", "Asks to void"),
    "correction": ("建议更正", "Proposes a correction"),
    "whistle_request": ("申请吹哨", "Asks for a whistle"),
    "whistle": ("吹哨报到", "Whistled, to answer"),
    "supervise": ("督办回复", "Supervised, to reply"),
    "consult": ("会商", "Consultation"),
    "expert": ("专家意见", "Expert's advice"),
    "own": ("包案", "Owned by a leader"),
    "evaluation": ("第三方评价", "Third-party evaluation"),
}
"""Kinds of tasks on a case that wait for somebody besides its assignee."""


@dataclass(frozen=True)
class Need:
    """A field of an action. Whether an optional one is needed after all is the matter's to say, or the outcome's."""

    field: str
    required: bool = True


RESUMED = "resumed"
"""Target of a move back to the state that was left."""


@dataclass(frozen=True)
class Action:
    """A row of the workflow: a move changes state, assignee or level and raises the version; a note does not."""

    key: str
    kind: Literal["move", "note"]
    name: str
    name_en: str
    sources: tuple[str, ...]
    target: str | None
    by: tuple[str, ...]
    needs: tuple[Need, ...] = ()
    rank: int = field(default=50)  # the lowest allowed rank is the big button

    def row(self) -> dict[str, Any]:
        """What the database needs of this row."""
        return {"action": self.key, "kind": self.kind, "from": self.sources, "to": self.target, "by": self.by}


def _needs(words: str) -> tuple[Need, ...]:
    """`reason deadline?`: a field that is required and one that is not."""
    return tuple(Need(word.rstrip("?"), not word.endswith("?")) for word in words.split())


def _move(  # noqa: PLR0917  a row of the table reads in order
    key: str, name: str, name_en: str, sources: str, target: str, by: str, needs: str = "", rank: int = 50
) -> Action:
    return Action(key, "move", name, name_en, tuple(sources.split()), target, tuple(by.split()), _needs(needs), rank)


def _note(  # noqa: PLR0917
    key: str, name: str, name_en: str, sources: str, by: str, needs: str = "", rank: int = 70
) -> Action:
    return Action(key, "note", name, name_en, tuple(sources.split()), None, tuple(by.split()), _needs(needs), rank)


_OPEN = " ".join(OPEN)
_HELD = "dispatched signed"
_MOVING = "accepted dispatched signed"

_MOVES = (
    _move("report", "上报", "Report", "", "reported", "anyone"),
    _move("settle", "即报即结", "Report and settle", "", "handled", "worker", "outcome reply note? photos?"),
    _move("accept", "受理", "Accept", "reported", "accepted", "desk system", "matter", 10),
    _move("reject", "不予受理", "Do not take on", "reported", "rejected", "desk", "reason", 60),
    _move("appeal", "申诉", "Appeal", "rejected", "reported", "appellant", "reason", 20),
    _move("merge", "并案", "Merge", "reported accepted", "merged", "desk", "main_case", 62),
    _move("unmerge", "撤销并案", "Undo the merging", "merged", RESUMED, "desk", "reason"),
    _move(
        "dispatch", "派遣", "Dispatch", "accepted", "dispatched", "distributor system",
        "assignee co_handlers? deadline? note?", 10,
    ),
    _move("sign", "签收", "Sign", "dispatched", "signed", "assignee offered", "", 10),
    _move("delegate", "内部指派", "Delegate", "signed", "dispatched", "head", "assignee note?", 40),
    _move("return", "退单", "Return", _HELD, "accepted", "returner", "reason", 60),
    _move("reassign", "改派", "Reassign", _HELD, "dispatched", "distributor system", "assignee reason", 60),
    _move("escalate", "提级办理", "Escalate", _MOVING, "accepted", "assignee desk", "reason cause?", 62),
    _move("refuse_escalation", "驳回提级", "Refuse the escalation", "accepted", RESUMED, "upper_desk", "reason", 30),
    _move(
        "transfer", "移送", "Transfer", "accepted signed", "transferred", "desk", "platform number deadline reason?", 64
    ),
    _move("recall", "收回", "Recall", "transferred", "accepted", "desk", "reason"),
    _move("suspend", "挂账", "Suspend", _MOVING, "suspended", "system"),
    _move("resume", "恢复", "Resume", "suspended", RESUMED, "desk system", "reason?", 20),
    _move(
        "handle", "处置反馈", "Report it handled", "signed", "handled", "assignee",
        "outcome reply note? photos? reason? review_on?", 10,
    ),
    _move(
        "verify_pass", "核查通过", "Confirm it is fixed", "handled", "closed", "verifier system",
        "position? photos? note?", 10,
    ),
    _move(
        "verify_fail", "核查不通过", "Not fixed", "handled", "dispatched", "verifier system",
        "note position? photos?", 20,
    ),
    _move("reopen", "重新办理", "Reopen", "closed", "accepted", "desk system", "reason", 60),
    _move("withdraw", "撤回", "Withdraw", "reported accepted", "withdrawn", "first_reporter", "", 60),
    _move("void", "作废", "Void", _OPEN, "void", "system"),
)  # fmt: skip

_NOTES = (
    _note("contact", "联系反映人", "Contact the reporter", _OPEN, "desk assignee keeper co", "note"),
    _note("arrive", "到场", "Arrive", _MOVING, "assignee co keeper whistled", "position photos?", 15),
    _note("progress", "进展", "Progress", f"{_MOVING} suspended", "assignee co keeper whistled", "note photos?"),
    _note("check", "核实", "Check the facts", "reported accepted", "grid desk", "note photos? position?"),
    _note(
        "correct", "更正", "Correct", f"reported {_MOVING}", "desk assignee grid",
        "reason matter? place? address? urgency?",
    ),
    _note(
        "mediate", "调解", "Mediate", _MOVING, "assignee co desk",
        "mediation present held_at note photos? agreement? referral?", 30,
    ),
    _note("whistle", "吹哨", "Whistle", _HELD, "street_desk assignee", "reason units?"),
    _note("whistle_answer", "报到", "Answer the whistle", _OPEN, "whistled", "note photos?", 12),
    _note("supervise", "督办", "Supervise", _OPEN, "desk leader", "reason deadline?"),
    _note("supervise_reply", "督办回复", "Reply to supervision", _OPEN, "supervised", "note photos?", 12),
    _note("own", "包案", "Own the case", _OPEN, "leader", "note?"),
    _note("strike_off", "销号", "Strike off", f"{_OPEN} closed", "owner", "note", 12),
    _note("consult", "会商", "Consult", _OPEN, "desk", "lead_unit units? minutes?"),
    _note("join", "我也遇到", "I met it too", _OPEN, "anyone"),
    _note("add", "补充", "Add", _OPEN, "reporter", "text photos?", 30),
    _note("remind", "催办", "Remind", _OPEN, "reporter", "text?", 40),
    _note("complain", "投诉", "Complain", f"{_OPEN} closed rejected transferred", "reporter", "text"),
    _note("confirm", "确认", "Confirm", "handled closed", "first_reporter", "fixed text?", 10),
    _note("rate", "评价", "Rate", "closed", "rater", "stars satisfaction comment?", 5),
    _note("revisit", "回访", "Ask the reporter again", "handled closed", "desk", "note satisfaction?"),
    _note("ask_expert", "请教专家", "Ask an expert", _OPEN, "desk assignee", "expert note"),
    _note("expert_answer", "专家意见", "Advise", _OPEN, "expert", "note", 12),
    _note("request", "申请", "Ask for a decision", _OPEN, "assignee desk", "request reason until?"),
    _note("decide", "审批", "Decide", _OPEN, "decider", "task granted reason", 8),
    _note("offer", "转请", "Offer to others", "dispatched", "desk system", "posts reason?"),
    _note(
        "evaluate", "第三方评价", "Third-party evaluation", "closed", "evaluator",
        "organisation evaluation note photos?", 8,
    ),
    _note("adopt", "采纳", "Adopt what came too late", f"{_OPEN} closed", "desk", "command note?"),
    _note("release", "公开照片", "Release photos", f"{_OPEN} closed", "desk", "photos"),
    _note("overdue", "超时", "Overdue", f"{_OPEN} transferred", "system"),
)  # fmt: skip

ACTIONS: dict[str, Action] = {action.key: action for action in (*_MOVES, *_NOTES)}
_REPORTERS = {"reporter", "first_reporter", "appellant", "rater"}
REPORTER_ACTIONS = tuple(a.key for a in ACTIONS.values() if a.sources and _REPORTERS & set(a.by))
SYSTEM_ACTIONS = tuple(a.key for a in ACTIONS.values() if a.by == ("system",))
STAFF_ACTIONS = tuple(a.key for a in ACTIONS.values() if a.sources and set(a.by) - _REPORTERS - {"system", "anyone"})

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
REQUESTS = {key: TASKS[key] for key in ("extend", "suspend", "void")}
CAUSES = {
    "beyond_powers": ("本级解决不了", "Beyond the powers of this level"),
    "ownerless": ("权属不清", "Nobody knows whose it is"),
    "danger_to_life": ("危及生命安全", "Danger to life"),
}
"""Why a case goes up: an ownerless one goes to the district (C10), danger to life waits for no mediation (C9)."""
MEDIATIONS = {
    "agreed": ("达成协议", "Agreed"),
    "continued": ("继续调解", "To be continued"),
    "failed": ("未达成", "Failed"),
}
MEDIATIONS_TO_GO_UP = 3
EVALUATIONS = {
    "solved": ("已解决", "Solved"),
    "not_solved": ("未解决", "Not solved"),
}
VERIFICATIONS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "on_site": ("现场核查", "On the spot", ("position", "photos")),
    "photo": ("照片核查", "By photo", ("photos",)),
    "reporter_confirms": ("反映人确认", "The reporter confirms", ("note",)),
    "phone": ("电话核查", "By phone", ("note",)),
    "signature": ("签字确认", "By signature", ("photos",)),
}
"""Modes of verification (rule C2) and what verify_pass then needs."""
RATING_DAYS = 14


def allowed(state: str, relations: Collection[str]) -> list[Action]:
    """The actions open to somebody who stands in these relations to a case in this state, likeliest first."""
    rows = [a for a in ACTIONS.values() if state in a.sources and not set(a.by).isdisjoint(relations)]
    return sorted(rows, key=lambda action: action.rank)


def needed(action: Action, verification: str | None) -> tuple[Need, ...]:
    """What an action needs of a case that is verified in this way (rule C2)."""
    if action.key != "verify_pass" or verification is None:
        return action.needs
    fields = VERIFICATIONS[verification][2]
    return tuple(Need(need.field, need.field in fields) for need in action.needs)
