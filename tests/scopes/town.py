"""The town of the matrix: four cases, one post, and everybody of the table around them, beside another city's."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import psycopg

from gezhi.db import uuid7
from tests.cases.conftest import Grid, Person
from tests.cases.helpers import now, ok, report
from tests.scopes.table import CASES, GRID, LEVELS, STANDS, UNIT, Who

Conn = psycopg.Connection[Any]

OTHER = {15: "370102001001001", 12: "370102001001", 9: "370102001", 6: "370102", 4: "3701"}
"""Regions of the other city by level."""
NAME, PHONE = "蔡回声", "13800009527"
"""Who reported: nothing but masks of it may be seen, except by a look that is audited."""
FOREIGN_RECEIPT = "FGNABCD2"
TEXT = "路灯杆倒在便道上"
_CO = {"grid": "co", "unit": "whistle", "desk": "consult", "leader": "own", "expert": "expert"}


@dataclass
class Town:
    """What the tests of scopes stand on; `cases` by the names of table.CASES."""

    grid: Grid
    units: dict[str, uuid.UUID]
    cases: dict[str, uuid.UUID]
    receipts: dict[str, str]
    people: dict[Who, Person]
    names: dict[Who, str]
    rule: uuid.UUID
    foreign_case: uuid.UUID

    @property
    def post(self) -> Person:
        """The holder of the post that is a thing of the table."""
        return self.people[Who("assistant", "own")]


def family(role: str) -> str:
    """Which places a role has: grid, unit, desk, leader (of a centre), expert, or office."""
    name = role.partition("@")[0]
    if name in GRID.split():
        return "grid"
    if name in UNIT.split():
        return "unit"
    if name in ("dispatcher", "duty_leader"):
        return "desk"
    return name if name in ("leader", "expert") else "office"


def note(action: str, **more: Any) -> dict[str, Any]:
    """A note on a case: unlike a move it says no version (rule C4)."""
    return {"id": str(uuid7()), "action": action, "occurred_at": now(), **more}


class Builder:
    """Makes the town; most of it by SQL, the cases by the doors."""

    def __init__(self, app: Any, conn: Conn, grid: Grid) -> None:
        self.app, self.conn, self.grid = app, conn, grid
        self.regions = self._regions()
        self.units: dict[str, uuid.UUID] = {}

    def _regions(self) -> dict[str, dict[int, str]]:
        """Region codes by place and level: own, the one beside it, those of the other city."""
        code = self.grid.code
        for digits, other in OTHER.items():
            self.conn.execute(
                "insert into regions (code, level, name, parent, kind, source, geom, point)"
                " select %s, level, '外市' || name, %s, kind, 'test', st_translate(geom, 2, 8),"
                " st_translate(point, 2, 8) from regions where code = %s on conflict do nothing",
                (other, OTHER.get({15: 12, 12: 9, 9: 6, 6: 4}.get(digits, 0)), code[:digits]),
            )
        beside = {digits: self._beside(code[:digits]) for digits in (15, 12, 9, 6)}
        return {"own": {digits: code[:digits] for digits in OTHER}, "sibling": beside, "other_city": OTHER}

    def _beside(self, code: str) -> str:
        row = self.conn.execute(
            "select code from regions where length(code) = %s and starts_with(code, %s) and code <> %s"
            " order by code limit 1",
            (len(code), code[: {15: 12, 12: 9, 9: 6, 6: 4}[len(code)]], code),
        ).fetchone()
        assert row is not None
        return str(row[0])

    def unit(self, name: str, region: str, kind: str = "department", parent: str | None = None) -> uuid.UUID:
        """A unit by the name that the town knows it by."""
        made = self.units[name] = uuid7()
        self.conn.execute(
            "insert into units (id, city, kind, function, region_code, name, name_en, parent_unit_id)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s)",
            (made, region[:4], kind, "centre" if kind == "centre" else "lamps", region, name, name,
             self.units[parent] if parent else None),
        )  # fmt: skip
        return made

    def all_units(self) -> None:
        """The bureau, the units around it, and a centre for each level and place."""
        district = self.grid.code[:6]
        self.unit("unit above", district)
        self.unit("unit own", district, parent="unit above")
        self.unit("unit below", district, "team", parent="unit own")
        self.unit("unit sibling", district)
        self.unit("unit other_city", OTHER[6])
        for place, codes in self.regions.items():
            for digits, code in codes.items():
                if digits < 15:
                    self.unit(f"centre {place} {digits}", code, "centre")

    def place(self, who: Who) -> tuple[str, uuid.UUID | None]:
        """The region and unit of somebody's post."""
        kind, level = family(who.role), LEVELS.get(who.role.partition("@")[2], 4)
        elsewhere = "sibling" if kind in ("grid", "unit") or level > 4 else "own"
        where = {"former": "own", "took_part": elsewhere, "task": elsewhere}.get(who.relation, who.relation)
        if kind == "grid":
            return (self.grid.code[:12] if where == "above" else self.regions[where][15]), None
        if kind == "unit":
            return (OTHER[6] if where == "other_city" else self.grid.code[:6]), self.units[f"unit {where}"]
        digits = 6 if (kind, where) == ("office", "sibling") else level
        return self.regions[where][digits], self.units[f"centre {where} {digits}"]

    def hire(self, who: Who, named: str) -> Person:
        """Somebody signed in; `former`: their post ended yesterday."""
        user, post = uuid7(), uuid7()
        region, unit = self.place(who)
        role = "leader" if who.role == "head" else who.role.partition("@")[0]
        self.conn.execute("insert into users (id, city, name) values (%s, '3601', %s)", (user, named))
        self.conn.execute(
            "insert into posts (id, city, user_id, role, unit_id, region_code, starts_on, ends_on) values"
            " (%s, %s, %s, %s, %s, %s, '2020-01-01', case when %s then city_date_v1(now()) - 1 end)",
            (post, region[:4], user, role, unit, region, who.relation == "former"),
        )
        self.conn.execute("insert into duty_hours values (%s, 0, 1440, 127)", (post,))
        return Person(self.app, self.conn, user, post)

    def open_tasks(self, people: Iterable[tuple[Who, Person]], cases: Iterable[uuid.UUID]) -> None:
        """An open task for each of these people on each of these cases, of the kind that befits their role."""
        rows = [
            ("3601", uuid7(), case, _CO[family(who.role)], person.post_id)
            for who, person in people
            for case in cases
        ]  # fmt: skip
        with self.conn.cursor() as cursor:
            cursor.executemany(
                "insert into tasks (city, id, case_id, kind, post_id, asked_seq, opened_at)"
                " values (%s, %s, %s, %s, %s, 1, now())",
                rows,
            )


