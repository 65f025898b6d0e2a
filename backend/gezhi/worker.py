"""`gezhi worker`: reads the event log, runs the jobs, sweeps the clocks, watches that nothing waits unseen.

One process, two kinds of work: what is plain SQL runs in threads of its own (`_Beat`), jobs run in the event loop. Each
part goes on by itself when PostgreSQL comes back; whatever was in hand is done again (rule: effects in one transaction
with the cursor, jobs kept until they are finished).
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import procrastinate
import psycopg
import structlog

from gezhi import queue, watch
from gezhi.cases import anchors, clocks, erasure, handover, texts
from gezhi.config import settings
from gezhi.db import close_pool, connection
from gezhi.http import logs
from gezhi.notify import consumer as notify
from gezhi.notify.webpush import Sender

CONSUMERS = {notify.NAME: notify.consume, texts.NAME: texts.consume}
LANES = {"push": (["push"], 8), "work": (["media", "default"], 2)}  # queues and jobs at once: photos never delay a push
READ_EVERY = 0.2  # seconds between two looks at the log
FETCH_EVERY = 0.5  # seconds between two looks for jobs
SWEEP_EVERY = 15.0
WATCH_EVERY = 15.0
LEAVE_EVERY = 30.0  # seconds between two looks for what has to leave the machine
LEASE = 60  # seconds without a heartbeat after which a worker's jobs are another's
HEARTBEAT = 10.0
RUNS = 20  # a job that was in hand so often when its worker died is what kills it
GRACE = 8.0  # seconds that running jobs get at the end
LONGEST_PAUSE = 5.0

log = structlog.get_logger("gezhi.worker")


class _Beat(threading.Thread):
    """Calls `work` for ever, `every` seconds apart; at once again while it says there is more."""

    def __init__(self, name: str, every: float, work: Callable[[], bool], stop: threading.Event) -> None:
        super().__init__(name=name)
        self._every, self._work, self._stop_asked = every, work, stop

    def run(self) -> None:
        """Until asked to stop. No error ends it: one that comes back is logged each time and seen as lag."""
        pause = self._every
        while not self._stop_asked.is_set():
            try:
                if self._work():
                    continue
                pause = self._every
            except psycopg.OperationalError as error:  # PostgreSQL is away; a pool's timeout is one too
                log.warning("worker.database_away", part=self.name, error=type(error).__name__)
                pause = min(max(pause, 0.5) * 2, max(LONGEST_PAUSE, self._every))
            except Exception as error:
                log.error("worker.failed", part=self.name, exc_info=error)
                pause = min(max(pause, 0.5) * 2, max(LONGEST_PAUSE, self._every))
            self._stop_asked.wait(pause)


def _read(consume: Callable[[psycopg.Connection[Any], str], int]) -> bool:
    with connection() as lent:
        return consume(lent, settings().city) > 0


def _sweep() -> bool:
    with connection() as lent:
        clocks.sweep(lent, settings().city)
        handover.apply_absences(lent, settings().city)
    return False


def _leave() -> bool:
    with connection() as lent:
        anchors.turn(lent, settings().city)
        erasure.leave(lent, settings().city)
    return False


def _watch() -> bool:
    with connection() as lent:
        watch.look(lent, settings().city)
    return False


def _beats(stop: threading.Event) -> list[_Beat]:
    reading = [_Beat(name, READ_EVERY, partial(_read, consume), stop) for name, consume in CONSUMERS.items()]
    return [
        *reading,
        _Beat("clocks", SWEEP_EVERY, _sweep, stop),
        _Beat("anchors", LEAVE_EVERY, _leave, stop),
        _Beat("watch", WATCH_EVERY, _watch, stop),
    ]


class _Patient(procrastinate.manager.JobManager):
    """Says what became of a job until the database has heard it.

    procrastinate says it once. Were PostgreSQL away at that moment, the job would be in hand for as long as this worker
    lives: its heartbeat goes on, so nobody's lease runs out.
    """

    async def finish_job(self, *arguments: Any, **named: Any) -> None:
        """As procrastinate's; returns once it is written."""
        await _until_heard(partial(super().finish_job, *arguments, **named))

    async def retry_job(self, *arguments: Any, **named: Any) -> None:
        """As procrastinate's; returns once it is written."""
        await _until_heard(partial(super().retry_job, *arguments, **named))


