"""The roster (值班表, rule P6): who is planned to be on duty when. Plans only: nobody's presence is measured (rule F1).

Whom it is shown to: the desks and leaders of a region and of those above, its administrators, and the leader of a unit
for that unit's own posts. Duty leaders and administrators plan; an absence is also for the post's own holder to say.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from gezhi import audit
from gezhi.config import settings
from gezhi.db import connection
from gezhi.http import cursor as cursors
from gezhi.http.language import pick
from gezhi.http.problems import Problem
from gezhi.people import roster_queries as queries
from gezhi.people.models import DESK_ROLES
from gezhi.people.names import role_name
from gezhi.people.sessions import Actor, PostView
from gezhi.places.names import labels

Row = dict[str, Any]


def _regions(person: Actor, centre_roles: Collection[str]) -> list[str]:
    """The regions whose roster is in this person's hands by one of these roles at a centre, or as administrator."""
    return [
        post.region_code
        for post in person.posts
        if post.role == "admin" or (post.unit_function == "centre" and post.role in centre_roles)
    ]


def _within(regions: Collection[str], code: str) -> bool:
    return any(code.startswith(region) for region in regions)


def plans(person: Actor, code: str) -> bool:
    """Whether this person plans the duty of posts in a region: its duty leaders, those above, the administrators."""
    return _within(_regions(person, ("duty_leader",)), code)


def duty_leader_of(person: Actor, code: str) -> PostView | None:
    """The post by which this person is duty leader over a region, the nearest one; None when there is none."""
    leading = [post for post in person.posts if post.role == "duty_leader" and post.unit_function == "centre"]
    over = [post for post in leading if code.startswith(post.region_code)]
    return max(over, key=lambda post: post.level, default=None)


def region_of(lent: Connection[Any], post: uuid.UUID) -> str:
    """The code of a post's region, of one that has ended too; locks the post. Raises Problem not_found."""
    return str(_post(lent, post)["region_code"])


def region_of_current(lent: Connection[Any], post: uuid.UUID) -> str | None:
    """The code of the region of a post that is held today; None when there is no such post."""
    row = lent.execute(queries.CURRENT_POST, (post, settings().city)).fetchone()
    return row[2] if row else None


def _period(asked: Row) -> tuple[datetime, datetime]:
    start = asked["from_"]
    return start, asked["to"] or start + timedelta(days=7)


def page(person: Actor, asked: Row) -> Row:
    """A page of the roster of a place: posts with their weekly hours, and the shifts and absences that touch a period.

    Raises Problem not_found when the caller has no say over anything there.
    """
    whole = _within(_regions(person, (*DESK_ROLES, "leader")), asked["place"])
    headed = [post.unit_id for post in person.posts if post.role == "leader" and post.unit_id]
    if not whole and not headed:
        raise Problem("not_found")
    start, end = _period(asked)
    after = cursors.decode(asked["cursor"]) if asked["cursor"] else {}
    given = {
        "city": settings().city,
        "place": asked["place"],
        "from": start,
        "to": end,
        "units": None if whole else headed,
        "after": after.get("code", ""),
        "after_id": after.get("id", uuid.UUID(int=0)),
        "limit": asked["limit"] + 1,
    }
    with connection() as lent, lent.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(queries.ROSTER, given).fetchall()
        given["posts"] = [row["id"] for row in rows[: asked["limit"]]]
        plan = {
            name: cursor.execute(statement, given).fetchall()
            for name, statement in (
                ("hours", queries.HOURS_OF),
                ("shifts", queries.SHIFTS_OF),
                ("absences", queries.ABSENCES_OF),
            )
        }
    if not rows and not whole and not after:
        raise Problem("not_found")
    return _answer(rows, plan, asked["limit"]) | {"from_": start, "to": end}


def _answer(rows: list[Row], plan: dict[str, list[Row]], limit: int) -> Row:
    shown = rows[:limit]
    places = labels(row["region_code"] for row in shown)
    last = {"code": shown[-1]["region_code"], "id": str(shown[-1]["id"])} if len(rows) > limit else None
    return {
        "items": [
            {
                "post_id": row["id"],
                "role": row["role"],
                "role_name": role_name(row["role"]),
                "name": row["name"],
                "unit": {"id": row["unit_id"], "name": pick(row["unit_name"], row["unit_name_en"])}
                if row["unit_id"]
                else None,
                "region": {"code": row["region_code"], "name": places[row["region_code"]]["name"]},
                **{name: [of for of in found if of["post_id"] == row["id"]] for name, found in plan.items()},
            }
            for row in shown
        ],
        "next_cursor": cursors.encode(last) if last else None,
    }


