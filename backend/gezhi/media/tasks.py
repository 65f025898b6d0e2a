"""Jobs of media."""

from __future__ import annotations

from procrastinate import JobContext, RetryStrategy

from gezhi import queue
from gezhi.config import settings
from gezhi.media import cleaning, service

TRIES = 8


@queue.app.task(
    name="clean_photo", queue="media", pass_context=True, retry=RetryStrategy(max_attempts=TRIES, exponential_wait=3)
)
def clean_photo(context: JobContext, city: str, sha: str) -> str:
    """Clean an uploaded photo so that it can be shown."""
    return cleaning.clean(city, sha, last_try=context.job.attempts + 1 >= TRIES)


@queue.app.periodic(cron="17 3 * * *")
@queue.app.task(name="remove_unlinked_photos", queue="media", queueing_lock="remove_unlinked_photos")
def remove_unlinked_photos(timestamp: int) -> int:
    """Every night: photos that never came to a case go."""
    return service.remove_unlinked(settings().city)


@queue.app.task(name="remove_photos", queue="media", retry=RetryStrategy(max_attempts=TRIES, exponential_wait=3))
def remove_photos(city: str, photos: list[str]) -> int:
    """Remove the files of photos that were erased, unless somebody holds them again."""
    return service.remove_unheld(city, photos)
