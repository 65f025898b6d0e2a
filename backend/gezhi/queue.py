"""Jobs with timers and retries: procrastinate, deferred on the caller's own connection and so in its transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import procrastinate
from psycopg import AsyncConnection, Connection
from psycopg.types.json import Jsonb

from gezhi.config import settings
from gezhi.roles import ACT_AS

app = procrastinate.App(
    connector=procrastinate.PsycopgConnector(),
    import_paths=["gezhi.cases.tasks", "gezhi.media.tasks", "gezhi.notify.tasks"],
)

_DEFER = """
select (procrastinate_defer_jobs_v1(array[
  row(%(queue)s, %(task)s, 0, %(lock)s, null, %(args)s, %(at)s)::procrastinate_job_to_defer_v1
]))[1]
"""


def bound_app() -> procrastinate.App:
    """The App with a pool on this installation's database, for the worker: `async with bound_app().open_async()`."""
    app.perform_import_paths()  # type: ignore[no-untyped-call]
    return app.with_connector(
        procrastinate.PsycopgConnector(conninfo=settings().database_url, min_size=1, max_size=6, configure=_act_as)
    )


async def _act_as(connection: AsyncConnection[Any]) -> None:
    await connection.execute(ACT_AS)
    await connection.commit()


def defer(
    connection: Connection[Any],
    task: str,
    queue: str,
    args: Mapping[str, Any],
    *,
    lock: str | None = None,
    schedule_at: datetime | None = None,
) -> int:
    """Add a job on the caller's connection and return its id: it exists exactly when the caller's transaction commits.

    procrastinate's own `defer` would use another connection, and a crash between the two commits would lose the job.
    """
    job = {"queue": queue, "task": task, "lock": lock, "args": Jsonb(dict(args)), "at": schedule_at}
    row = connection.execute(_DEFER, job).fetchone()
    return cast(int, row[0]) if row else 0


def schema_sql() -> str:
    """procrastinate's schema as its installed version ships it; the notify trigger is dropped: workers poll."""
    shipped = Path(procrastinate.__file__).parent / "sql" / "schema.sql"
    return (
        shipped.read_text() + "\ndrop trigger procrastinate_jobs_notify_queue_job_inserted_v1 on procrastinate_jobs;\n"
    )
