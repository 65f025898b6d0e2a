"""What people read about cases: names of roles, channels and steps, and why a case went where it went."""

from __future__ import annotations

from typing import NamedTuple

from gezhi.cases.workflow import ACTIONS, STATES
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
    "accept": ("已受理", "Taken on"),
    "dispatch": ("交给了{who}", "Passed to {who}"),
    "reassign": ("转给了{who}", "Passed on to {who}"),
    "sign": ("{who}已接手", "{who} has taken it"),
    "handle": ("处理好了，等现场核查", "Done, to be checked on the spot"),
    "verify_pass": ("核查通过，办好了", "Checked: it is fixed"),
    "verify_fail": ("现场看过，还没修好，继续办", "Checked: not fixed yet, work goes on"),
    "rate": ("您已评价", "You rated it"),
}


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
