"""The role that the application acts as: it writes the log and cannot change it."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from structlog.testing import capture_logs

from gezhi import db, queue, roles, schema
from tests.conftest import forget_settings, renamed

Conn = psycopg.Connection[Any]


@pytest.mark.parametrize(
    "statement",
    [
        "update {} set city = city",
        "delete from {}",
        "truncate {}",
        "alter table {} rename to gone",
        "drop table {}",
        "create rule quiet as on insert to {} do instead nothing",
    ],
)
@pytest.mark.parametrize("table", roles.WRITTEN_ONCE)
def test_what_is_written_once_cannot_be_changed(database: str, table: str, statement: str) -> None:
    with db.connection() as lent, pytest.raises(psycopg.errors.InsufficientPrivilege):
        lent.execute(sql.SQL(statement).format(sql.Identifier(table)))  # type: ignore[arg-type]


def test_every_connection_of_the_application_takes_the_role(app: Any) -> None:
    def who(connection: Conn) -> Any:
        return connection.execute("select current_user::text").fetchone()

    async def of_the_queue() -> Any:
        async with queue.bound_app().open_async() as opened:
            return (await opened.connector.execute_query_one_async("select current_user::text as who"))["who"]

    with db.connection() as lent:
        assert who(lent) == (roles.ROLE,)
    with app.app_context():
        assert db.db.session.execute(db.db.text("select current_user::text")).scalar() == roles.ROLE
    assert asyncio.run(of_the_queue()) == roles.ROLE


def test_the_owner_of_the_tables_is_told_that_the_log_is_open(conn: Conn) -> None:
    said = roles.unprotected(conn)
    assert said is not None
    assert "events, audit_trail" in said
    with db.connection() as lent:
        assert roles.unprotected(lent) is None


@pytest.fixture
def tenant(server: str) -> Iterator[tuple[Conn, str]]:
    """An administrator's connection, and the URL of an own database whose owner may not make roles."""
    name = f"gezhi_tenant_{uuid.uuid4().hex[:12]}"
    before = os.environ.get("DATABASE_URL")
    with psycopg.connect(renamed(server, "postgres"), autocommit=True) as admin:
        admin.execute(f"create role {name} login")
        admin.execute(f"create database {name} template template0")
        with psycopg.connect(renamed(server, name), autocommit=True) as inside:
            inside.execute("create extension postgis")
            inside.execute(f"alter schema public owner to {name}")
        admin.execute(f"alter database {name} owner to {name}")
        url = f"postgresql://{name}@/{name}?host={admin.info.host}"
        os.environ["DATABASE_URL"] = url
        forget_settings()
        yield admin, url
        if before is not None:
            os.environ["DATABASE_URL"] = before
        forget_settings()
        admin.execute(f"drop database {name} with (force)")
        admin.execute(f"drop role {name}")


def test_a_login_that_may_not_make_roles_works_without_and_is_told_what_to_run(
    database: str, tenant: tuple[Conn, str]
) -> None:
    admin, url = tenant
    login = psycopg.conninfo.conninfo_to_dict(url)["user"]
    with capture_logs() as said:
        schema.migrate()
    wanted = f'grant "{roles.ROLE}" to "{login}"'
    assert [(entry["event"], entry["run_as_administrator"]) for entry in said] == [
        ("migrate.log_not_protected", wanted)
    ]
    with db.connection() as lent:
        assert lent.execute("select current_user::text").fetchone() == (login,)
        assert roles.unprotected(lent) is not None

    admin.execute(wanted)
    with capture_logs() as said:
        schema.migrate()
    assert said == []
    db.close_pool()
    with db.connection() as lent:
        assert lent.execute("select current_user::text").fetchone() == (roles.ROLE,)
        assert roles.unprotected(lent) is None
