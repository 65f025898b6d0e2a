"""Cases of a post whose holder is away or leaves (rule P6): offered, covered, or handed over, never silently."""

from __future__ import annotations

import uuid
from typing import Any

from psycopg import Connection

from gezhi import audit
from gezhi.config import settings
from gezhi.db import connection
from gezhi.http.problems import Problem
from gezhi.people import roster
from gezhi.people.sessions import Actor

ABSENCES_AT_ONCE = 200

_BEGUN = """
select a.post_id, a.starts_at from absences a join posts p on p.id = a.post_id
 where p.city = %s and a.applied_at is null and a.starts_at <= now_v1() order by a.starts_at limit %s
"""
_APPLY = "select apply_absence_v1(%s, %s, %s)"
_HAND_OVER = "select hand_over_v1(%s, %s, %s, %s, %s, %s)"


def apply_absences(connection: Connection[Any], city: str) -> int:
    """Offer or pass on the open cases of posts whose absence has begun, once each; returns how many cases changed.

    Called by the worker every 15 seconds, in autocommit, so that each absence is a transaction of its own.
    """
    begun = connection.execute(_BEGUN, (city, ABSENCES_AT_ONCE), prepare=True).fetchall()
    done = [connection.execute(_APPLY, (city, *absence)).fetchone() for absence in begun]
    return sum(row[0] for row in done if row)


def hand_over(person: Actor, post: uuid.UUID, to_post: uuid.UUID, reason: str) -> int:
    """Give every open case of a post to another one, as a duty leader over both; returns how many.

    Raises Problem not_found, and unknown_assignee when the other post is the same, has ended or lies outside the scope.
    """
    city = settings().city
    with connection() as lent, lent.transaction():
        by = roster.duty_leader_of(person, roster.region_of(lent, post))
        if by is None:
            raise Problem("not_found")
        region = roster.region_of_current(lent, to_post)
        if to_post == post or region is None or not region.startswith(by.region_code):
            raise Problem("unknown_assignee")
        row = lent.execute(_HAND_OVER, (city, post, to_post, person.user_id, by.id, reason)).fetchone()
        cases = int(row[0]) if row else 0
        audit.record(lent, city, person.user_id, "hand_over", f"post:{post}", to=str(to_post), cases=cases)
    return cases