async def _until_heard(say: Callable[[], Awaitable[None]]) -> None:
    tries = 0
    while True:
        try:
            return await say()
        except procrastinate.exceptions.ConnectorException as error:
            tries += 1
            if not isinstance(error.__cause__, psycopg.OperationalError):
                if tries == 1:
                    raise
                return  # it was heard before, only the answer was lost
        await asyncio.sleep(min(tries, LONGEST_PAUSE))


async def rescue(app: procrastinate.App) -> int:
    """Give jobs of workers that died back to the queue, or up when they were in hand too often; returns how many."""
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=LEASE))
    for job in stalled:
        log.warning("worker.job_of_a_dead_worker", task=job.task_name, job=job.id, attempts=job.attempts)
        if job.attempts < RUNS:
            await app.job_manager.retry_job(job)
        else:
            await app.job_manager.finish_job(job, procrastinate.jobs.Status.FAILED, delete_job=False)
    return len(stalled)


async def _rescue_for_ever(app: procrastinate.App) -> None:
    while True:
        with contextlib.suppress(procrastinate.exceptions.ConnectorException):
            await rescue(app)
        await asyncio.sleep(WATCH_EVERY)


async def run_jobs(stop: asyncio.Event) -> None:
    """Run jobs until `stop`; starts over when PostgreSQL was away."""
    pause = 0.5
    async with Sender() as sender:
        while not stop.is_set():
            try:
                await _run_jobs_once(stop, sender)
                pause = 0.5
            except (procrastinate.exceptions.ConnectorException, psycopg.OperationalError) as error:
                cause = error.__cause__ or error
                away = isinstance(cause, psycopg.OperationalError)
                log.warning("worker.jobs_stopped", error=type(cause).__name__, exc_info=None if away else error)
                pause = min(pause * 2, LONGEST_PAUSE)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)


async def _run_jobs_once(stop: asyncio.Event, sender: Sender) -> None:
    app = queue.bound_app()
    app.job_manager = _Patient(app.connector)
    async with app.open_async():
        lanes = [
            asyncio.create_task(
                app.run_worker_async(
                    name=name,
                    queues=queues,
                    concurrency=concurrency,
                    listen_notify=False,
                    fetch_job_polling_interval=FETCH_EVERY,
                    update_heartbeat_interval=HEARTBEAT,
                    stalled_worker_timeout=LEASE,
                    delete_jobs="successful",
                    shutdown_graceful_timeout=GRACE,
                    install_signal_handlers=False,
                    additional_context={"push": sender},
                )
            )
            for name, (queues, concurrency) in LANES.items()
        ]
        beside = [asyncio.create_task(_rescue_for_ever(app)), asyncio.create_task(stop.wait())]
        try:
            await asyncio.wait([*lanes, *beside], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in [*lanes, *beside]:
                task.cancel()  # procrastinate lets running jobs end, then stops
            ended = await asyncio.gather(*lanes, *beside, return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception):
                raise error


async def _main() -> None:
    stop, stop_threads = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(wanted, stop.set)
    beats = _beats(stop_threads)
    for beat in beats:
        beat.start()
    log.info("worker.started", city=settings().city, lanes=list(LANES), consumers=list(CONSUMERS))
    try:
        await run_jobs(stop)
    finally:
        stop_threads.set()
        for beat in beats:
            await asyncio.to_thread(beat.join, GRACE)
        await asyncio.to_thread(close_pool)
    log.info("worker.stopped")


def main() -> None:
    """Work until SIGTERM or SIGINT; what is in hand is finished or left to the next worker."""
    logs.configure(settings().log_level)
    asyncio.run(_main())
