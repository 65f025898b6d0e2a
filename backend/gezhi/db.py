"""The database: models' base, the pool of plain connections for hot paths, UUIDv7, and the SQL functions on disk."""

from __future__ import annotations

import hashlib
import os
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from psycopg import Connection
from psycopg_pool import ConnectionPool
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import UserDefinedType

from gezhi.config import settings
from gezhi.roles import ACT_AS

# A writer that hangs freezes the horizon of the event log (see cases/log.py), so none may.
SESSION_SETTINGS = "-c statement_timeout=10s -c idle_in_transaction_session_timeout=10s -c lock_timeout=2s -c jit=off"


class Base(DeclarativeBase):
    """Base of all models; names of constraints are fixed so that migrations can drop them."""


Base.metadata.naming_convention = {
    "ix": "%(table_name)s_%(column_0_N_name)s_index",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}

db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


def uuid7() -> uuid.UUID:
    """A UUID version 7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then random."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 0x7 << 76
    return uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


_making = threading.Lock()
_made: list[ConnectionPool[Connection[Any]]] = []


def pool() -> ConnectionPool[Connection[Any]]:
    """This process's pool of autocommit connections for hand-written SQL; statements are prepared at first use.

    Made under a lock: threads that ask for the first time at once must not make one each.
    """
    if not _made:
        with _making:
            if not _made:
                _made.append(_new_pool())
    return _made[0]


def connect() -> Connection[Any]:
    """A connection outside the pool, with the same settings and the same role; for SQLAlchemy's engine."""
    made = Connection.connect(settings().database_url, options=SESSION_SETTINGS)
    made.execute(ACT_AS)
    made.commit()
    return made


def close_pool() -> None:
    """Close this process's pool, if there is one; the next call of `pool` makes another."""
    with _making:
        while _made:
            _made.pop().close()


def _new_pool() -> ConnectionPool[Connection[Any]]:
    def configure(connection: Connection[Any]) -> None:
        connection.prepare_threshold = 0
        connection.execute(ACT_AS)

    return ConnectionPool(
        settings().database_url,
        min_size=1,
        max_size=16,
        kwargs={"autocommit": True, "options": SESSION_SETTINGS},
        configure=configure,
        open=True,
        timeout=5,
    )


@contextmanager
def connection() -> Iterator[Connection[Any]]:
    """A pooled connection in autocommit mode; use `connection.transaction()` for several statements."""
    with pool().connection() as lent:
        yield lent


def function_files() -> list[Path]:
    """Every SQL function file of the house, lower floors first."""
    house = Path(__file__).parent
    floors = ["places", "people", "catalogue", "media", "cases", "notify"]
    return [file for floor in floors for file in sorted((house / floor / "sql").glob("*.sql"))]


def apply_functions(conn: Connection[Any]) -> list[str]:
    """Create or replace the functions whose file changed since the last call; returns the names of those files.

    The files are the single copy. A changed signature needs a new version number in the function's name, so that
    old and new processes can run side by side.
    """
    conn.execute("create table if not exists sql_files (name text primary key, checksum text not null)")
    applied = dict(conn.execute("select name, checksum from sql_files").fetchall())
    changed = []
    for file in function_files():
        text = file.read_text()
        name, checksum = f"{file.parent.parent.name}/{file.name}", hashlib.sha256(text.encode()).hexdigest()
        if applied.get(name) == checksum:
            continue
        conn.execute(text.encode(), prepare=False)  # several statements in one
        conn.execute(
            "insert into sql_files values (%s, %s) on conflict (name) do update set checksum = excluded.checksum",
            (name, checksum),
        )
        changed.append(name)
    return changed
