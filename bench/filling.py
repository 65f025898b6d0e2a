"""A city with years of cases in it, made in a minute, and people to look at them."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from ground import BENCH

TABLES = ("cases", "reports", "events", "event_bodies", "uploads", "case_texts", "tasks")

_INDEXES = """
select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) from pg_index i
 where i.indrelid = any (%s::regclass[]) and not i.indisprimary and not exists (
   select from pg_constraint c where c.conindid = i.indexrelid)
"""


def fill(connection: Any, count: int) -> None:
    """Add that many cases to the demo city, in set-based statements, and let the planner know them.

    Indexes are made when the rows are there: the one of texts alone would cost more than everything else.
    """
    import psycopg

    statements = (BENCH / "sql" / "cases.sql").read_text()
    with connection.transaction():
        connection.execute("set local session_replication_role = replica")  # foreign keys hold by construction
        connection.execute("set local work_mem = '256MB'")
        connection.execute("set local maintenance_work_mem = '512MB'")
        indexes = connection.execute(_INDEXES, (list(TABLES),)).fetchall()
        for name, _ in indexes:
            connection.execute(f"drop index {name}")
        psycopg.ClientCursor(connection).execute(statements, {"count": count})
        for _, definition in indexes:
            connection.execute(definition)
    for table in TABLES:
        connection.execute(f"vacuum analyze {table}")


def people(connection: Any) -> dict[str, str]:
    """A session's token for each who looks: the city's and a district's dispatcher, the leader, a worker, a handler."""
    from gezhi.people import sessions

    district, region, unit = (
        uuid.uuid4(),
        *connection.execute(
            "select region_code, id from units where kind = 'centre' and length(region_code) = 6"
            " order by region_code limit 1"
        ).fetchone(),
    )
    connection.execute("insert into users (id, city, name) values (%s, '3601', '')", (district,))
    connection.execute(
        "insert into posts (id, city, user_id, role, unit_id, region_code, starts_on)"
        " values (%s, '3601', %s, 'dispatcher', %s, %s, '2019-01-01')",
        (uuid.uuid4(), district, unit, region),
    )
    users = {"district dispatcher": district}
    for name, role, condition in (
        ("city dispatcher", "dispatcher", "length(p.region_code) = 4"),
        ("leader", "leader", "true"),
        ("grid worker", "grid_worker", "true"),
        ("department", "handler", "u.kind = 'department'"),
    ):
        (users[name],) = connection.execute(
            "select p.user_id from posts p left join units u on u.id = p.unit_id"
            f" where p.role = %s and {condition} order by p.region_code, p.id limit 1",
            (role,),
        ).fetchone()
    return {name: sessions.begin(connection, user, timedelta(hours=1)) for name, user in users.items()}
