"""The words of notifications."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gezhi.notify.texts import Subject, render

NOON = datetime(2026, 11, 20, 4, 5, tzinfo=UTC)  # 12:05 in Nanchang
MORNING = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
THE_NIGHT_BEFORE = datetime(2026, 11, 19, 15, 30, tzinfo=UTC)  # 23:30 in Nanchang, another day


def subject(kind="task", action="dispatch", **known):
    names = {"matter": "路灯", "matter_en": "Street light", "category": "路灯照明", "category_en": "Lighting"}
    rest = {"sensitive": False, "place": "民巷社区第1网格", "due_at": NOON, **names, **known}
    return Subject(kind=kind, action=action, **rest)


@pytest.mark.parametrize(
    ("about", "language", "title", "body"),
    [
        (subject(), "zh-CN", "新任务：路灯", "民巷社区第1网格 · 请在 12:05 前签收"),
        (subject(), "en", "New task: Street light", "民巷社区第1网格 · please sign by 12:05"),
        (subject(action="verify_fail"), "zh-CN", "返工：路灯", "民巷社区第1网格 · 请在 12:05 前签收"),
        (subject("verify", "handle"), "zh-CN", "待核查：路灯", "民巷社区第1网格 · 请在 12:05 前核查"),
        (subject("moved", "reassign"), "zh-CN", "已改派：路灯", "民巷社区第1网格 · 已交给别人，不用您办了"),
        (subject(matter_en=None), "en", "New task: 路灯", "民巷社区第1网格 · please sign by 12:05"),
        (subject(matter=None, matter_en=None), "en", "New task: Lighting", "民巷社区第1网格 · please sign by 12:05"),
        (subject(due_at=None, place=None), "zh-CN", "新任务：路灯", "请签收"),
    ],
)
def test_words(about, language, title, body):
    assert render(about, language, MORNING) == (title, body)


def test_another_day_is_named():
    assert render(subject(), "zh-CN", THE_NIGHT_BEFORE)[1].endswith("请在 11月20日 12:05 前签收")
    assert render(subject(), "en", THE_NIGHT_BEFORE)[1].endswith("please sign by 20 Nov 12:05")


def test_P8_a_sensitive_case_is_not_named_on_a_locked_screen():
    assert render(subject(sensitive=True), "zh-CN", MORNING)[0] == "新任务"
