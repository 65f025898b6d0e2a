"""The database of a backup: reaching it, PostgreSQL's own programs for it, and digests to compare it by."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from gezhi.config import settings
from gezhi.ground.backup_manifest import full
from gezhi.ground.failure import Failure
from gezhi.ground.postgres import PROGRAMS, Cluster
from gezhi.ground.settings import Ground

# A long look must not be ended by a server's defaults, and its texts must be the same on every server.
_CALM = (
    "-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c timezone=UTC"
    " -c datestyle=ISO -c intervalstyle=postgres -c bytea_output=hex -c extra_float_digits=1 -c jit=off"
)
_OURS = """
select n.nspname, c.relname, c.relkind::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p', 'v', 'm', 'S') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
   and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
 order by 1, 2
"""
_ROUTINES = """
select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
 where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
   and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
"""
_TYPES = """
select t.oid::regtype::text from pg_type t join pg_namespace n on n.oid = t.typnamespace
 where (t.typtype in ('e', 'd') or exists (select from pg_class c where c.oid = t.typrelid and c.relkind = 'c'))
   and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
   and not exists (select from pg_depend d where d.objid = t.oid and d.deptype = 'e')
"""
_OTHERS = """
select count(*) from pg_stat_activity
 where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
"""


@contextmanager
def database(ground: Ground) -> Iterator[str]:
    """Give the URL of the database, to which the process's settings point meanwhile.

    The embedded cluster is started for it when it does not run, and stopped again. Raises Failure.
    """
    if ground.database_url:
        with _pointed(ground, ground.database_url.replace("postgresql+psycopg://", "postgresql://", 1)) as url:
            yield url
        return
    cluster = Cluster(ground.var / "postgres")
    cluster.locate()
    if answers(cluster.url()):
        with _pointed(ground, cluster.url()) as url:
            yield url
        return
    with cluster as url, _pointed(ground, url):
        yield url


def answers(url: str) -> bool:
    """Whether a server answers there."""
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def calm(url: str) -> Connection[Any]:
    """An autocommit connection for long looks; raises Failure when the database does not answer."""
    try:
        return psycopg.connect(url, autocommit=True, options=_CALM, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise Failure(f"The database cannot be reached: {str(error).strip()}") from None


@contextmanager
def _pointed(ground: Ground, url: str) -> Iterator[str]:
    before = os.environ.get("DATABASE_URL"), os.environ.get("GEZHI_VAR")
    os.environ |= {"DATABASE_URL": url, "GEZHI_VAR": str(ground.var)}
    settings.cache_clear()
    try:
        yield url
    finally:
        for name, value in zip(("DATABASE_URL", "GEZHI_VAR"), before, strict=True):
            os.environ.pop(name)
            os.environ |= {name: value} if value is not None else {}
        settings.cache_clear()


def digests(connection: Connection[Any]) -> dict[str, dict[str, Any]]:
    """{table: {rows, digest}} of every table of ours: equal means the same rows, in whatever order.

    The digest is the sum of 64-bit hashes of the rows as text, as a number in digits.
    """
    found = {}
    for schema, name, kind in connection.execute(_OURS).fetchall():
        if kind in ("r", "p"):
            look = sql.SQL("select count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text from only {} t")
            row = connection.execute(look.format(sql.Identifier(schema, name))).fetchone()
            assert row is not None
            found[name if schema == "public" else f"{schema}.{name}"] = {"rows": row[0], "digest": row[1]}
    return found


def versions(connection: Connection[Any]) -> dict[str, str]:
    """The versions of PostgreSQL, PostGIS and the tables."""
    row = connection.execute(
        "select current_setting('server_version'), postgis_lib_version(), (select version_num from alembic_version)"
    ).fetchone()
    assert row is not None
    return dict(zip(("postgresql", "postgis", "tables"), row, strict=True))


def other_sessions(connection: Connection[Any]) -> int:
    """How many others are connected to this database."""
    row = connection.execute(_OTHERS).fetchone()
    return int(row[0]) if row else 0


def is_empty(connection: Connection[Any]) -> bool:
    """Whether the database has nothing but what extensions brought."""
    return not connection.execute(_OURS).fetchall()


def dump(url: str, file: Path, snapshot: str, server: int) -> None:
    """pg_dump of what `snapshot` sees into `file`, in PostgreSQL's custom format; raises Failure."""
    command = [program("pg_dump", server), "--format=custom", f"--snapshot={snapshot}", f"--file={file}"]
    _run(command, url, "The database could not be saved")


