"""A town for the tests of the case machine: one grid with every kind of person that can stand around a case."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from gezhi.cases import service
from gezhi.cases.schemas import ACTION_SCHEMAS, REPORT, REPORTER_SCHEMAS
from gezhi.db import uuid7
from gezhi.http.cookies import cookie
from gezhi.people import sessions
from tests.cases.conftest import Grid, Person
from tests.cases.helpers import SECRET, SHA, report

Conn = psycopg.Connection[Any]
SECRETS = {"first": SECRET, "joined": "j" * 43}
POSTS = {
    # In the grid and beside it.
    "leader of the grid": ("grid_leader", 15, None),
    "volunteer": ("volunteer", 15, None),
    # The desks of each level.
    "community dispatcher": ("dispatcher", 12, "community centre"),
    "street dispatcher": ("dispatcher", 9, "street centre"),
    "street duty leader": ("duty_leader", 9, "street centre"),
    "street leader": ("leader", 9, "street centre"),
    "district dispatcher": ("dispatcher", 6, "district centre"),
    "district duty leader": ("duty_leader", 6, "district centre"),
    "district leader": ("leader", 6, "district centre"),
    # Who handles.
    "handler": ("handler", 6, "bureau"),
    "second handler": ("handler", 6, "bureau"),
    "head": ("leader", 6, "bureau"),
    "duty leader of the bureau": ("duty_leader", 6, "bureau"),
    "responder": ("responder", 9, "squad"),
    "drains": ("handler", 6, "drains"),
    "parks": ("handler", 6, "parks"),
    "power": ("handler", 6, "power"),
    "roads": ("handler", 6, "roads"),
    "expert": ("expert", 4, "city centre"),
    "second expert": ("expert", 4, "city centre"),
}
UNITS = {
    "community centre": ("centre", "centre", 12),
    "street centre": ("centre", "centre", 9),
    "district centre": ("centre", "centre", 6),
    "bureau": ("department", "town_lamps", 6),
    "squad": ("team", "town_squad", 9),
    "drains": ("department", "town_drains", 6),
    "parks": ("department", "town_parks", 6),
    "power": ("enterprise", "town_power", 6),
    "roads": ("department", "town_roads", 6),
}


class Town:
    """A grid of the demo with its people by name, and the service's functions as they call them.

    Every call returns the outcome of the service; refusals that store nothing raise its Problem.
    """

    def __init__(self, app: Any, conn: Conn, grid: Grid) -> None:
        self.app, self.conn, self.grid = app, conn, grid
        self.units: dict[str, uuid.UUID] = {"city centre": self._of_demo("unit_id", "dispatcher", "3601")}
        self.people: dict[str, Person] = {}
        for name, (kind, function, level) in UNITS.items():
            self.units[name] = self._unit(kind, function, grid.code[:level])
        conn.execute("update units set parent_unit_id = %s where id = %s", (self.units["bureau"], self.units["squad"]))
        for name, (role, level, unit) in POSTS.items():
            self.hire(name, role, grid.code[:level], unit)
        for name, role, region in (
            ("worker", "grid_worker", grid.code),
            ("city dispatcher", "dispatcher", "3601"),
            ("city duty leader", "duty_leader", "3601"),
            ("city leader", "leader", "3601"),
            ("stranger", "grid_worker", "360102002001001"),
            ("auditor", "auditor", "3601"),
        ):
            user, post = self._of_demo("user_id", role, region), self._of_demo("id", role, region)
            self.people[name] = Person(app, conn, user, post)

    def _of_demo(self, column: str, role: str, region: str) -> uuid.UUID:
        statement = f"select {column} from posts where role = %s and region_code = %s order by id"
        row = self.conn.execute(statement, (role, region)).fetchone()
        assert row is not None
        found: uuid.UUID = row[0]
        return found

    def _unit(self, kind: str, function: str, region: str) -> uuid.UUID:
        made = uuid7()
        self.conn.execute(
            "insert into units (id, city, kind, function, region_code, name, name_en)"
            " values (%s, '3601', %s, %s, %s, '某单位', 'A unit')",
            (made, kind, function, region),
        )
        return made

    def hire(self, name: str, role: str, region: str, unit: str | None = None, *, like: str | None = None) -> Person:
        """A new person of the town, always on duty; `like`: another post of a person that is there."""
        user = self.people[like].user if like else uuid7()
        if not like:
            self.conn.execute("insert into users (id, city, name) values (%s, '3601', %s)", (user, name))
        post = uuid7()
        self.conn.execute(
            "insert into posts (id, city, user_id, role, unit_id, region_code, starts_on)"
            " values (%s, '3601', %s, %s, %s, %s, '2020-01-01')",
            (post, user, role, self.units[unit] if unit else None, region),
        )
        self.conn.execute("insert into duty_hours values (%s, 0, 1440, 127)", (post,))
        self.people[name] = Person(self.app, self.conn, user, post)
        return self.people[name]

    def actor(self, name: str) -> sessions.Actor:
        """Somebody as the application knows them."""
        token = self.people[name]._client.get_cookie(cookie()[0])
        found = sessions.load(token.value)
        assert found is not None
        return found

    def post(self, name: str) -> dict[str, str]:
        """An assignee: somebody's post."""
        return {"post_id": str(self.people[name].post_id)}

    def unit(self, name: str) -> dict[str, str]:
        """An assignee: a unit."""
        return {"unit_id": str(self.units[name])}

    def report(self, **changed: Any) -> dict[str, Any]:
        """The receipt of a new report from the town's grid."""
        return self.take(report([SHA], **{"place": self.grid.place, **changed}))

    def take(self, sent: dict[str, Any]) -> dict[str, Any]:
        """The receipt of this report."""
        return service.take_report(self.conn, REPORT.load(sent), "device:town", None)

    def act(self, who: str, case: Any, sent: Mapping[str, Any]) -> dict[str, Any]:
        """The outcome of a command by somebody of the town."""
        return self.act_loaded(who, case, ACTION_SCHEMAS[sent["action"]].load(sent))

    def act_loaded(self, who: str, case: Any, loaded: dict[str, Any]) -> dict[str, Any]:
        """The same for a command that has passed its schema."""
        user = self.people[who].user
        return service.act(self.conn, uuid.UUID(str(case)), loaded, user, f"user:{user}")

    def note(self, receipt: str, sent: Mapping[str, Any], secret: str = SECRET) -> dict[str, Any]:
        """The outcome of a note by whoever holds this receipt and secret."""
        loaded = REPORTER_SCHEMAS[sent["action"]].load(sent)
        loaded.pop("phone", None)
        return service.note(self.conn, receipt, service.Proof(service.secret_hash(secret)), loaded, "device:town")

    def join(self, case: Any, receipt: str) -> None:
        """A second reporter of a case, whose secret is SECRETS["joined"]; the event and the report's row."""
        self.conn.execute(
            "select join_v1('3601', 'device:joined', %s, %s, %s, %s, 'hmac', null, now_v1(), 'app', '我也看到了',"
            " null, '{}')",
            (uuid7(), case, receipt, service.secret_hash(SECRETS["joined"])),
        )

    def set_now(self, moment: datetime | None) -> None:
        """Live at this moment on this connection; None: at the real one."""
        self.conn.execute("select set_config('gezhi.now', %s, false)", (moment.isoformat() if moment else "",))

    def task(self, case: Any, kind: str, asked_by: str | None = None, **to: Any) -> uuid.UUID:
        """Opens a task without the event that opens it: for tables of what is allowed, not for histories."""
        made = uuid7()
        wanted = {"suspend": {"until": "2030-01-01T00:00:00+08:00"}, "correction": {"urgency": "urgent"}}.get(kind)
        self.conn.execute(
            "insert into tasks"
            " (city, id, case_id, kind, post_id, unit_id, desk, asked_by, asked_seq, wanted, opened_at)"
            " values ('3601', %s, %s, %s, %s, %s, %s, %s, 1, %s, now_v1())",
            (
                made, case, kind, to.get("post_id"), to.get("unit_id"), to.get("desk"),
                self.people[asked_by].user if asked_by else None, Jsonb(wanted) if wanted else None,
            ),
        )  # fmt: skip
        return made
