"""Jobs of cases."""

from __future__ import annotations

from gezhi import queue
from gezhi.cases import erasure
from gezhi.config import settings
from gezhi.db import connection


@queue.app.periodic(cron="47 2 * * *")
@queue.app.task(name="erase_what_is_over", queue="default", queueing_lock="erase_what_is_over")
def erase_what_is_over(timestamp: int) -> int:
    """Every night: what has been kept as long as its class allows is erased."""
    with connection() as lent:
        return erasure.sweep(lent, settings().city)
