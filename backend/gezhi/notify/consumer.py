"""The consumer `notify` of the event log: who has to be told, told once, and the push jobs for it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from gezhi import queue
from gezhi.cases import log
from gezhi.db import uuid7
from gezhi.notify import queries

NAME = "notify"
GIVING = ("dispatch", "reassign", "delegate", "verify_fail", "refuse_escalation")
"""Moves that may give a case to somebody."""
MESSAGES_A_JOB = 50  # few enough to be sent again after a crash, enough to spread what a job costs


@dataclass(frozen=True, slots=True)
class Addressing:
    """An event to be told to a post, else to a unit's handlers, else to a region's desk."""

    case_id: uuid.UUID
    seq: int
    kind: str
    post: str | None
    unit: str | None = None
    desk: str | None = None


def addressings(events: Iterable[log.LoggedEvent]) -> Iterator[Addressing]:
    """Whom each event concerns: its new assignee, the previous one, the verifier, whoever a task on it waits for."""
    for event in events:
        case, seq, facts = event.case_id, event.seq, event.facts
        if event.action in GIVING and event.state == "dispatched":
            yield Addressing(case, seq, "task", facts.get("assignee_post"), facts.get("lead_unit"))
        if event.action == "reassign":
            yield Addressing(case, seq, "moved", facts.get("previous_post"), facts.get("previous_unit"))
        if event.action in ("handle", "settle"):
            yield Addressing(case, seq, "verify", facts.get("verifier_post"), desk=facts.get("verifier_region"))
        for task in facts.get("tasks", ()):
            yield Addressing(case, seq, "asked", task["post"], task["unit"], task["desk"])


def consume(connection: Connection[Any], city: str) -> int:
    """Read one batch of the log; returns how many events it held. Effects and cursor are one transaction."""
    if not log.unread(connection, city, NAME):
        return 0
    with connection.transaction():
        events = log.read(connection, city, NAME)
        if events:
            _tell(connection, city, list(addressings(events)))
            log.advance(connection, city, NAME, events[-1])
    return len(events)


def _tell(connection: Connection[Any], city: str, told: list[Addressing]) -> None:
    if not told:
        return
    recipients = connection.execute(
        queries.RECIPIENTS,
        {
            "city": city,
            "case_ids": [t.case_id for t in told],
            "seqs": [t.seq for t in told],
            "kinds": [t.kind for t in told],
            "posts": [t.post for t in told],
            "units": [t.unit for t in told],
            "desks": [t.desk for t in told],
        },
    ).fetchall()
    has_it = {(case_id, seq, user) for case_id, seq, kind, user, _ in recipients if kind == "task"}
    rows = [
        (user, uuid7(), case_id, seq, kind, awake)
        for case_id, seq, kind, user, awake in recipients
        if kind != "moved" or (case_id, seq, user) not in has_it  # from one post of a person to another
    ]
    users, ids, case_ids, seqs, kinds, _ = map(list, zip(*rows, strict=True)) if rows else ([],) * 6
    fresh = connection.execute(
        queries.INSERT_NOTIFICATIONS,
        {"city": city, "users": users, "ids": ids, "case_ids": case_ids, "seqs": seqs, "kinds": kinds},
    ).fetchall()
    asleep = {row[1] for row in rows if not row[5]}
    _push(connection, city, [(user, notification) for user, notification in fresh if notification not in asleep])


def _push(connection: Connection[Any], city: str, told: list[tuple[uuid.UUID, uuid.UUID]]) -> None:
    """Defer the jobs that carry these notifications to the browsers of their users."""
    browsers: dict[uuid.UUID, list[uuid.UUID]] = {}
    found = connection.execute(queries.SUBSCRIPTIONS_OF, {"city": city, "users": list({user for user, _ in told})})
    for user, subscription in found:
        browsers.setdefault(user, []).append(subscription)
    messages = [
        [str(user), str(notification), str(subscription)]
        for user, notification in told
        for subscription in browsers.get(user, [])
    ]
    for start in range(0, len(messages), MESSAGES_A_JOB):
        some = messages[start : start + MESSAGES_A_JOB]
        queue.defer(connection, "push.send", "push", {"city": city, "messages": some})
