"""The words of notifications. They are shown on locked screens: never a person, an address or anybody's own words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

CITY_ZONE = timezone(timedelta(hours=8), "Asia/Shanghai")  # no summer time since 1991, so no zone database is needed

_TITLES = {
    "task": {"zh-CN": "新任务", "en": "New task"},
    "redo": {"zh-CN": "返工", "en": "To do again"},
    "verify": {"zh-CN": "待核查", "en": "To verify"},
    "moved": {"zh-CN": "已改派", "en": "Passed on"},
    "asked": {"zh-CN": "请您参与", "en": "You are asked"},
}
_ASKS = {
    "task": {"zh-CN": ("请签收", "请在 {due} 前签收"), "en": ("please sign", "please sign by {due}")},
    "verify": {"zh-CN": ("请核查", "请在 {due} 前核查"), "en": ("please verify", "please verify by {due}")},
    "asked": {"zh-CN": ("请查看", "请查看"), "en": ("please look", "please look")},
    "moved": {
        "zh-CN": ("已交给别人，不用您办了", "已交给别人，不用您办了"),
        "en": ("somebody else has it now", "somebody else has it now"),
    },
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What a notification is about. Names are None where the case has none; `due_at` is aware."""

    kind: str
    action: str
    sensitive: bool
    matter: str | None
    matter_en: str | None
    category: str | None
    category_en: str | None
    place: str | None
    due_at: datetime | None


def subject(row: Any) -> Subject:
    """The subject in a row that has its columns."""
    names = row.matter, row.matter_en, row.category, row.category_en
    return Subject(row.kind, row.action, row.sensitive, *names, row.place, row.due_at)


def due(at: datetime, now: datetime, language: str) -> str:
    """A deadline in the city's time: `12:05` today, with the date on another day."""
    local, today = at.astimezone(CITY_ZONE), now.astimezone(CITY_ZONE).date()
    if local.date() == today:
        return f"{local:%H:%M}"
    return f"{local:%d %b %H:%M}" if language == "en" else f"{local.month}月{local.day}日 {local:%H:%M}"


def render(subject: Subject, language: str, now: datetime | None = None) -> tuple[str, str]:
    """Title and body. A sensitive case (rule P8) is not named by its matter."""
    title = _TITLES["redo" if subject.action == "verify_fail" else subject.kind][language]
    english = language == "en"
    what = (subject.matter_en if english else None) or subject.matter
    what = what or (subject.category_en if english else None) or subject.category
    if what and not subject.sensitive:
        title += f": {what}" if english else f"：{what}"
    open_ended, by = _ASKS[subject.kind][language]
    ask = by.format(due=due(subject.due_at, now or datetime.now(UTC), language)) if subject.due_at else open_ended
    return title, f"{subject.place} · {ask}" if subject.place else ask
