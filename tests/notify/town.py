"""A town just large enough to tell somebody something: a grid, its worker, a department, a desk, one case."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection, sql

from gezhi.db import uuid7
from gezhi.notify import consumer

CITY, DISTRICT, STREET, COMMUNITY, GRID = "3601", "360102", "360102002", "360102002001", "360102002001001"
NAMES = {CITY: "南昌市", DISTRICT: "东湖区", STREET: "滕王阁街道", COMMUNITY: "民巷社区", GRID: "第1网格"}
PARENTS = {DISTRICT: CITY, STREET: DISTRICT, COMMUNITY: STREET, GRID: COMMUNITY}
SQUARE = "SRID=4326;MULTIPOLYGON(((115.8 28.6, 115.9 28.6, 115.9 28.7, 115.8 28.7, 115.8 28.6)))"
MIDDLE = "SRID=4326;POINT(115.85 28.65)"
PEOPLE = (  # name, role, unit, region, on duty
    ("worker", "grid_worker", None, GRID, True),
    ("neighbour", "grid_worker", None, GRID, True),
    ("sleeper", "grid_worker", None, GRID, False),
    ("handler", "handler", "lamps", DISTRICT, True),
    ("handler_at_home", "handler", "lamps", DISTRICT, False),
    ("dispatcher", "dispatcher", "desk", COMMUNITY, True),
)


@dataclass
class Town:
    """Ids by what they are called in the tests."""

    users: dict[str, uuid.UUID] = field(default_factory=dict)
    posts: dict[str, uuid.UUID] = field(default_factory=dict)
    units: dict[str, uuid.UUID] = field(default_factory=dict)


def put(connection: Connection[Any], table: str, **row: Any) -> None:
    """Insert one row."""
    columns, values = map(sql.Identifier, row), map(sql.Placeholder, row)
    statement = sql.SQL("insert into {} ({}) values ({})")
    connection.execute(
        statement.format(sql.Identifier(table), sql.SQL(", ").join(columns), sql.SQL(", ").join(values)), row
    )


def empty(connection: Connection[Any]) -> None:
    """Take everything out of the database but what `migrate` put there."""
    tables = connection.execute(
        "select tablename from pg_tables"
        " where schemaname = 'public' and tablename not in ('alembic_version', 'sql_files', 'spatial_ref_sys')"
    ).fetchall()
    names = sql.SQL(", ").join(sql.Identifier(name) for (name,) in tables)
    connection.execute(sql.SQL("truncate {} restart identity cascade").format(names))


def settle(connection: Connection[Any]) -> None:
    """Wait until what is committed can be read: writers in any database of the server hold the log back."""
    end = time.monotonic() + 30
    while not connection.execute(
        "select coalesce(max(xid), '0') < pg_snapshot_xmin(pg_current_snapshot()) from events"
    ).fetchone()[0]:
        assert time.monotonic() < end, "another transaction on this server holds the log back"
        time.sleep(0.02)


def consume(connection: Connection[Any]) -> int:
    """Let the consumer read all that is committed; how many events it read."""
    settle(connection)
    return consumer.consume(connection, CITY)


def build(connection: Connection[Any]) -> Town:
    """Fill an empty database."""
    town = Town()
    for code, name in NAMES.items():
        put(
            connection, "regions", code=code, level=len(code), name=name, parent=PARENTS.get(code), source="test",
            kind="base" if code == GRID else None, geom=SQUARE, point=MIDDLE,
        )  # fmt: skip
    put(
        connection, "matters", kind="part", code="10301", name="路灯", name_en="Street light",
        category_code="103", category="公用设施",
    )  # fmt: skip
    for name, kind, region in (("lamps", "department", DISTRICT), ("desk", "centre", COMMUNITY)):
        town.units[name] = uuid7()
        function = "centre" if kind == "centre" else name
        put(
            connection, "units", id=town.units[name], city=CITY, kind=kind, function=function, region_code=region,
            name=name, name_en=name,
        )  # fmt: skip
    for name, role, unit, region, on_duty in PEOPLE:
        add_person(connection, town, name, role, unit, region, on_duty)
    return town


def add_person(
    connection: Connection[Any], town: Town, name: str, role: str, unit: str | None, region: str, on_duty: bool
) -> None:
    """A user with one post, on duty round the clock or never."""
    user, post = town.users[name], town.posts[name] = uuid7(), uuid7()
    put(connection, "users", id=user, city=CITY, name=name)
    put(
        connection, "posts", id=post, city=CITY, user_id=user, role=role, unit_id=town.units.get(unit or ""),
        region_code=region, starts_on="2026-01-01",
    )  # fmt: skip
    if on_duty:
        put(connection, "duty_hours", post_id=post, opens=0, closes=24 * 60, weekdays=0b1111111)


class CaseLog:
    """A case whose log the test writes itself: exactly the events it is about."""

    def __init__(self, connection: Connection[Any], *, urgency: str = "ordinary", secret: bool = False) -> None:
        self.connection = connection
        self.id = uuid7()
        self.seq = 0
        self.version = 0
        now = datetime.now(UTC)
        put(
            connection, "cases", city=CITY, id=self.id, number=f"360102-20261120-{self.id.int % 10**6:06d}",
            state="accepted", version=0, seq=0, level=15, urgency=urgency, channel="app", matter_kind="part",
            confidentiality="sensitive" if secret else "public", matter_code="10301", region_code=GRID,
            place_quality="exact", address="民巷3号", created_at=now, updated_at=now,
        )  # fmt: skip

    def append(
        self, action: str, state: str, facts: dict[str, Any] | None = None, *, audience: list[str] | None = None,
        due_at: str = "2026-11-20T04:05:00Z", on: Connection[Any] | None = None,
    ) -> None:  # fmt: skip
        """Add an event and let the case follow it; `on` another connection: the test decides when it commits."""
        self.seq += 1
        self.version += 1
        connection = on or self.connection
        now = datetime.now(UTC)
        put(
            connection, "events", city=CITY, case_id=self.id, seq=self.seq, at=now, occurred_at=now, action=action,
            actor_kind="system", version=self.version, state=state, facts=json.dumps(facts or {}, default=str),
            audience=audience or [f"region:{GRID}"], digest=b"",
        )  # fmt: skip
        connection.execute(
            "update cases set state = %s, version = %s, seq = %s, due_at = %s where city = %s and id = %s",
            (state, self.version, self.seq, due_at, CITY, self.id),
        )
