"""Reading cases: who is asked for decides what is found; everything else does not exist (rule P7)."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from psycopg.rows import dict_row

from gezhi.cases import courses, lists, queries, service, views
from gezhi.cases.workflow import OPEN, RATING_DAYS, STATES
from gezhi.config import settings
from gezhi.db import connection
from gezhi.http import cursor as cursors
from gezhi.http.language import pick
from gezhi.http.problems import Problem
from gezhi.media.service import photo_views
from gezhi.people.names import role_name
from gezhi.people.sessions import Actor
from gezhi.places.names import labels


def _rows(statement: str, arguments: dict[str, Any], *, prepare: bool = True) -> list[dict[str, Any]]:
    with connection() as lent, lent.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement.encode(), arguments, prepare=prepare).fetchall()


def _before(cursor: str | None) -> dict[str, Any]:
    """Where a page goes on; raises Problem invalid for the cursor of another list."""
    after = cursors.decode(cursor) if cursor else {"at": None, "id": None}
    if set(after) != {"at", "id"}:
        raise Problem("invalid", fields={"cursor": [pick("游标无效，请从头加载列表", "Not a cursor of this list")]})
    return {"before": after["at"], "before_id": after["id"]}


def page(actor: Actor, asked: dict[str, Any]) -> dict[str, Any]:
    """A page of cases: `view=mine` what waits for the actor, `view=scope` all they may see; newest first.

    At most three statements, however many rows: the page, names of places not known yet, photos.
    """
    city = settings().city
    kind, _, code = (asked["matter"] or "").partition(":")
    everything = OPEN if asked["view"] == "scope" else tuple(STATES)  # what waits may wait after the end
    arguments = {
        **asked,
        **_before(asked["cursor"]),
        "city": city,
        "user": actor.user_id,
        "states": [state for state in asked["state"].split(",") if state] or list(everything),
        "kind": kind,
        "code": code,
        "limit": asked["limit"] + 1,
    }
    statement, given = lists.page(asked["view"], lists.Standing.of(actor), arguments)
    rows = _rows(statement, given, prepare=False)  # planned for its values: a street needs another index than the city
    more = len(rows) > asked["limit"]
    rows = rows[: asked["limit"]]
    labels(row["region_code"] for row in rows)  # at most one statement for them all
    firsts = {row["first_photo"]: "report" for row in rows if row["first_photo"]}
    photos = photo_views(city, firsts) if firsts else {}
    last = {"at": rows[-1]["created_at"].isoformat(), "id": str(rows[-1]["id"])} if more else None
    return {
        "items": [views.item(row, row["task"], photos) for row in rows],
        "next_cursor": cursors.encode(last) if last else None,
        "as_of": views.iso(datetime.now(UTC)),
    }


def tasks(actor: Actor) -> list[dict[str, Any]]:
    """{id, version, seq} of every case that waits for the actor, newest first: all of `view=mine` by one statement."""
    statement, given = lists.tasks(lists.Standing.of(actor), {"city": settings().city, "user": actor.user_id})
    return _rows(statement, given, prepare=False)


def attended_below(actor: Actor) -> list[str]:
    """Codes of the attended desks from the actor's own downwards: what the others would do waits for the actor (P6)."""
    asked = {"city": settings().city, "desks": lists.Standing.of(actor).desks}
    return [row["code"] for row in _rows(lists.ATTENDED_BELOW, asked)]


def counts(actor: Actor, asked: dict[str, Any]) -> dict[str, Any]:
    """How many open cases there are in the view: in all, by state, by light, and by what waits for the actor."""
    arguments = {"city": settings().city, "user": actor.user_id, "place": asked["place"]}
    statement, given = lists.counts(asked["view"], lists.Standing.of(actor), arguments)
    rows = _rows(statement, given, prepare=False)

    def by(column: str) -> dict[str, int]:
        totals: Counter[str] = Counter()
        for row in rows:
            if row[column]:
                totals[row[column]] += row["cases"]
        return dict(totals)

    return {
        "total": sum(row["cases"] for row in rows),
        "states": by("state"),
        "lights": by("light"),
        "tasks": by("task"),
        "as_of": datetime.now(UTC),
    }


def _visible(actor: Actor, case_id: uuid.UUID) -> dict[str, Any]:
    rows = _rows(queries.DETAIL, {"city": settings().city, "ids": [case_id], "user": actor.user_id})
    if not rows:
        raise Problem("not_found")
    return rows[0]


def _of_cases(statement: str, ids: Iterable[uuid.UUID]) -> defaultdict[uuid.UUID, list[dict[str, Any]]]:
    """The rows that a statement finds for these cases, by case."""
    found: defaultdict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in _rows(statement, {"city": settings().city, "ids": list(ids)}):
        found[row["case_id"]].append(row)
    return found


def _timeline(case_id: uuid.UUID) -> list[dict[str, Any]]:
    return _of_cases(queries.TIMELINE, [case_id])[case_id]


