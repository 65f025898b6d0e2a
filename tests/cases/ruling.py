"""What tests of routing rules stand on: who keeps them, a unit to give things to, rules straight into the table."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from psycopg.rows import dict_row

from gezhi.db import uuid7


@pytest.fixture(autouse=True)
def no_rules_stay(conn: Any) -> Iterator[None]:
    yield
    conn.execute("delete from routing_rules")


@pytest.fixture
def keeper(enter: Callable[..., Any]) -> Any:
    """The duty leader of the city's centre."""
    return enter("duty_leader", "3601", "centre")


@pytest.fixture
def squad(conn: Any) -> uuid.UUID:
    """A unit that no matter is given to by itself."""
    row = conn.execute("select id from units where function = 'service_team' order by id limit 1").fetchone()
    found: uuid.UUID = row[0]
    return found


@pytest.fixture
def write(conn: Any, squad: uuid.UUID) -> Callable[..., uuid.UUID]:
    """Writes a rule straight into the table, last in the order, for a unit unless told otherwise."""

    def do(**columns: Any) -> uuid.UUID:
        made = uuid7()
        row = {"to_unit_id": squad, "name": str(made), "city": "3601", **columns, "id": made}
        if {"to_post_id", "to_desk"} & columns.keys():
            del row["to_unit_id"]
        row.setdefault("position", conn.execute("select count(*) + 1 from routing_rules").fetchone()[0])
        names = ", ".join(row)
        conn.execute(
            f"insert into routing_rules ({names}) values ({', '.join(f'%({n})s' for n in row)})",
            row,
        )
        return made

    return do


def sent_rule(to: uuid.UUID, **changed: Any) -> dict[str, Any]:
    """A rule as the console sends it."""
    return {"name": "学校周边的路灯", "to_unit_id": str(to), **changed}


def case_of(conn: Any, receipt: dict[str, Any]) -> dict[str, Any]:
    """The row of a receipt's case."""
    with conn.cursor(row_factory=dict_row) as cursor:
        row: dict[str, Any] = cursor.execute("select * from cases where id = %s", (receipt["case_id"],)).fetchone()
    return row
