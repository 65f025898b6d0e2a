"""Subscriptions and the list of notifications of a user."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from psycopg.rows import namedtuple_row

from gezhi.db import connection, uuid7
from gezhi.notify import queries
from gezhi.notify.texts import render, subject

BROWSERS_A_USER = 10


def _hash(endpoint: str) -> bytes:
    return hashlib.sha256(endpoint.encode()).digest()


def subscribe(city: str, user: uuid.UUID, wanted: dict[str, Any]) -> tuple[uuid.UUID, bool]:
    """Let a browser take the user's messages; returns the subscription's id and whether it is new.

    A browser that took somebody else's messages takes this user's from now on.
    """
    made = uuid7()
    with connection() as lent, lent.transaction():
        row = lent.execute(
            queries.SUBSCRIBE,
            {
                "city": city,
                "hash": _hash(wanted["endpoint"]),
                "id": made,
                "user": user,
                "endpoint": wanted["endpoint"],
                "p256dh": wanted["keys"]["p256dh"],
                "auth": wanted["keys"]["auth"],
                "device": wanted["device"],
                "language": wanted["language"],
            },
        ).fetchone()
        lent.execute(queries.TRIM_SUBSCRIPTIONS, {"city": city, "user": user, "keep": BROWSERS_A_USER})
    kept: uuid.UUID = row[0] if row else made
    return kept, kept == made


def unsubscribe(city: str, user: uuid.UUID, endpoint: str) -> None:
    """End a browser's subscription, if it is the user's."""
    with connection() as lent:
        lent.execute(queries.UNSUBSCRIBE, {"city": city, "hash": _hash(endpoint), "user": user})


def notifications(
    city: str, user: uuid.UUID, language: str, *, before: uuid.UUID | None, limit: int
) -> list[dict[str, Any]]:
    """The user's notifications older than the id `before`, newest first, in the words of `language`."""
    with connection() as lent, lent.cursor(row_factory=namedtuple_row) as cursor:
        args = {"city": city, "user": user, "before": before, "limit": limit}
        rows: list[Any] = cursor.execute(queries.NOTIFICATIONS, args).fetchall()
    found = []
    for row in rows:
        title, body = render(subject(row), language)
        found.append(
            {
                "id": row.id,
                "kind": row.kind,
                "title": title,
                "body": body,
                "case_id": row.case_id,
                "created_at": row.created_at,
                "seen_at": row.seen_at,
            }
        )
    return found


def see(city: str, user: uuid.UUID, notification: uuid.UUID) -> bool:
    """Note that the user has seen a notification; False when it is not one of theirs."""
    with connection() as lent:
        return lent.execute(queries.SEEN, {"city": city, "user": user, "id": notification}).rowcount == 1
