"""What the worker watches: that the log's horizon moves, consumers keep up, and no job waits or fails unseen (G3)."""

from __future__ import annotations

from typing import Any

import gezhi.http.metrics  # noqa: F401 - first: it says where prometheus_client keeps its numbers

# isort: split
import structlog
from prometheus_client import Gauge
from psycopg import Connection

from gezhi.cases import anchors

ALARM = 300  # seconds that a job or an event may wait
PACE = {f"consumer {anchors.NAME}": anchors.EVERY}  # seconds between two looks at the log, where that is slow by design

log = structlog.get_logger("gezhi.watch")

horizon_age = Gauge(
    "gezhi_horizon_age_seconds", "Age of the oldest writing transaction: no event after it is read.",
    multiprocess_mode="mostrecent",
)  # fmt: skip
consumer_lag = Gauge(
    "gezhi_consumer_lag_seconds", "Age of the oldest event a consumer has not read.", ["consumer"],
    multiprocess_mode="mostrecent",
)  # fmt: skip
oldest_job = Gauge(
    "gezhi_oldest_job_seconds", "How long the oldest due job waits.", multiprocess_mode="mostrecent"
)  # fmt: skip
failed_jobs = Gauge("gezhi_failed_jobs", "Jobs given up, waiting for a person.", multiprocess_mode="mostrecent")

_HORIZON = "select horizon_age_v1()"

_LAG = """
select reader.name, coalesce(extract(epoch from now() - unread.at), 0)::float8
  from consumers reader left join lateral (
    select at from events
     where events.city = reader.city and (events.xid, events.position) > (reader.xid, reader.position)
     order by events.xid, events.position limit 1
  ) unread on true
 where reader.city = %s
"""

# A job's waiting starts when it was put in the queue, or at the time it was put off to.
_OLDEST = """
select coalesce(extract(epoch from now() - min(coalesce(job.scheduled_at, put.at))), 0)::float8
  from procrastinate_jobs job
  left join procrastinate_events put on put.job_id = job.id and put.type = 'deferred'
 where job.status = 'todo' and (job.scheduled_at is null or job.scheduled_at <= now())
"""

_FAILED = "select task_name, count(*) from procrastinate_jobs where status = 'failed' group by task_name"


def look(connection: Connection[Any], city: str) -> None:
    """Set the gauges; log an alarm for what waits over 5 minutes and for jobs that were given up."""
    ages = {"horizon": _number(connection, _HORIZON), "job": _number(connection, _OLDEST)}
    horizon_age.set(ages["horizon"])
    oldest_job.set(ages["job"])
    for name, seconds in connection.execute(_LAG, (city,)).fetchall():
        consumer_lag.labels(name).set(seconds)
        ages[f"consumer {name}"] = seconds
    for what, seconds in ages.items():
        if seconds > ALARM + PACE.get(what, 0):
            log.error("waits_too_long", what=what, seconds=round(seconds))
    failed = connection.execute(_FAILED).fetchall()
    failed_jobs.set(sum(count for _, count in failed))
    for task, count in failed:
        log.error("jobs_given_up", task=task, count=count)


def _number(connection: Connection[Any], statement: str) -> float:
    row = connection.execute(statement).fetchone()
    return float(row[0]) if row else 0.0
