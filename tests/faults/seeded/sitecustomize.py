"""The defects that the crash rig has to find, put into the running product from outside.

Python imports this file when it starts with its folder on PYTHONPATH, as the rig arranges. GEZHI_SEEDED_FAULT names the
one wanted; nothing in the product knows of it. Each changes one module of ours right after it was imported.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

WINDOW = 0.4  # seconds that a defect leaves between two steps that belong together


def _replace(owner: Any, name: str, defect: Any) -> None:
    """Put the defect where something of this name has been: a defect in nothing would never be found."""
    assert hasattr(owner, name), f"{owner} has no {name}"
    setattr(owner, name, defect)


def _acknowledge_before_commit(service: ModuleType) -> None:
    """The receipt is written while the transaction is still open."""
    import threading

    from gezhi.cases import queries
    from gezhi.db import connect

    def report(_: Any, arguments: dict[str, Any]) -> dict[str, Any]:
        own = connect()
        try:
            with service.refusals():
                row = own.execute(queries.REPORT, arguments).fetchone()
        except BaseException:
            own.close()
            raise

        def settle() -> None:
            own.commit()
            own.close()

        threading.Timer(WINDOW, settle).start()
        facts: dict[str, Any] = row[0]
        return facts

    _replace(service, "_report", report)


def _check_then_insert(schema: ModuleType) -> None:
    """A report is looked for, then inserted, with nothing to keep two from doing that at once."""
    import psycopg

    from gezhi.config import settings

    found, migrate = "  on conflict (city, author, id) do nothing returning * into v_report;", schema.migrate
    look = (
        "begin\n  if exists (select from reports where city = p_city and author = p_author and id = p_id) then"
        " return receipt_again_v1(p_city, p_author, p_id, p_hmac, p_photos); end if;\n"
    )

    def migrated(revision: str = "head") -> list[str]:
        changed: list[str] = migrate(revision)
        with psycopg.connect(settings().database_url) as lent:
            lent.execute("alter table reports drop constraint reports_pkey")
            body = lent.execute("select pg_get_functiondef('report_v2'::regproc)").fetchone()[0]
            assert found in body
            lent.execute(body.replace(found, "  returning * into v_report;").replace("begin\n", look, 1))
        return changed

    _replace(schema, "migrate", migrated)


def _enqueue_after_commit(service: ModuleType) -> None:
    """A photo is kept in one transaction, the job that cleans it is made in the next."""
    import time
    from types import SimpleNamespace

    from gezhi import queue
    from gezhi.db import connection

    keep = service._keep

    def kept(row: dict[str, Any], sha: str, file: Any) -> Any:
        state = keep(row, sha, file)
        time.sleep(4 * WINDOW)
        with connection() as lent:
            queue.defer(lent, "clean_photo", "media", {"city": row["city"], "sha": sha})
        return state

    _replace(service, "_keep", kept)
    _replace(service, "queue", SimpleNamespace(defer=lambda *_, **__: 0))


def _claim_without_lease(worker: ModuleType) -> None:
    """Nobody takes over the jobs of a worker that died."""

    async def rescue(_: Any) -> int:
        return 0

    _replace(worker, "rescue", rescue)


def _done_before_send(tasks: ModuleType) -> None:
    """A push job is finished first, and sends then."""
    import asyncio

    send, running = tasks.send.func, set()

    async def later(*arguments: Any, **named: Any) -> None:
        async def go() -> None:
            await asyncio.sleep(3 * WINDOW)
            await send(*arguments, **named)

        task = asyncio.create_task(go())
        running.add(task)
        task.add_done_callback(running.discard)

    _replace(tasks.send, "func", later)


def _short_lease(worker: ModuleType) -> None:
    """No defect: 15 seconds in the place of 60, for runs that cannot wait so long."""
    _replace(worker, "LEASE", 15)
    _replace(worker, "HEARTBEAT", 4.0)
    _replace(worker, "WATCH_EVERY", 5.0)


CHANGES: dict[str, tuple[str, Callable[[ModuleType], None]]] = {
    "acknowledge before commit": ("gezhi.cases.service", _acknowledge_before_commit),
    "check, then insert": ("gezhi.schema", _check_then_insert),
    "enqueue after commit": ("gezhi.media.service", _enqueue_after_commit),
    "claim without lease": ("gezhi.worker", _claim_without_lease),
    "done before send": ("gezhi.notify.tasks", _done_before_send),
    "short lease": ("gezhi.worker", _short_lease),
}


class _After(importlib.abc.MetaPathFinder):
    """Lets a change be made to one module once it is imported."""

    def __init__(self, name: str, change: Callable[[ModuleType], None]) -> None:
        self._name, self._change = name, change

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The module's own spec, whose loader changes it when it has run."""
        if fullname != self._name:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        assert spec
        assert spec.loader
        run, change = spec.loader.exec_module, self._change

        def exec_module(module: ModuleType) -> None:
            run(module)
            change(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


if _named := os.environ.get("GEZHI_SEEDED_FAULT"):
    sys.meta_path.insert(0, _After(*CHANGES[_named]))
