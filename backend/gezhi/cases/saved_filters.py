"""Filters of the list of cases that somebody keeps under a name; nobody else sees them."""

from __future__ import annotations

import uuid
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from gezhi.db import connection
from gezhi.http.language import pick
from gezhi.http.problems import Problem

MOST = 30

_ALL = "select id, name, filter, created_at from saved_filters where user_id = %s order by name, id"
# Whoever writes one waits for the same person's other writers, so that names stay unique and none is too many.
_LOCK = "select id from users where id = %s for no key update"
_ADD = "insert into saved_filters (user_id, id, name, filter) values (%(user)s, %(id)s, %(name)s, %(filter)s)"
_CHANGE = "update saved_filters set name = %(name)s, filter = %(filter)s where user_id = %(user)s and id = %(id)s"
_DELETE = "delete from saved_filters where user_id = %s and id = %s"

Row = dict[str, Any]


def _kept(lent: Connection[Any], user: uuid.UUID) -> list[Row]:
    with lent.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_ALL, (user,)).fetchall()


def _write(lent: Connection[Any], statement: str, user: uuid.UUID, sent: Row, others: list[Row]) -> Row:
    if any(row["name"] == sent["name"] for row in others):
        raise Problem("invalid", fields={"name": [pick("已有同名的筛选", "A filter of that name exists")]})
    lent.execute(statement.encode(), {**sent, "user": user, "filter": Jsonb(sent["filter"])})
    return next(row for row in _kept(lent, user) if row["id"] == sent["id"])


def all_of(user: uuid.UUID) -> list[Row]:
    """The filters of a person by name: id, name, filter, created_at."""
    with connection() as lent:
        return _kept(lent, user)


def add(user: uuid.UUID, sent: Row) -> tuple[Row, bool]:
    """Keep one (`id`, `name`, `filter`); the row, and False when it was there already.

    Raises Problem invalid for a name in use or one too many, same_id_other_body for another filter under a known id.
    """
    with connection() as lent, lent.transaction():
        lent.execute(_LOCK, (user,))
        rows = _kept(lent, user)
        known = next((row for row in rows if row["id"] == sent["id"]), None)
        if known:
            if (known["name"], known["filter"]) != (sent["name"], sent["filter"]):
                raise Problem("same_id_other_body")
            return known, False
        if len(rows) >= MOST:
            said = pick(f"最多保存 {MOST} 个筛选，请先删除不用的", f"At most {MOST} filters: delete one first")
            raise Problem("invalid", fields={"name": [said]})
        return _write(lent, _ADD, user, sent, rows), True


def change(user: uuid.UUID, sent: Row) -> Row:
    """Give the one with this id another name and filter; raises Problem not_found or, for a name in use, invalid."""
    with connection() as lent, lent.transaction():
        lent.execute(_LOCK, (user,))
        rows = _kept(lent, user)
        others = [row for row in rows if row["id"] != sent["id"]]
        if len(others) == len(rows):
            raise Problem("not_found")
        return _write(lent, _CHANGE, user, sent, others)


def delete(user: uuid.UUID, saved: uuid.UUID) -> None:
    """Forget one; raises Problem not_found."""
    with connection() as lent:
        if not lent.execute(_DELETE, (user, saved)).rowcount:
            raise Problem("not_found")
