"""Somebody for every door, and for each operation with a body who sends it where and what they say that is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import psycopg

from gezhi.db import uuid7
from tests.cases.conftest import Person
from tests.cases.helpers import HOME, SECRET, SHA, now, report
from tests.conftest import Caller
from tests.scopes.asking import AWAY, DAY, KEYS, PERIOD, RULE
from tests.scopes.town import note

V1 = "/api/v1"
DISTRICT = "360102"
DESKS = ("dispatcher", "district_dispatcher", "street_dispatcher", "community_dispatcher")
"""In turns, so that no one of them reports too often."""
_ACCOUNT = """
select u.id, p.id from users u join posts p on p.user_id = u.id where u.account = %s order by p.id limit 1
"""


@dataclass
class Words:
    """What people say in the places of a body where they may say something."""

    text: str = "路灯不亮"
    name: str = "蔡回声"
    phone: str = "13800009527"
    secret: str = SECRET
    password: str = "wrong"
    endpoint: str = "https://fcm.googleapis.com/fcm/send/"


@dataclass
class World:
    """People by the account of the demo, one case that the desk was told of by phone, and what it takes to write."""

    app: Any
    conn: psycopg.Connection[Any]
    words: Words = field(default_factory=Words)
    people: dict[str, Person] = field(default_factory=dict)
    desks: Iterator[str] = field(default_factory=lambda: cycle(DESKS))

    def person(self, account: str) -> Person:
        """An account of the demo, signed in once."""
        if account not in self.people:
            row = self.conn.execute(_ACCOUNT, (account,)).fetchone()
            assert row is not None
            self.people[account] = Person(self.app, self.conn, *row)
        return self.people[account]

    def told(self, **changed: Any) -> dict[str, Any]:
        """A new report by phone, whose reporter has a name and a number; its receipt."""
        sent = report(
            channel="phone", text=self.words.text, secret=self.words.secret,
            reporter={"name": self.words.name, "phone": self.words.phone}, **changed,
        )  # fmt: skip
        return self._kept(self.person(next(self.desks)).post("/reports", sent))

    def seen(self) -> dict[str, Any]:
        """A new report by a resident's device; its receipt."""
        return self._kept(
            Caller(self.app).post("/reports", report([SHA], text=self.words.text, secret=self.words.secret))
        )

    def _kept(self, answer: Any) -> dict[str, Any]:
        assert answer.status_code == 201, answer.json
        receipt: dict[str, Any] = answer.json
        return receipt

    def rule(self) -> str:
        """A rule of the city, not in force."""
        answer = self.person("duty_leader").post("/rules", {**RULE, "name": self.words.text[:80]})
        assert answer.status_code == 201, answer.json
        return str(answer.json["id"])

    def filter(self) -> dict[str, Any]:
        """A filter as it is sent."""
        return {"name": self.words.text[:40], "filter": {"view": "scope", "q": self.words.text[:100]}}


@dataclass(frozen=True)
class Sent:
    """A request that is taken: who sends it, where, what, with which headers."""

    who: Caller
    path: str
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


def _with_case(rest: str, body: Callable[[World], Any], account: str = "dispatcher") -> Callable[[World], Sent]:
    return lambda world: Sent(world.person(account), f"/cases/{world.told()['case_id']}{rest}", body(world))


def _by_reporter(rest: str, body: Callable[[World], Any]) -> Callable[[World], Sent]:
    return lambda world: Sent(
        Caller(world.app),
        f"/reports/{world.told()['receipt_code']}{rest}",
        body(world),
        {"X_Gezhi_Secret": world.words.secret},
    )


def _on_post(rest: str, body: Callable[[World], Any], account: str) -> Callable[[World], Sent]:
    return lambda world: Sent(world.person(account), f"/posts/{world.person('grid_worker').post_id}{rest}", body(world))


def _by(account: str, path: str, body: Callable[[World], Any]) -> Callable[[World], Sent]:
    return lambda world: Sent(world.person(account), path, body(world))


def _queue(world: World) -> list[dict[str, Any]]:
    """One of each kind, as a desk's queue would hold them."""
    case = world.told()
    mine = report([SHA], text=world.words.text, secret=world.words.secret)
    return [
        {"kind": "report", **mine},
        {"kind": "action", "case_id": case["case_id"], **note("contact", note=world.words.text)},
        {"kind": "note", "receipt_code": case["receipt_code"], "secret": world.words.secret,
         **note("add", text=world.words.text, phone=world.words.phone)},
        {"kind": "join", "case_id": world.seen()["case_id"], **_join(world)},
    ]  # fmt: skip


def _join(world: World) -> dict[str, Any]:
    joined = report(text=world.words.text, secret=world.words.secret)
    return {name: joined[name] for name in ("id", "secret", "occurred_at", "text")}


