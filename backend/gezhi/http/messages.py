"""Validation messages in both languages.

marshmallow speaks English with values already filled in, so its sentences are matched and said again in Chinese.
Our own validators call `pick` where they raise and need no row here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gezhi.http.language import language

_SENTENCES = [
    (r"Missing data for required field\.", "缺少必填内容"),
    (r"Field may not be null\.", "不能为空"),
    (r"Unknown field\.", "没有这个字段"),
    (r"Invalid value\.|Invalid input\.|Invalid type\.", "内容无效"),
    (r"Invalid input type\.|Not a valid mapping type\.", "应为对象"),
    (r"Not a valid list\.|Not a valid tuple\.", "应为列表"),
    (r"Not a valid string\.|Not a valid utf-8 string\.", "应为文字"),
    (r"Not a valid UUID\.", "应为 UUID"),
    (r"Not a valid number\.", "应为数字"),
    (r"Not a valid integer\.", "应为整数"),
    (r"Not a valid boolean\.", "应为 true 或 false"),
    (r"Number too large\.", "数字太大"),
    (r"Special numeric values \(nan or infinity\) are not permitted\.", "不允许 NaN 或无穷大"),
    (r"Not a valid (?:naive |aware )?(?:datetime|date|time)\.", "应为 ISO 8601 时间"),
    (r"Not a valid URL\.", "应为网址"),
    (r"Must be greater than or equal to (.+) and less than or equal to (.+)\.", r"应在 \1 到 \2 之间"),
    (r"Must be greater than or equal to (.+)\.", r"不能小于 \1"),
    (r"Must be less than or equal to (.+)\.", r"不能大于 \1"),
    (r"Must be greater than (.+)\.", r"应大于 \1"),
    (r"Must be less than (.+)\.", r"应小于 \1"),
    (r"Shorter than minimum length (.+)\.", r"至少 \1 个"),
    (r"Longer than maximum length (.+)\.", r"最多 \1 个"),
    (r"Length must be between (.+) and (.+)\.", r"长度应为 \1 到 \2"),
    (r"Length must be (.+)\.", r"长度应为 \1"),
    (r"Must be equal to (.+)\.", r"应为 \1"),
    (r"String does not match expected pattern\.", "格式不对"),
    (r"Must be one of: (.+)\.", r"应为其中之一：\1"),
    (r"One or more of the choices you made was not in: (.+)\.", r"只能选：\1"),
]
_TABLE = [(re.compile(english, re.DOTALL), chinese) for english, chinese in _SENTENCES]


def say(message: str) -> str:
    """The message in the reader's language; unchanged where it is not one of marshmallow's."""
    if language() == "en":
        return message
    for english, chinese in _TABLE:
        if found := english.fullmatch(message):
            return found.expand(chinese)
    return message


def _flat(messages: Any, path: str) -> Iterator[tuple[str, list[str]]]:
    if isinstance(messages, dict):
        for name, inner in messages.items():
            part = "" if name == "_schema" else str(name)
            yield from _flat(inner, f"{path}.{part}".strip("."))
    else:
        listed = messages if isinstance(messages, list) else [messages]
        yield path or "body", [say(str(message)) for message in listed]


def fields(messages: Any) -> dict[str, list[str]]:
    """marshmallow's nested messages as `{"path.to.field": [sentence]}` in the reader's language."""
    return dict(_flat(messages, ""))
