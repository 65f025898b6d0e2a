"""What people read about cases: names of roles, channels and steps, and why a case went where it went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from gezhi.cases.workflow import (
    ACTIONS,
    CAUSES,
    EVALUATIONS,
    MEDIATIONS,
    OUTCOMES,
    REQUESTS,
    SATISFACTIONS,
    STATES,
    STEPS,
    TASKS,
)
from gezhi.http.language import pick

WHY = {
    "grid_worker": (
        "地点在这个网格，这类事项由本网格网格员先办",
        "The place is in this grid, and its worker handles this first",
    ),
    "grid_post": (
        "本网格网格员不在岗，交给同网格的同事",
        "The grid's worker is off duty; a colleague of the same grid has it",
    ),
    "neighbour": (
        "本网格无人在岗，交给同社区相邻网格的网格员",
        "Nobody of this grid is on duty; a neighbour's worker has it",
    ),
    "unit": ("这类事项由这个单位负责", "This unit is responsible for such matters"),
    "desk": ("由受理台指定", "The desk decided so"),
    "again": ("反映人不满意，请原办理人再办一次", "The reporter is not satisfied: to be worked again"),
    "delegated": ("由承办单位内部指派", "Delegated inside the unit"),
    "corrected": ("事项或地点更正后，责任人变了", "After a correction somebody else is responsible"),
    "absence": ("原办理人不在岗，交给代班的同事", "The assignee is absent; a colleague stands in"),
    "hand_over": ("岗位交接", "The post was handed over"),
    "rule": ("按本市的分派规则", "A routing rule of the city says so"),
    "rule_desk": ("按本市的分派规则，由受理台决定", "A routing rule of the city leaves it to the desk"),
}
UNDECIDED = (
    "事项或地点还不能确定，先交受理台看一看",
    "The matter or the place is not certain yet: the desk looks first",
)


class Channel(NamedTuple):
    """A way by which reports come; where nobody stands before the problem, no photo is asked for."""

    name: str
    name_en: str
    photo_waived: bool = False


CHANNELS = {
    "app": Channel("随手拍", "Resident app"),
    "field": Channel("网格员上报", "Grid worker"),
    "patrol": Channel("巡查发现", "Patrol"),
    "phone": Channel("电话", "Phone", photo_waived=True),
    "counter": Channel("窗口", "Counter", photo_waived=True),
    "platform": Channel("其他平台转来", "Another platform", photo_waived=True),
}

# The course that a resident reads: what happened, in everyday words; other events are not shown.
COURSE = {
    "report": ("已上报", "Reported"),
    "settle": ("网格员当场处理好了，等核查", "Settled at once by the grid worker, to be checked"),
    "accept": ("已受理", "Taken on"),
    "reject": ("没有受理", "Not taken on"),
    "appeal": ("您申诉了，交上一级再看", "You appealed; the level above looks again"),
    "merge": ("和一件相同的并在一起办", "Joined with a report of the same problem"),
    "unmerge": ("改为单独办理", "Worked by itself again"),
    "dispatch": ("交给了{who}", "Passed to {who}"),
    "reassign": ("转给了{who}", "Passed on to {who}"),
    "delegate": ("交给了{who}", "Passed to {who}"),
    "sign": ("{who}已接手", "{who} has taken it"),
    "return": ("退回受理台，重新安排", "Given back, somebody else is found"),
    "escalate": ("提交上一级办理", "Passed to the level above"),
    "refuse_escalation": ("由{who}继续办", "{who} goes on with it"),
    "transfer": ("移送{platform}办理", "Passed to {platform}"),
    "recall": ("从别的平台收回，继续办", "Taken back from the other platform"),
    "suspend": ("暂时办不了，到期再看", "Cannot be done now, will be looked at again"),
    "resume": ("恢复办理", "Work goes on"),
    "arrive": ("{who}到了现场", "{who} is on the spot"),
    "handle": ("处理好了，等现场核查", "Done, to be checked on the spot"),
    "verify_pass": ("核查通过，办好了", "Checked: it is fixed"),
    "verify_fail": ("现场看过，还没修好，继续办", "Checked: not fixed yet, work goes on"),
    "reopen": ("重新办理", "Opened again"),
    "withdraw": ("您撤回了", "You withdrew it"),
    "void": ("已作废", "Void"),
    "join": ("又有人遇到同样的问题", "Somebody else met it too"),
    "add": ("补充了情况", "More was added"),
    "remind": ("催办了一次", "A reminder was sent"),
    "complain": ("收到投诉", "A complaint was made"),
    "confirm": ("您回复了处理结果", "You answered whether it is fixed"),
    "rate": ("您已评价", "You rated it"),
    "evaluate": ("第三方已评价，结果为最终结果", "Evaluated by a third party; the result is final"),
}
_LOOPS = {
    12: ("微循环（社区）", "Micro loop (community)"),
    9: ("小循环（街道）", "Small loop (street)"),
    6: ("大循环（县区）", "Large loop (district)"),
    4: ("大循环（市）", "Large loop (city)"),
}
_DETAILS: dict[str, dict[str, tuple[str, str]]] = {
    "request": REQUESTS,
    "cause": CAUSES,
    "mediation": MEDIATIONS,
    "evaluation": EVALUATIONS,
    "outcome": OUTCOMES,
    "satisfaction": SATISFACTIONS,
    "revisited": SATISFACTIONS,
}


def loop_name(level: int) -> str:
    """The loop of a case that sits at this level (三级循环), from the length of the region's code."""
    return pick(*_LOOPS[level])


def detail(action: str, facts: Mapping[str, Any], body: Mapping[str, Any]) -> str | None:
    """What an event says besides its free text, in a few words; None when nothing."""
    said = [pick(*table[facts[key]]) for key, table in _DETAILS.items() if facts.get(key) in table]
    if action == "decide":
        said.append(pick("同意", "Granted") if facts.get("granted") else pick("不同意", "Not granted"))
    if action == "confirm":
        said.append(pick("已解决", "Fixed") if facts.get("fixed") else pick("没解决", "Not fixed"))
    if action == "transfer":
        said.append(f"{facts.get('platform')} {facts.get('number_outside')}")
    if action == "overdue":
        said.append(pick(*TASKS[facts["kind"]]) if "kind" in facts else step_name(facts["clock"]))
    if facts.get("proposed"):
        said.append(pick("建议", "Proposed"))
    if facts.get("referral"):
        said.append(pick("申请司法确认", "Referred for judicial confirmation"))
    said += [body[key] for key in ("present", "organisation", "agreement") if body.get(key)]
    return " · ".join(said) or None


def step_name(step: str) -> str:
    """The name of a step that has a clock."""
    return pick(*STEPS[step])


def state_name(state: str, *, resident: bool = False) -> str:
    """A state's name for staff, or in a resident's words."""
    row = STATES[state]
    return pick(row.resident, row.resident_en) if resident else pick(row.name, row.name_en)


def action_name(action: str) -> str:
    """An action's name in the reader's language."""
    return pick(ACTIONS[action].name, ACTIONS[action].name_en)


def channel_name(channel: str) -> str:
    """The name of a way by which reports come."""
    row = CHANNELS[channel]
    return pick(row.name, row.name_en)


def why(code: str | None) -> str:
    """Why a case went where it went, as a sentence."""
    return pick(*WHY.get(code or "", UNDECIDED))