def load(url: str, file: Path, server: int, *, replace: bool) -> None:
    """Restore a dump into the database in one transaction, all or nothing; with `replace` instead of what is there.

    Extensions are those of the server; owners and rights are given by `gezhi migrate`. Raises Failure.
    """
    restore = program("pg_restore", server)
    entries = _run([restore, "--list", str(file)], None, "The dump cannot be read").splitlines()
    wanted = "\n".join(
        line for line in entries if not re.search(r" EXTENSION | spatial_ref_sys |SCHEMA - public", line)
    )
    with calm(url) as connection:
        connection.execute("create extension if not exists postgis")
        away = _drops(connection) if replace else []
    psql = [program("psql", server), "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    with tempfile.NamedTemporaryFile("w", prefix="gezhi-", suffix=".list") as chosen:
        chosen.write(wanted)
        chosen.flush()
        script = [restore, "--no-owner", "--no-privileges", f"--use-list={chosen.name}", "--file=-", str(file)]
        _poured(script, psql, url, "".join(f"{line};\n" for line in away))


def program(name: str, server: int) -> str:
    """The path of one of PostgreSQL's programs for a server of major version `server`.

    The nearest that is not older: an older one refuses, a newer one writes what the server may not know.
    """
    found = {
        int(place.parent.parent.name): str(place)
        for place in PROGRAMS.glob(f"*/bin/{name}")
        if place.parent.parent.name.isdigit()
    }
    if (elsewhere := shutil.which(name)) and not found:
        told = subprocess.run([elsewhere, "--version"], capture_output=True, text=True, check=True).stdout
        found = {int(re.findall(r"\d+", told)[0]): elsewhere}
    fitting = [version for version in found if version >= server]
    if not fitting:
        raise Failure(f"{name} of PostgreSQL {server} is missing: apt-get install postgresql-client-{server}")
    return found[min(fitting)]


def _environment(url: str | None) -> dict[str, str]:
    """The environment for libpq's programs. A password in a command line would be seen by everybody."""
    env = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
    if url is None:
        return env
    parts = conninfo_to_dict(url)
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE",
             "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}  # fmt: skip
    unknown = {key: str(value) for key, value in parts.items() if key not in names}
    if unknown:
        raise Failure(f"DATABASE_URL has settings that are not known here: {make_conninfo(**unknown)}")
    return {**env, **{names[key]: str(value) for key, value in parts.items()}, "PGOPTIONS": _CALM}


def _run(command: list[str], url: str | None, what: str) -> str:
    done = subprocess.run(
        command, env=_environment(url), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise _failed(what, done.stderr)
    return done.stdout


def _poured(script: list[str], psql: list[str], url: str, first: str) -> None:
    """Let psql run `first` and then what `script` writes; when `script` fails, psql gets a line that it refuses."""
    with tempfile.TemporaryFile() as said:
        sink = subprocess.Popen(
            psql, env=_environment(url), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said
        )
        assert sink.stdin is not None
        with suppress(BrokenPipeError):  # psql has ended with an error, which it has said
            sink.stdin.write(b"set client_min_messages = warning;\n" + first.encode())
            sink.stdin.flush()
            source = subprocess.run(
                script, env=_environment(None), stdin=subprocess.DEVNULL, stdout=sink.stdin, stderr=said, check=False
            )
            if source.returncode:
                sink.stdin.write(b"\n\\.\nselect the_dump_could_not_be_read;\n")
            sink.stdin.close()
        if sink.wait():
            said.seek(0)
            raise _failed("Nothing was restored: the database is as it was", said.read().decode())


def _failed(what: str, said: str) -> Failure:
    if "No space left on device" in said or "could not extend file" in said:
        return full(what)
    return Failure(f"{what}:\n{said.strip()[-2000:]}")


def _drops(connection: Connection[Any]) -> list[str]:
    """Statements that remove everything of ours, extensions' things stay."""
    kinds = {"r": "table", "p": "table", "v": "view", "m": "materialized view", "S": "sequence"}
    drops = []
    for schema, name, kind in connection.execute(_OURS).fetchall():
        drop = sql.SQL("drop {} if exists {} cascade").format(sql.SQL(kinds[kind]), sql.Identifier(schema, name))
        drops.append(drop.as_string(connection))
    drops += [f"drop routine if exists {name} cascade" for (name,) in connection.execute(_ROUTINES).fetchall()]
    return drops + [f"drop type if exists {name} cascade" for (name,) in connection.execute(_TYPES).fetchall()]
