"""docs/workflow.md, made from the tables of workflow.py: `python -m gezhi.cases.documentation > docs/workflow.md`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gezhi.cases.workflow import ACTIONS, OUTCOMES, RATING_DAYS, SATISFACTIONS, STATES, Action

BY = {
    "anyone": ("任何人", "anyone"),
    "reporter": ("上报人", "the reporter"),
    "desk": ("受理台", "the desk"),
    "assignee": ("办理人", "the assignee"),
    "verifier": ("核查人", "the verifier"),
    "system": ("系统", "the system"),
}
FIELDS = {
    "matter": ("事项", "matter"),
    "assignee": ("交给谁", "assignee"),
    "reason": ("理由", "reason"),
    "outcome": ("处置结果", "outcome"),
    "reply": ("答复", "reply"),
    "note": ("备注", "note"),
    "photos": ("照片", "photos"),
    "position": ("位置", "position"),
    "stars": ("星级", "stars"),
    "satisfaction": ("满意度", "satisfaction"),
    "comment": ("评语", "comment"),
}
STEPS = {
    "accept": ("受理", "accept"),
    "dispatch": ("派遣", "dispatch"),
    "sign": ("签收", "sign"),
    "handle": ("处置", "handle"),
    "verify": ("核查", "verify"),
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

一步的计时从进入状态开始。注明“还没有动作”的状态已留好位置，这一版还到不了。
The clock of a step starts when its state is entered. States marked "no action yet" have their place, but nothing in
this release leads to them.
"""


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
        f"## 固定的选项 Fixed answers\n\n处置结果 outcome：{_choices(OUTCOMES)}。\n\n"
        f"满意度 satisfaction：{_choices(SATISFACTIONS)}。结案后 {RATING_DAYS} 天内可以评价一次。\n"
        f"A rating is given once, within {RATING_DAYS} days of closing.\n",
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
            if action.target:
                yield f"  {source} --> {action.target}: {action.name} {action.key}"
    yield from (f"  {key} --> [*]" for key, state in STATES.items() if key in reached and not state.open)
    yield "```\n"


def _action_row(action: Action) -> tuple[str, ...]:
    needs = [_both(FIELDS[need.field]) if need.required else f"({_both(FIELDS[need.field])})" for need in action.needs]
    return (
        f"`{action.key}` {action.name} {action.name_en}",
        "变动 move" if action.kind == "move" else "记录 note",
        ", ".join(f"`{source}`" for source in action.sources) or "–",
        f"`{action.target}`" if action.target else "–",
        ", ".join(_both(BY[relation]) for relation in action.by),
        ", ".join(needs) or "–",
    )


def _state_row(key: str) -> tuple[str, ...]:
    state = STATES[key]
    name = f"{state.name} {state.name_en}"
    return (
        f"`{key}`",
        name if key in _reached() else f"{name}（还没有动作 no action yet）",
        f"{state.resident} · {state.resident_en}",
        _both(STEPS[state.step]) if state.step else "–",
        "✓" if state.open else "–",
    )


def _both(words: tuple[str, str]) -> str:
    return " ".join(words)


def _choices(table: dict[str, tuple[str, str]]) -> str:
    return "；".join(f"`{key}` {_both(words)}" for key, words in table.items())


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    print(workflow_markdown(), end="")
