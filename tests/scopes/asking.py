"""How each operation on a thing is asked, by whom and with what: `asked` says path and body."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from tests.conftest import Caller
from tests.scopes.table import STANDS, V1, Operation, Who
from tests.scopes.town import Town, note

DAY = "2026-05-06"
PERIOD = {"from": "2031-01-06T00:00:00Z", "to": "2031-01-07T00:00:00Z"}
AWAY = {"starts_at": "2031-03-01T00:00:00Z", "ends_at": "2031-03-02T00:00:00Z", "reason": "培训"}
RULE = {"name": "夜间", "active": False, "to_desk": "3601"}
ENDPOINT = "https://fcm.googleapis.com/fcm/send/"
KEYS = {
    "p256dh": "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM",
    "auth": "tBHItJI5svbpez7KI4CCXg",
}

# One action that somebody who stands so may do; what others send is refused before it is looked at.
_SAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "grid": ("correct", {"reason": "比看到的急", "urgency": "urgent"}),
    "leader": ("supervise", {"reason": "请尽快"}),
    "whistled": ("progress", {"note": "在路上"}),
    "owner": ("strike_off", {"note": "已了结"}),
    "expert": ("expert_answer", {"note": "可以修"}),
}
_ELSE = ("contact", {"note": "已联系"})


def said(standing: str) -> dict[str, Any]:
    """A command of somebody who stands so to a case."""
    action, fields = _SAYS.get(standing, _ELSE)
    return note(action, **fields)


Asked = tuple[str, Any]
Asking = Callable[[Town, str, uuid.UUID | None], Asked]


def _case(rest: str = "") -> Asking:
    return lambda town, standing, case: (f"/cases/{case}{rest}", None)


ASKING: dict[str, Asking] = {
    f"GET {V1}/cases/<uuid:case_id>": _case(),
    f"GET {V1}/cases/<uuid:case_id>/events": _case("/events"),
    f"GET {V1}/cases/<uuid:case_id>/similar": _case("/similar"),
    f"GET {V1}/cases/<uuid:case_id>/not-adopted": _case("/not-adopted"),
    f"GET {V1}/cases/<uuid:case_id>/assignees": _case("/assignees"),
    f"POST {V1}/cases/<uuid:case_id>/reporter": lambda town, standing, case: (
        f"/cases/{case}/reporter",
        {"reason": "核对地点"},
    ),
    f"POST {V1}/cases/<uuid:case_id>/actions": lambda town, standing, case: (f"/cases/{case}/actions", said(standing)),
    f"PUT {V1}/posts/<uuid:post>/shifts": lambda town, standing, _: (
        f"/posts/{town.post.post_id}/shifts",
        {**PERIOD, "shifts": []},
    ),
    f"POST {V1}/posts/<uuid:post>/absences": lambda town, standing, _: (f"/posts/{town.post.post_id}/absences", AWAY),
    f"DELETE {V1}/posts/<uuid:post>/absences/<starts_at>": lambda town, standing, _: (
        f"/posts/{town.post.post_id}/absences/{AWAY['starts_at']}",
        None,
    ),
    f"POST {V1}/posts/<uuid:post>/hand-over": lambda town, standing, _: (
        f"/posts/{town.post.post_id}/hand-over",
        {"to_post_id": str(town.people[Who("grid_leader", "own")].post_id), "reason": "调岗"},
    ),
    f"GET {V1}/roster": lambda town, standing, _: (f"/roster?place={town.grid.code[:6]}", None),
    f"GET {V1}/units": lambda town, standing, _: (f"/units?place={town.grid.code[:6]}", None),
    f"PUT {V1}/calendars/<int:year>/days/<day>": lambda town, standing, _: (
        f"/calendars/{DAY[:4]}/days/{DAY}",
        {"working": True},
    ),
    f"GET {V1}/rules": lambda town, standing, _: ("/rules", None),
    f"POST {V1}/rules": lambda town, standing, _: ("/rules", RULE),
    f"POST {V1}/rules/try": lambda town, standing, _: ("/rules/try", {"rule": RULE}),
    f"PUT {V1}/rules/order": lambda town, standing, _: ("/rules/order", {"ids": [str(town.rule)]}),
    f"PUT {V1}/rules/<uuid:rule>": lambda town, standing, _: (f"/rules/{town.rule}", RULE),
    f"DELETE {V1}/rules/<uuid:rule>": lambda town, standing, _: (f"/rules/{town.rule}", None),
}
"""How each operation on a thing is asked for; the last argument is the case of those on cases."""


def expected(operation: Operation, standing: str) -> int:
    """The status that the table has for somebody who stands so."""
    return operation.answers.get(standing, 404)


def call(person: Caller, name: str, asked: Asked, **headers: str) -> Any:
    """The response of an operation named as in the table."""
    path, body = asked
    return person.call(name.partition(" ")[0], path, body, **headers)


def scope(person: Caller, **filters: str) -> set[str]:
    """The ids of the cases that somebody's list shows."""
    query = "&".join(["view=scope", "limit=100", *(f"{key}={value}" for key, value in filters.items())])
    return {item["id"] for item in person.get(f"/cases?{query}").json["items"]}


def standings(thing: str) -> dict[Who, str]:
    """How everybody stands to a thing."""
    return {who: stands[thing] for who, stands in STANDS.items()}
