"""The push job: carries some notifications to some browsers."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from procrastinate import JobContext, RetryStrategy
from psycopg.rows import namedtuple_row

from gezhi import queue
from gezhi.cases.workflow import ACTIONS
from gezhi.db import connection
from gezhi.notify import queries
from gezhi.notify.keys import base64url
from gezhi.notify.texts import render, subject
from gezhi.notify.webpush import Address, Answer, Sender, Urgency

LIFE = timedelta(hours=24)  # what nobody could deliver in a day is only in the list of notifications
LONGEST_WAIT = 1800  # seconds between two tries

log = structlog.get_logger("gezhi.push")


@dataclass(frozen=True, slots=True)
class Message:
    """One notification for one browser, sealed and sent by a Sender."""

    user: uuid.UUID
    notification: uuid.UUID
    subscription: uuid.UUID
    to: Address
    body: bytes
    ttl: int
    urgency: Urgency
    topic: str

    def key(self) -> list[str]:
        """The message as the args of a job name it."""
        return [str(self.user), str(self.notification), str(self.subscription)]


def payload(row: Any) -> dict[str, Any]:
    """What the browser gets: ids, the matter, the grid and the deadline, in its own language."""
    language = row.language
    title, body = render(subject(row), language)
    sign = ACTIONS["sign"]
    can_sign = row.kind == "task" and row.state in sign.sources
    return {
        "id": str(row.id),
        "kind": row.kind,
        "title": title,
        "body": body,
        "tag": str(row.case_id),
        "case_id": str(row.case_id),
        "url": f"/field/cases/{row.case_id}",
        "language": language,
        "actions": [{"action": sign.key, "title": sign.name_en if language == "en" else sign.name}] if can_sign else [],
        "command": {"version": row.version},
    }


def _message(row: Any, now: datetime) -> Message | None:
    """The message of a row of MESSAGES; None when it is too old, or the case has moved on and nobody waits for it."""
    left = int((row.created_at + LIFE - now).total_seconds())
    if left <= 0 or (row.kind in ("task", "verify") and row.version != row.told_version):
        return None
    return Message(
        user=row.user_id,
        notification=row.id,
        subscription=row.subscription,
        to=Address(row.endpoint, row.p256dh, row.auth),
        body=json.dumps(payload(row), ensure_ascii=False, separators=(",", ":")).encode(),
        ttl=left,
        urgency="high" if row.kind == "task" or row.urgency != "ordinary" else "normal",
        topic=base64url(row.case_id.bytes),
    )


def _load(city: str, named: Sequence[Sequence[str]]) -> list[Message]:
    users, ids, subscriptions = (list(column) for column in zip(*named, strict=True))
    with connection() as lent, lent.cursor(row_factory=namedtuple_row) as cursor:
        args = {"city": city, "users": users, "ids": ids, "subscriptions": subscriptions}
        rows = cursor.execute(queries.MESSAGES, args).fetchall()
    now = datetime.now(UTC)
    return [message for row in rows if (message := _message(row, now))]


def _settle(city: str, answered: list[tuple[Message, Answer]], attempt: int) -> None:
    """Write down what became of the messages, in one transaction with the job that tries the rest again."""
    sent = [message for message, answer in answered if answer.outcome == "sent"]
    gone = [message for message, answer in answered if answer.outcome == "gone"]
    later = [(message, answer) for message, answer in answered if answer.outcome == "later"]
    with connection() as lent, lent.transaction():
        lent.execute(
            queries.PUSHED, {"city": city, "users": [m.user for m in sent], "ids": [m.notification for m in sent]}
        )
        if gone:
            lent.execute(
                queries.FORGET,
                {"city": city, "users": [m.user for m in gone], "subscriptions": [m.subscription for m in gone]},
            )
        if later:
            wait = max(min(5 * 2**attempt, LONGEST_WAIT), *(answer.retry_after for _, answer in later))
            again = {"city": city, "messages": [message.key() for message, _ in later], "attempt": attempt + 1}
            at = datetime.now(UTC) + timedelta(seconds=wait)
            queue.defer(lent, "push.send", "push", again, schedule_at=at)


@queue.app.task(
    name="push.send", queue="push", pass_context=True, retry=RetryStrategy(max_attempts=8, exponential_wait=3)
)
async def send(context: JobContext, city: str, messages: list[list[str]], attempt: int = 0) -> None:
    """Send each of `messages` (user, notification, subscription); the worker's context holds the Sender as `push`.

    A job that fails is run again whole: a browser may get a message twice, which its tag makes one notification.
    """
    sender: Sender = context.additional_context["push"]
    loaded = await asyncio.to_thread(_load, city, messages)
    answers = await asyncio.gather(
        *(sender.send(m.to, m.body, ttl=m.ttl, urgency=m.urgency, topic=m.topic) for m in loaded)
    )
    answered = list(zip(loaded, answers, strict=True))
    for message, answer in answered:
        if answer.outcome != "sent":
            log.warning("push", outcome=answer.outcome, status=answer.status, subscription=str(message.subscription))
    if answered:
        await asyncio.to_thread(_settle, city, answered, attempt)