def _photos(timelines: Mapping[uuid.UUID, Sequence[views.Row]]) -> dict[uuid.UUID, views.Photos]:
    """The photos that each case's events name; one that nobody of the case has sent is on its way, whoever has it."""
    city = settings().city
    phases = {case_id: views.phases(timeline) for case_id, timeline in timelines.items()}
    named = [(case_id, sha) for case_id, of_case in phases.items() for sha in of_case]
    if not named:
        return {case_id: {} for case_id in timelines}
    cases, photos = [case_id for case_id, _ in named], [bytes.fromhex(sha) for _, sha in named]
    own = _rows(queries.OWN_PHOTOS, {"city": city, "cases": cases, "photos": photos})
    sent = {(row["case_id"], row["sha256"]) for row in own}
    seen = photo_views(city, {sha: phase for of_case in phases.values() for sha, phase in of_case.items()})
    unseen = {"ready": False, "width": None, "height": None, "url": None, "thumb_url": None}
    return {
        case_id: {
            sha: seen[sha] | {"phase": phase} | ({} if (case_id, sha) in sent else unseen)
            for sha, phase in of_case.items()
        }
        for case_id, of_case in phases.items()
    }


def cases_whole(actor: Actor, ids: Collection[uuid.UUID]) -> list[dict[str, Any]]:
    """Those of these cases whole that the actor may see, in the order asked for; no more statements for many."""
    rows = _rows(queries.DETAIL, {"city": settings().city, "ids": list(ids), "user": actor.user_id})
    found = {row["id"]: row for row in rows}
    if not found:
        return []
    labels(row["region_code"] for row in rows)  # at most one statement for them all
    timelines, tasks = _of_cases(queries.TIMELINE, found), _of_cases(queries.TASKS, found)
    photos = _photos(timelines)
    return [views.detail(found[one], timelines[one], tasks[one], photos[one]) for one in ids if one in found]


def case(actor: Actor, case_id: uuid.UUID) -> dict[str, Any]:
    """One case whole; raises Problem not_found outside the actor's scope."""
    seen = cases_whole(actor, [case_id])
    if not seen:
        raise Problem("not_found")
    return seen[0]


def events(actor: Actor, case_id: uuid.UUID) -> dict[str, Any]:
    """The events of a case; raises Problem not_found outside the actor's scope."""
    row = _visible(actor, case_id)
    timeline = _timeline(case_id)
    return views.timeline_view(row, timeline, _photos({case_id: timeline})[case_id])


def not_adopted(actor: Actor, case_id: uuid.UUID) -> dict[str, Any]:
    """What came too late for a case and is kept (rule C6): all of it for its desk, for others what they sent.

    Raises Problem not_found for a case out of scope of which the actor has sent nothing either.
    """
    asked = {"city": settings().city, "id": case_id}
    seen = _rows(queries.DETAIL, {"city": settings().city, "ids": [case_id], "user": actor.user_id})
    desk = bool(seen) and "desk" in seen[0]["relations"]
    rows = _rows(queries.NOT_ADOPTED, asked | {"author": None if desk else actor.author})
    if not seen and not rows:
        raise Problem("not_found")
    return {"items": [views.not_adopted(row) for row in rows]}


def assignees(actor: Actor, case_id: uuid.UUID, purpose: str) -> dict[str, Any]:
    """Who could take a case, or be called to it, for who may ask; raises Problem not_found for anybody else."""
    if {"desk", "head", "assignee"}.isdisjoint(_visible(actor, case_id)["relations"]):
        raise Problem("not_found")
    rows = _rows(queries.ASSIGNEES, {"city": settings().city, "id": case_id, "purpose": purpose})
    places = labels(row["region_code"] for row in rows)
    return {
        "items": [
            {
                "post_id": row["post_id"],
                "unit_id": row["unit_id"],
                "name": row["name"],
                "role_name": role_name(row["role"]) if row["role"] else None,
                "place_name": places[row["region_code"]]["name"],
                "on_duty": row["on_duty"],
                "open_tasks": row["open_tasks"],
            }
            for row in rows
        ]
    }


def course(receipt: str, proof: service.Proof) -> dict[str, Any]:
    """The public course of a report; raises Problem not_found for an unknown code.

    Whoever holds the report sees the photos they sent, and those of the work unless the matter is sensitive; everybody
    sees those that a desk has released (rule P8).
    """
    service.check_receipt(receipt)
    asked = {"receipt": receipt, "secret": proof.secret, "phone": proof.phone, "days": RATING_DAYS}
    rows = _rows(queries.COURSE, {"city": settings().city, **asked})
    if not rows:
        raise Problem("not_found")
    row = rows[0]
    timeline = _timeline(row["id"])
    shown = views.phases([event for event in timeline if _shows_photos(row, event)])
    photos = _photos({row["id"]: timeline})[row["id"]] if shown else {}
    photos = {sha: view for sha, view in photos.items() if sha in shown}
    return courses.course(row, timeline, _main_course(timeline), photos)


def _shows_photos(row: views.Row, event: views.Row) -> bool:
    if event["action"] == "release":
        return True
    worked = event["action"] in ("settle", "handle", "verify_pass") and row["confidentiality"] != "sensitive"
    return bool(row["mine"]) and (worked or event["seq"] in row["own"])


def _main_course(timeline: Sequence[views.Row]) -> list[views.Row]:
    """What has happened since to the case that this one was merged into, and to that one's main case in turn.

    Without what the main case's own reporter has said.
    """
    main: list[views.Row] = []
    while (merged := timeline[-1])["action"] == "merge":
        timeline = _timeline(uuid.UUID(merged["facts"]["main_case"]))
        main += [e for e in timeline if e["at"] > merged["at"] and e["actor_kind"] != "reporter"]
    return main
