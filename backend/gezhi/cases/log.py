"""Reading the event log, which is the outbox: every effect outside a case is made by a consumer of it.

The order is (xid, position), and only what lies below the horizon `pg_snapshot_xmin` is read: transactions with a lower
id may still commit above it, so a slow commit is never skipped.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

_COLUMNS = "city, case_id, seq, xid::text::bigint as xid, position, at, action, state, version, facts, audience"

_SINCE = f"""
select {_COLUMNS} from events
 where city = %(city)s and (xid, position) > (%(xid)s::text::xid8, %(position)s)
   and xid < pg_snapshot_xmin(pg_current_snapshot())
 order by events.xid, position limit %(limit)s
"""  # noqa: S608


# However long ago the place is, one event of each case is looked at: none of it settles later than the last.
_MOVED = """
select asked.id from unnest(%(cases)s::uuid[]) asked (id) cross join lateral (
  select xid, position from events
   where city = %(city)s and case_id = asked.id order by seq desc limit 1) last
 where (last.xid, last.position) > (%(xid)s::text::xid8, %(position)s)
"""

# Reading in earnest locks the cursor's row, which costs a write.
_UNREAD = """
select exists (
  select from events where city = %(city)s and (xid, position) > (
    select coalesce(max(reader.xid), '0'), coalesce(max(reader.position), 0)
      from consumers reader where reader.city = %(city)s and reader.name = %(name)s))
"""


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event as consumers see it. `facts` and `audience` hold codes and ids only."""

    city: str
    case_id: uuid.UUID
    seq: int
    xid: int
    position: int
    at: datetime
    action: str
    state: str
    version: int
    facts: dict[str, Any]
    audience: list[str]


def read_since(connection: Connection[Any], city: str, xid: int, position: int, limit: int = 500) -> list[LoggedEvent]:
    """The events after a place in the log, in order, as far as they are settled."""
    with connection.cursor(row_factory=class_row(LoggedEvent)) as cursor:
        cursor.execute(_SINCE, {"city": city, "xid": xid, "position": position, "limit": limit}, prepare=True)
        return cursor.fetchall()


def horizon(connection: Connection[Any], city: str) -> tuple[int, int]:
    """The place (xid, position) of the newest settled event; (0, 0) in an empty log."""
    row = connection.execute(
        "select xid::text::bigint, position from events where city = %s"
        " and xid < pg_snapshot_xmin(pg_current_snapshot()) order by events.xid desc, position desc limit 1",
        (city,),
    ).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def moved(
    connection: Connection[Any], city: str, cases: Collection[uuid.UUID], xid: int, position: int
) -> set[uuid.UUID]:
    """Those of these cases that have events after a place in the log, settled or not."""
    asked = {"city": city, "cases": list(cases), "xid": xid, "position": position}
    return {row[0] for row in connection.execute(_MOVED, asked, prepare=True)}


def unread(connection: Connection[Any], city: str, name: str) -> bool:
    """Whether the log may hold something that the named consumer has not seen."""
    row = connection.execute(_UNREAD, {"city": city, "name": name}, prepare=True).fetchone()
    return bool(row and row[0])


def read(connection: Connection[Any], city: str, name: str, limit: int = 500) -> list[LoggedEvent]:
    """What the named consumer has not seen. Inside a transaction: the consumer's row stays locked until it ends."""
    connection.execute(
        "insert into consumers (city, name) values (%s, %s) on conflict do nothing", (city, name), prepare=True
    )
    row = connection.execute(
        "select xid::text::bigint, position from consumers where city = %s and name = %s for update", (city, name)
    ).fetchone()
    return read_since(connection, city, row[0], row[1], limit) if row else []


def advance(connection: Connection[Any], city: str, name: str, last: LoggedEvent) -> None:
    """Move the named consumer's cursor behind `last`, in the transaction that wrote the effects."""
    connection.execute(
        "update consumers set xid = %s::text::xid8, position = %s, updated_at = now() where city = %s and name = %s",
        (last.xid, last.position, city, name),
    )