def _post(lent: Connection[Any], post: uuid.UUID) -> Row:
    """The post, locked, so that two plans for it take turns; raises Problem not_found."""
    with lent.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(queries.LOCK_POST, (post, settings().city)).fetchone()
    if row is None:
        raise Problem("not_found")
    return row


def replace_shifts(person: Actor, post: uuid.UUID, sent: Row) -> list[Row]:
    """Put these shifts in the place of all that begin in a period; returns those of the period, in order.

    Raises Problem not_found for somebody who does not plan there, invalid when a shift overlaps one beside the period.
    """
    start, end = sent["from_"], sent["to"]
    shifts = sorted(sent["shifts"], key=lambda shift: shift["starts_at"])
    with connection() as lent, lent.transaction():
        if not plans(person, _post(lent, post)["region_code"]):
            raise Problem("not_found")
        lent.execute(queries.DROP_SHIFTS, (post, start, end))
        for shift in shifts:
            if lent.execute(queries.ADD_SHIFT, {"post": post, **shift}).rowcount == 0:
                raise Problem("invalid", fields={"shifts": [pick("与另一班次重叠", "Overlaps another shift.")]})
        audit.record(
            lent, settings().city, person.user_id, "set_shifts", f"post:{post}",
            **{"from": start.isoformat(), "to": end.isoformat(), "shifts": len(shifts)},
        )  # fmt: skip
    return shifts


def _may_be_absent(lent: Connection[Any], person: Actor, post: uuid.UUID) -> Row:
    """The post, for its own holder or whoever plans there; raises Problem not_found."""
    row = _post(lent, post)
    if row["user_id"] != person.user_id and not plans(person, row["region_code"]):
        raise Problem("not_found")
    return row


def _check_cover(lent: Connection[Any], person: Actor, post: Row, cover: uuid.UUID) -> None:
    """Who covers is a colleague: of the unit, of the community, or a post of the planner's own scope."""
    with lent.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(queries.CURRENT_POST, (cover, settings().city)).fetchone()
    if row is None or row["id"] == post["id"]:
        raise Problem("unknown_assignee")
    of_unit = post["unit_id"] is not None and row["unit_id"] == post["unit_id"]
    beside = post["unit_id"] is None and row["unit_id"] is None and row["region_code"][:12] == post["region_code"][:12]
    if not (of_unit or beside or plans(person, row["region_code"])):
        raise Problem("unknown_assignee")


def register_absence(person: Actor, post: uuid.UUID, sent: Row) -> tuple[Row, bool]:
    """Plan an absence; returns it, and whether it is new: the same once more changes nothing.

    Raises Problem not_found, unknown_assignee (covered_by), absence_over, absence_overlaps.
    """
    with connection() as lent, lent.transaction():
        row = _may_be_absent(lent, person, post)
        given = {"post": post, **sent}
        if lent.execute(queries.SAME_ABSENCE, given).fetchone():
            return sent, False
        if sent["covered_by"] is not None:
            _check_cover(lent, person, row, sent["covered_by"])
        if not lent.execute(queries.NOT_OVER, given).fetchone():
            raise Problem("absence_over")
        if lent.execute(queries.ADD_ABSENCE, given).rowcount == 0:
            raise Problem("absence_overlaps")
        audit.record(
            lent, settings().city, person.user_id, "register_absence", f"post:{post}",
            starts_at=sent["starts_at"].isoformat(), ends_at=sent["ends_at"].isoformat(),
            covered_by=str(sent["covered_by"]) if sent["covered_by"] else None,
        )  # fmt: skip
    return sent, True


def end_absence(person: Actor, post: uuid.UUID, starts_at: datetime) -> None:
    """Take back an absence to come, or end the one that runs now. Raises Problem not_found, also when it is over."""
    with connection() as lent, lent.transaction():
        _may_be_absent(lent, person, post)
        given = {"post": post, "starts_at": starts_at}
        ended = lent.execute(queries.CANCEL_ABSENCE, given).rowcount + lent.execute(queries.CUT_ABSENCE, given).rowcount
        if not ended:
            raise Problem("not_found")
        audit.record(
            lent, settings().city, person.user_id, "end_absence", f"post:{post}", starts_at=starts_at.isoformat()
        )
