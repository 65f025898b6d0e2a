"""The database role that web, live and worker act as: what is written once, it cannot change.

The login of DATABASE_URL owns the tables and acts as itself only to migrate. Every other connection takes the role
`gezhi_app` when it begins (`ACT_AS`), if there is one that this login may take and that was prepared here; else it
acts as the login, and `gezhi doctor` says that the log is not protected.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import Connection, sql

ROLE = "gezhi_app"

WRITTEN_ONCE = ("events", "audit_trail", "anchors", "erasures")
"""The role adds to these and reads them; it changes no row and removes none."""
LEFT = ("anchors", "erasures")
"""Of these it may note one thing later: when a copy left the machine."""

ACT_AS = f"""
select set_config('role', '{ROLE}', false) from pg_roles r
 where rolname = '{ROLE}' and pg_has_role(session_user, r.oid, 'MEMBER')
   and has_table_privilege(r.oid, to_regclass('events'), 'SELECT')
"""  # noqa: S608

_TABLES = """
select c.oid::regclass::text from pg_class c
 where relnamespace = 'public'::regnamespace and relkind = any (%s::"char"[]) and pg_has_role(relowner, 'USAGE')
   and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
"""

_CAN_CHANGE = """
select current_user, array(
  select t from unnest(%s::text[]) t
   where to_regclass(t) is not null and has_table_privilege(to_regclass(t), 'UPDATE, DELETE, TRUNCATE'))
"""


def prepare(connection: Connection[Any]) -> str | None:
    """Make the role when it is missing, grant it what it needs; returns what an administrator has to run, or None.

    Done anew by each migrate, so that new tables are granted too.
    """
    row = connection.execute("select session_user::text").fetchone()
    assert row is not None
    login: str = row[0]
    missing = _missing(connection, login)
    for statement in missing:
        try:
            with connection.transaction():
                connection.execute(statement)
        except psycopg.errors.InsufficientPrivilege:
            break
        except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
            continue  # another database of the same server was first
    left = _missing(connection, login)
    if len(left) < 2:  # the role exists
        with connection.transaction():
            _grant(connection)
    return "; ".join(statement.as_string(connection) for statement in left) or None


def _missing(connection: Connection[Any], login: str) -> list[sql.Composed]:
    role, member = sql.Identifier(ROLE), sql.Identifier(login)
    row = connection.execute(
        "select pg_has_role(session_user, oid, 'MEMBER') from pg_roles where rolname = %s", (ROLE,)
    ).fetchone()
    if row and row[0]:
        return []
    grant = sql.SQL("grant {} to {}").format(role, member)
    return [grant] if row else [sql.SQL("create role {} nologin").format(role), grant]


def _grant(connection: Connection[Any]) -> None:
    """Everything on the tables that this login owns but changing what is written once."""
    role = sql.Identifier(ROLE)
    connection.execute(sql.SQL("grant usage on schema public to {}").format(role))
    for kinds, rights in (("rpvm", "select, insert, update, delete"), ("S", "usage, select")):
        for (name,) in connection.execute(_TABLES, (list(kinds),)).fetchall():
            on = sql.SQL("sequence " if kinds == "S" else "table ") + sql.SQL(name)
            connection.execute(sql.SQL("grant {} on {} to {}").format(sql.SQL(rights), on, role))
            if name in WRITTEN_ONCE:
                connection.execute(sql.SQL("revoke update, delete, truncate on {} from {}, public").format(on, role))
            if name in LEFT:
                connection.execute(sql.SQL("grant update (left_at) on {} to {}").format(on, role))


def unprotected(connection: Connection[Any]) -> str | None:
    """None when whoever this connection acts as cannot change what is written once; else a line that says so."""
    row = connection.execute(_CAN_CHANGE, (list(WRITTEN_ONCE),)).fetchone()
    assert row is not None
    who, changeable = row
    if not changeable:
        return None
    return (
        f"the log is not protected: {who} can change {', '.join(changeable)}. Run `gezhi migrate`, or see "
        "'A role that cannot rewrite the log' in docs/operations.md 日志未受保护：应用账号可以改写记录"
    )