def report_all(town: Town, desk: Person, conn: Conn) -> None:
    """The four cases as somebody told the desk of them by phone, each put where the table has it."""
    matters = {"dispute": "L1001", "district case": "L1001"}
    for name in CASES:
        hidden = name in matters
        told = {"name": NAME, "phone": PHONE, "hidden": hidden}
        what = {"matter": {"kind": "local", "code": "L1001"}, "category": None} if hidden else {}
        sent = report(place=town.grid.place, channel="phone", reporter=told, text=TEXT, **what)
        answer = desk.post("/reports", sent)
        assert answer.status_code == 201, answer.json
        town.cases[name], town.receipts[name] = uuid.UUID(answer.json["case_id"]), answer.json["receipt_code"]
    worker = town.people[Who("grid_worker", "own")]
    held = (
        "update cases set state = %s, level = %s, assignee_post_id = %s, lead_unit_id = %s, version = 4 where id = %s"
    )
    conn.execute(held, ("signed", 12, worker.post_id, None, town.cases["grid case"]))
    for name in ("unit case", "dispute"):
        conn.execute(held, ("signed", 6, None, town.units["unit own"], town.cases[name]))
    conn.execute(held, ("accepted", 6, None, None, town.cases["district case"]))
    conn.execute(
        "update cases set region_code = left(region_code, 6), point = null, place_quality = 'unsure' where id = %s",
        (town.cases["district case"],),
    )
    # Whoever had it between the report and here never took part.
    conn.execute(
        "update events e set audience = audience_v1(c) from cases c"
        " where c.city = e.city and c.id = e.case_id and c.id = any (%s)",
        (list(town.cases.values()),),
    )


