"""docs/workflow.md, made from the tables of workflow.py: `python -m gezhi.cases.documentation > docs/workflow.md`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gezhi.cases.workflow import (
    ACTIONS,
    CAUSES,
    EVALUATIONS,
    MEDIATIONS,
    OUTCOMES,
    RATING_DAYS,
    RELATIONS,
    REQUESTS,
    RESUMED,
    SATISFACTIONS,
    STATES,
    STEPS,
    TASKS,
    VERIFICATIONS,
    Action,
)

FIELDS = {
    "matter": ("事项", "matter"),
    "place": ("地点", "place"),
    "address": ("地址", "address"),
    "urgency": ("紧急程度", "urgency"),
    "assignee": ("交给谁", "assignee"),
    "co_handlers": ("协办", "co-handlers"),
    "deadline": ("时限", "deadline"),
    "until": ("到什么时候", "until"),
    "review_on": ("再看的日期", "review on"),
    "main_case": ("主案件", "main case"),
    "platform": ("平台", "platform"),
    "number": ("平台编号", "its number"),
    "cause": ("提级原因", "cause"),
    "reason": ("理由", "reason"),
    "outcome": ("处置结果", "outcome"),
    "reply": ("答复", "reply"),
    "note": ("备注", "note"),
    "text": ("说明", "text"),
    "photos": ("照片", "photos"),
    "position": ("位置", "position"),
    "mediation": ("调解结果", "mediation"),
    "present": ("参加人", "present"),
    "held_at": ("调解时间", "held at"),
    "agreement": ("调解协议", "agreement"),
    "referral": ("申请司法确认", "referral"),
    "units": ("单位", "units"),
    "lead_unit": ("牵头单位", "lead unit"),
    "minutes": ("会商纪要", "minutes"),
    "expert": ("专家", "expert"),
    "posts": ("岗位", "posts"),
    "request": ("申请什么", "request"),
    "task": ("哪件申请", "which request"),
    "command": ("哪条未采纳的操作", "which command not adopted"),
    "granted": ("是否同意", "granted"),
    "organisation": ("评价机构", "organisation"),
    "evaluation": ("评价结果", "evaluation"),
    "fixed": ("解决了吗", "fixed"),
    "stars": ("星级", "stars"),
    "satisfaction": ("满意度", "satisfaction"),
    "comment": ("评语", "comment"),
}
_HEAD = """\
# 案件流程 The workflow of a case

<!-- Generated from backend/gezhi/cases/workflow.py: python -m gezhi.cases.documentation > docs/workflow.md -->

本页由代码里的流程表生成：权限、按钮、接口和测试都从同一张表来。
This page is made from the table in the code; permissions, buttons, the API and the tests come from the same table.
"""
_ACTIONS = """\
## 动作 Actions

“变动”改变状态或办理人，版本号加一；“记录”只追加到日志。括号里的可以不填；照片是否必须，看事项。
A move changes the state or the assignee and raises the version; a note is only appended to the log. What stands in
brackets may be left out; whether a photo is needed depends on the matter.
"""
_STATES = """\
## 状态 States

一步的计时从进入状态开始；挂账时停表。
The clock of a step starts when its state is entered, and stands still while a case is suspended.
"""


_TASKS = """\
## 任务 Tasks

案件上等别人做的事；有任务的人在任务办完前看得到案件。
What waits on a case for somebody besides its assignee; whoever has a task sees the case while it is open.
"""
_VERIFICATIONS = """\
## 核查方式 Modes of verification

由事项决定，处置时选定核查人。
The matter says which; the verifier is chosen when the case is handled.
"""
_FIXED = {
    "处置结果 outcome": OUTCOMES,
    "满意度 satisfaction": SATISFACTIONS,
    "提级原因 cause": CAUSES,
    "申请 request": REQUESTS,
    "调解结果 mediation": MEDIATIONS,
    "第三方评价 evaluation": EVALUATIONS,
}


def workflow_markdown() -> str:
    """The page as Markdown, in Chinese and English: a diagram (mermaid), the actions, the states, the fixed answers."""
    parts = [
        _HEAD,
        "\n".join(_diagram()),
        _ACTIONS,
        _table(("动作 action", "", "从 from", "到 to", "谁 by", "需要 needs"), map(_action_row, ACTIONS.values())),
        _STATES,
        _table(
            ("状态 state", "", "居民看到 residents read", "计时的一步 clock", "在办 open"),
            (_state_row(key) for key in STATES),
        ),
        _TASKS,
        _table(("任务 task", ""), ((f"`{key}`", _both(words)) for key, words in TASKS.items())),
        _VERIFICATIONS,
        _table(("方式 mode", "", "需要 needs"), map(_verification_row, VERIFICATIONS)),
        "## 固定的选项 Fixed answers\n",
        "\n".join(f"* {name}：{_choices(table)}。" for name, table in _FIXED.items()),
        f"\n结案后 {RATING_DAYS} 天内可以评价一次。\nA rating is given once, within {RATING_DAYS} days of closing.\n",
    ]
    return "\n".join(parts)


def _reached() -> set[str]:
    return {action.target for action in ACTIONS.values() if action.target}


def _diagram() -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    reached = _reached()
    for key, state in STATES.items():
        if key in reached:
            yield f'  state "{state.name} {state.name_en}" as {key}'
    for action in ACTIONS.values():
        for source in action.sources or ("[*]",):
            if action.target and action.target != RESUMED:
                yield f"  {source} --> {action.target}: {action.name} {action.key}"
    yield from (f"  {key} --> [*]" for key, state in STATES.items() if key in reached and not state.open)
    yield "```\n"


def _action_row(action: Action) -> tuple[str, ...]:
    needs = [_both(FIELDS[need.field]) if need.required else f"({_both(FIELDS[need.field])})" for need in action.needs]
    return (
        f"`{action.key}` {action.name} {action.name_en}",
        "变动 move" if action.kind == "move" else "记录 note",
        ", ".join(f"`{source}`" for source in action.sources) or "–",
        _target(action),
        "; ".join(f"{who.name} {who.name_en}" for who in map(RELATIONS.__getitem__, action.by)),
        ", ".join(needs) or "–",
    )


def _target(action: Action) -> str:
    if action.target == RESUMED:
        return "原来的状态 the state it left"
    return f"`{action.target}`" if action.target else "–"


def _state_row(key: str) -> tuple[str, ...]:
    state = STATES[key]
    name = f"{state.name} {state.name_en}"
    return (
        f"`{key}`",
        name,
        f"{state.resident} · {state.resident_en}",
        _both(STEPS[state.step]) if state.step else "–",
        "✓" if state.open else "–",
    )


def _verification_row(key: str) -> tuple[str, ...]:
    name, name_en, needs = VERIFICATIONS[key]
    return f"`{key}`", f"{name} {name_en}", ", ".join(_both(FIELDS[need]) for need in needs)


def _both(words: tuple[str, str]) -> str:
    return " ".join(words)


def _choices(table: dict[str, tuple[str, str]]) -> str:
    return "；".join(f"`{key}` {_both(words)}" for key, words in table.items())


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    print(workflow_markdown(), end="")
