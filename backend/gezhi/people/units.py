"""Units by place, for those who give work to them.

Whom they are shown to: the desks and leaders of a region and of those above, and administrators.
"""

from __future__ import annotations

from typing import Any

from psycopg.rows import dict_row

from gezhi.config import settings
from gezhi.db import connection
from gezhi.http.language import pick
from gezhi.http.problems import Problem
from gezhi.people.models import DESK_ROLES
from gezhi.people.sessions import Actor
from gezhi.places.names import codes_above, labels

# The nearest first.
_UNITS = """
select id, name, name_en, kind, region_code from units
 where city = %s and region_code = any (%s) order by length(region_code) desc, kind, name, id
"""


def _has_say(person: Actor, code: str) -> bool:
    """Whether a region is this person's, or under one that is: by a post at a centre, or as administrator."""
    return any(
        code.startswith(post.region_code)
        for post in person.posts
        if post.role == "admin" or (post.unit_function == "centre" and post.role in (*DESK_ROLES, "leader"))
    )


def listed(person: Actor, code: str) -> list[dict[str, Any]]:
    """The units of a region and of those above it: id, name, kind, region (code, name). Those below are under theirs.

    Raises Problem not_found when the caller has no say there.
    """
    if not _has_say(person, code) or not labels([code]):
        raise Problem("not_found")
    with connection() as lent, lent.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_UNITS, (settings().city, codes_above(code))).fetchall()
    places = labels(row["region_code"] for row in rows)
    return [
        {
            "id": row["id"],
            "name": pick(row["name"], row["name_en"]),
            "kind": row["kind"],
            "region": {"code": row["region_code"], "name": places[row["region_code"]]["name"]},
        }
        for row in rows
    ]