def _subscription(world: World) -> dict[str, Any]:
    return {"endpoint": f"{world.words.endpoint}{uuid7()}", "keys": KEYS, "device": str(uuid7()), "language": "zh-CN"}


def _absence(world: World) -> dict[str, Any]:
    return {**AWAY, "reason": world.words.text[:200]}


SENDING: dict[str, Callable[[World], Sent]] = {
    f"POST {V1}/session": lambda world: Sent(
        Caller(world.app), "/session", {"account": world.words.name, "password": world.words.password}
    ),
    f"PUT {V1}/posts/{{post}}/shifts": _on_post("/shifts", lambda _: {**PERIOD, "shifts": []}, "district_duty_leader"),
    f"POST {V1}/posts/{{post}}/absences": _on_post("/absences", _absence, "grid_worker"),
    f"POST {V1}/posts/{{post}}/hand-over": _on_post(
        "/hand-over",
        lambda world: {"to_post_id": str(world.person("grid_worker2").post_id), "reason": world.words.text[:200]},
        "district_duty_leader",
    ),
    f"PUT {V1}/calendars/{{year}}/days/{{day}}": _by(
        "admin", f"/calendars/{DAY[:4]}/days/{DAY}", lambda _: {"working": True}
    ),
    f"POST {V1}/reports": lambda world: Sent(
        world.person("dispatcher"),
        "/reports",
        report(
            channel="phone", text=world.words.text, address=world.words.text[:200], secret=world.words.secret,
            reporter={"name": world.words.name, "phone": world.words.phone},
        ),
    ),
    f"DELETE {V1}/reports/{{receipt}}": lambda world: Sent(
        Caller(world.app), f"/reports/{world.told()['receipt_code']}", {"phone": world.words.phone}
    ),
    f"POST {V1}/reports/{{receipt}}/notes": _by_reporter(
        "/notes", lambda world: note("add", text=world.words.text, phone=world.words.phone)
    ),
    f"POST {V1}/commands": _by("dispatcher", "/commands", lambda world: {"commands": _queue(world)}),
    f"POST {V1}/cases/{{case_id}}/actions": _with_case(
        "/actions", lambda world: note("contact", note=world.words.text)
    ),
    f"POST {V1}/cases/{{case_id}}/reporter": _with_case(
        "/reporter", lambda world: {"reason": world.words.text[:200]}
    ),
    f"POST {V1}/nearby": lambda world: Sent(
        Caller(world.app), "/nearby", {"lng": HOME[0], "lat": HOME[1], "text": world.words.text}
    ),
    f"POST {V1}/nearby/{{case_id}}/join": lambda world: Sent(
        Caller(world.app), f"/nearby/{world.seen()['case_id']}/join", _join(world)
    ),
    f"POST {V1}/rules": _by("duty_leader", "/rules", lambda world: {**RULE, "name": world.words.text[:80],
                                                                     "contains": world.words.text[:100]}),
    f"POST {V1}/rules/try": _by("duty_leader", "/rules/try", lambda world: {"rule": RULE}),
    f"PUT {V1}/rules/order": _by(
        "duty_leader",
        "/rules/order",
        lambda world: {"ids": [row["id"] for row in world.person("duty_leader").get("/rules").json["items"]]},
    ),
    f"PUT {V1}/rules/{{rule}}": lambda world: Sent(
        world.person("duty_leader"), f"/rules/{world.rule()}", {**RULE, "contains": world.words.text[:100]}
    ),
    f"POST {V1}/filters": _by("dispatcher", "/filters", lambda world: {"id": str(uuid7()), **world.filter()}),
    f"PUT {V1}/filters/{{saved_id}}": lambda world: Sent(
        world.person("duty_leader"), f"/filters/{_saved(world)}", world.filter()
    ),
    f"POST {V1}/push/subscriptions": _by("dispatcher", "/push/subscriptions", _subscription),
    f"DELETE {V1}/push/subscriptions": _by(
        "dispatcher", "/push/subscriptions", lambda world: {"endpoint": f"{world.words.endpoint}{uuid7()}"}
    ),
}  # fmt: skip
"""How each operation that takes JSON is sent, by its name in the description."""


def _saved(world: World) -> str:
    keeper = world.person("duty_leader")
    for row in keeper.get("/filters").json["items"]:
        keeper.call("DELETE", f"/filters/{row['id']}")
    made = keeper.post("/filters", {"id": str(uuid7()), **world.filter(), "name": now()})
    assert made.status_code == 201, made.json
    return str(made.json["id"])


def send(name: str, sent: Sent, body: Any = None) -> Any:
    """The answer to an operation as it is sent, or to the same with another body."""
    return sent.who.call(name.partition(" ")[0], sent.path, sent.body if body is None else body, **sent.headers)
