"""The migrations and the models say the same, forwards and backwards."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command

from gezhi import schema
from gezhi.db import Base, apply_functions, function_files
from tests.conftest import forget_settings, renamed

OURS = """
select relname from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'S')
   and relname <> 'alembic_version' and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
union
select proname from pg_proc p where pronamespace = 'public'::regnamespace
   and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
union
select typname from pg_type t where typnamespace = 'public'::regnamespace and typtype in ('e', 'd')
   and not exists (select from pg_depend d where d.objid = t.oid and d.deptype = 'e')
"""


@pytest.fixture(scope="module")
def empty(server: str, var: Path) -> Iterator[psycopg.Connection[Any]]:
    """An empty database that the process's settings point at."""
    name = f"gezhi_empty_{uuid.uuid4().hex[:12]}"
    before = os.environ.get("DATABASE_URL")
    with psycopg.connect(renamed(server, "postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name} template template0")
        os.environ |= {"DATABASE_URL": renamed(server, name), "GEZHI_VAR": str(var)}
        forget_settings()
        with psycopg.connect(renamed(server, name), autocommit=True) as conn:
            yield conn
        if before is not None:
            os.environ["DATABASE_URL"] = before
        forget_settings()
        admin.execute(f"drop database {name} with (force)")


def ours(conn: psycopg.Connection[Any]) -> set[str]:
    """Tables, sequences, functions and types of ours in the database."""
    return {row[0] for row in conn.execute(OURS).fetchall()}


def test_up_check_down_and_up_again(empty: psycopg.Connection[Any]) -> None:
    assert ours(empty) == set()
    applied = schema.migrate()
    assert len(applied) == len(function_files())
    first = ours(empty)
    assert set(Base.metadata.tables) <= first
    assert {"report_v2", "act_v2", "note_v1", "locate_v1", "procrastinate_jobs", "case_numbers", "sql_files"} <= first

    command.check(schema.config())  # raises when a model has moved on without a migration

    command.downgrade(schema.config(), "base")
    assert ours(empty) == set()
    schema.migrate()
    assert ours(empty) == first


def test_functions_are_applied_once_and_again_when_their_file_has_changed(empty: psycopg.Connection[Any]) -> None:
    schema.migrate()
    assert schema.migrate() == []
    assert apply_functions(empty) == []
    empty.execute("update sql_files set checksum = 'old' where name = 'cases/40_act.sql'")
    assert apply_functions(empty) == ["cases/40_act.sql"]
    assert apply_functions(empty) == []


def test_there_is_one_line_of_migrations(empty: psycopg.Connection[Any]) -> None:
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(schema.config())
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1