def take_part(town: Town, builder: Builder, conn: Conn) -> None:
    """Those who took part do so, by a task that is closed again, and tasks are opened for those who have one."""
    asked = [town.cases[name] for name in CASES[:3]]
    once = [item for item in town.people.items() if item[0].relation == "took_part"]
    with conn.cursor() as cursor:
        cursor.executemany(
            "insert into tasks (city, id, case_id, kind, post_id, asked_seq, opened_at)"
            " values ('3601', %s, %s, 'co', %s, 1, now())",
            [(uuid7(), case, person.post_id) for _, person in once for case in asked],
        )
    for _, person in once:
        for case in asked:
            ok(person.act(case, note("contact", note="已联系")))
    conn.execute("update tasks set closed_at = now(), closed_seq = 2 where kind = 'co'")
    builder.open_tasks([item for item in town.people.items() if item[0].relation == "task"], asked)


_COPY_CASE = """
insert into cases select (jsonb_populate_record(c, jsonb_build_object(
  'city', '3701', 'id', %(id)s::uuid, 'number', '370102-20261120-00001', 'region_code', %(region)s::text,
  'assignee_post_id', null, 'lead_unit_id', null))).* from cases c where id = %(from)s
"""
_COPIES = (
    """insert into reports select (jsonb_populate_record(r, jsonb_build_object(
         'city', '3701', 'case_id', %(id)s::uuid, 'receipt_code', %(receipt)s::text))).* from reports r
        where case_id = %(from)s""",
    """insert into events overriding user value select (jsonb_populate_record(e, jsonb_build_object(
         'city', '3701', 'case_id', %(id)s::uuid))).* from events e where case_id = %(from)s""",
    """insert into event_bodies select (jsonb_populate_record(b, jsonb_build_object(
         'city', '3701', 'case_id', %(id)s::uuid))).* from event_bodies b where case_id = %(from)s""",
    """insert into case_texts select '3701', %(id)s, pairs from case_texts where case_id = %(from)s""",
)


def copy_abroad(conn: Conn, case: uuid.UUID) -> uuid.UUID:
    """The twin of a case in the other city, at the same point with the same text."""
    given = {"id": uuid7(), "region": OTHER[15], "from": case, "receipt": FOREIGN_RECEIPT}
    with conn.transaction():
        for statement in (_COPY_CASE, *_COPIES):
            conn.execute(statement.encode(), given)
    made: uuid.UUID = given["id"]
    return made


def build(app: Any, conn: Conn, grid: Grid, worker: Callable[[str], Person], desk: Person) -> Town:
    """Everything; some 150 people, so once a module."""
    builder = Builder(app, conn, grid)
    builder.all_units()
    names = {who: f"钱{place:03}" for place, who in enumerate(STANDS)}
    people = {
        who: worker(grid.code) if who == ("grid_worker", "own") else builder.hire(who, named)
        for who, named in names.items()
    }
    rule = uuid7()
    town = Town(grid, builder.units, {}, {}, people, names, rule, uuid7())
    report_all(town, desk, conn)
    take_part(town, builder, conn)
    conn.execute(
        "insert into routing_rules (city, id, position, name, active, to_desk)"
        " values ('3601', %s, 1, '一条', false, '3601')",
        (rule,),
    )
    # The consumer that writes texts behind the log waits for whoever else writes to this server.
    conn.execute(
        "insert into case_texts select city, id, pairs_v1(%s) from cases where id = any (%s)",
        (TEXT, list(town.cases.values())),
    )
    town.foreign_case = copy_abroad(conn, town.cases["grid case"])
    return town
