"""Cases as their readers see them: items of lists, the whole case, the receipt, and the resident's course."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from gezhi.cases import words
from gezhi.cases.workflow import RATING_DAYS, allowed
from gezhi.catalogue.service import names
from gezhi.http.language import pick
from gezhi.people.names import role_name
from gezhi.places.names import labels

_TASKS = {"dispatched": ("assignee", "sign"), "signed": ("assignee", "handle"), "handled": ("verifier", "verify")}
_PHASE = {"report": "report", "handle": "handle"}

Row = Mapping[str, Any]
Photos = Mapping[str, dict[str, Any]]


def iso(moment: datetime | str | None) -> str | None:
    """ISO 8601 in UTC with milliseconds; the database's own JSON times are read first."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None


def matter(city: str, kind: str | None, code: str | None) -> dict[str, Any] | None:
    """The matter with its name, or None while nobody has said which it is."""
    return {"kind": kind, "code": code, "name": names(city).matter(kind, code)} if kind and code else None


def category(city: str, key: str | None) -> dict[str, Any] | None:
    """The resident category with its name and picture, or None."""
    return {"key": key, "name": names(city).category(key), "icon": key} if key else None


def allowed_view(state: str, relations: Collection[str]) -> list[dict[str, Any]]:
    """The actions open to this caller, likeliest first; the first one is the big button."""
    return [
        {
            "action": action.key,
            "name": pick(action.name, action.name_en),
            "primary": index == 0,
            "kind": action.kind,
            "needs": [{"field": need.field, "required": need.required} for need in action.needs],
        }
        for index, action in enumerate(allowed(state, relations))
    ]


def _place(row: Row) -> dict[str, Any]:
    code = row["region_code"]
    named = labels([code]).get(code)
    return {
        "code": code,
        "name": named["name"] if named else code,
        "label": named["label"] if named else code,
        "approximate": row["place_quality"] == "approximate",
        "unsure": row["place_quality"] == "unsure",
    }


def _assignee(row: Row) -> dict[str, Any] | None:
    if row["assignee_post_id"] is None and row["lead_unit_id"] is None:
        return None
    unit = pick(row["unit_name"], row["unit_name_en"]) if row["unit_name"] else None
    return {
        "post_id": row["assignee_post_id"],
        "unit_id": row["lead_unit_id"],
        "name": row["assignee_name"] or unit,
        "role_name": role_name(row["assignee_role"]) if row["assignee_role"] else None,
    }


def item(row: Row, task: str | None, photos: Photos) -> dict[str, Any]:
    """One row of a list. `task` is what waits for this caller in it."""
    return {
        "id": row["id"],
        "number": row["number"],
        "state": row["state"],
        "state_name": words.state_name(row["state"]),
        "version": row["version"],
        "seq": row["seq"],
        "urgency": row["urgency"],
        "light": row["light"],
        "due_at": iso(row["due_at"]),
        "step": row["step"],
        "matter": matter(row["city"], row["matter_kind"], row["matter_code"]),
        "category": category(row["city"], row["category_key"]),
        "place": _place(row) | {"point": [row["lng"], row["lat"]] if row["lng"] is not None else None},
        "address": row["address"],
        "summary": (row["text"] or "")[:80],
        "assignee": _assignee(row),
        "task": task,
        "created_at": iso(row["created_at"]),
        "updated_at": iso(row["updated_at"]),
        "thumb_url": photos[row["first_photo"]]["thumb_url"] if row["first_photo"] in photos else None,
    }


def task_of(state: str, relations: Collection[str]) -> str | None:
    """What waits for somebody who stands in these relations to a case in this state."""
    relation, task = _TASKS.get(state, ("", None))
    return task if relation in relations else None


def phases(timeline: Sequence[Row]) -> dict[str, str]:
    """Each photo of a case with the phase it belongs to: report, handle or verify."""
    return {
        photo: _PHASE.get(event["action"], "verify")
        for event in timeline
        for photo in (event["body"] or {}).get("photos", ())
    }


def _step(event: Row, photos: Photos) -> dict[str, Any]:
    body = event["body"] or {}
    unit = pick(event["to_unit"], event["to_unit_en"]) if event["to_unit"] else None
    to = event["to_name"] or unit if event["action"] in ("dispatch", "reassign", "verify_fail") else None
    role = role_name(event["role"]) if event["role"] else None
    by = {"name": event["name"], "role_name": role} if event["name"] else None
    if event["actor_kind"] == "system":
        by = {"name": pick("系统", "System"), "role_name": None}
    return {
        "seq": event["seq"],
        "action": event["action"],
        "name": words.action_name(event["action"]),
        "at": iso(event["at"]),
        "occurred_at": iso(event["occurred_at"]),
        "offline": event["at"] - event["occurred_at"] > timedelta(minutes=2),
        "by": by,
        "note": body.get("reply") or body.get("note") or body.get("reason") or body.get("comment"),
        "internal_note": body.get("note") if body.get("reply") else None,
        "to": {"name": to} if to else None,
        "photos": [photos[photo] for photo in body.get("photos", ()) if photo in photos],
        "position": event["facts"].get("position"),
    }


def detail(row: Row, timeline: Sequence[Row], photos: Photos) -> dict[str, Any]:
    """The whole case for somebody who may see it, with exactly what they may do now."""
    relations = row["relations"]
    return item(row, task_of(row["state"], relations), photos) | {
        "text": row["text"],
        "photos": list(photos.values()),
        "timeline": [_step(event, photos) for event in timeline],
        "why": words.why(row["why"]),
        "channel_name": words.channel_name(row["channel"]),
        "allowed": allowed_view(row["state"], relations),
        "fence_m": row["fence_m"] or 100,
        "reporter": {"anonymous": True, "name": pick("匿名群众", "Anonymous resident")},
    }


def timeline_view(timeline: Sequence[Row], photos: Photos) -> dict[str, Any]:
    """The events of a case alone."""
    return {"items": [_step(event, photos) for event in timeline]}


def current(facts: Row) -> dict[str, Any]:
    """The least state of a case, told to somebody whose command came too late."""
    relations = facts["relations"]
    least: dict[str, Any] = {"state": facts["state"], "state_name": words.state_name(facts["state"])}
    if relations:
        least |= {"version": facts["version"], "allowed": allowed_view(facts["state"], relations)}
    return least


def receipt(facts: Row) -> dict[str, Any]:
    """What the sender of a report is told; never the name of a person."""
    unit = pick(facts["unit_name"], facts["unit_name_en"]) if facts["unit_name"] else None
    if facts["post_role"]:
        place = labels([facts["post_region"]])[facts["post_region"]]["name"]
        assigned = {"kind": "post", "name": f"{place} {role_name(facts['post_role'])}"}
    elif unit:
        assigned = {"kind": "unit", "name": unit}
    else:
        assigned = {"kind": "desk", "name": pick("受理台", "The desk")}
    city = facts["region_code"][:4]
    return {
        "id": facts["id"],
        "case_id": facts["case_id"],
        "number": facts["number"],
        "receipt_code": facts["receipt_code"],
        "state": facts["state"],
        "state_name": words.state_name(facts["state"], resident=True),
        "category": category(city, facts["category"]),
        "place": _place(facts),
        "assigned_to": assigned,
        "why": words.why(facts["why"]),
        "due_at": iso(facts["due_at"]),
        "missing_photos": facts["missing_photos"],
        "created_at": iso(facts["created_at"]),
        "url": f"/r/{facts['receipt_code']}",
    }


def _who(event: Row) -> str:
    """Who did or got something, for residents: a role or a unit."""
    role = event["to_role"] if event["action"] in ("dispatch", "reassign", "verify_fail") else event["role"]
    if role == "handler" or (role is None and event["to_unit"]):
        return (
            pick(event["to_unit"], event["to_unit_en"])
            if event["to_unit"]
            else pick("责任单位", "the unit responsible")
        )
    return role_name(role) if role else pick("受理台", "the desk")


def _course_steps(timeline: Sequence[Row]) -> list[dict[str, Any]]:
    steps = []
    for event in timeline:
        if event["action"] not in words.COURSE:
            continue
        body = event["body"] or {}
        who = _who(event)
        steps.append(
            {
                "key": event["action"],
                "name": pick(*words.COURSE[event["action"]]).format(who=who),
                "at": iso(event["at"]),
                "who": who if event["actor_kind"] == "post" else None,
                "note": body.get("reply") if event["action"] == "handle" else None,
                "done": True,
            }
        )
    return steps


def course(row: Row, timeline: Sequence[Row], photos: Photos) -> dict[str, Any]:
    """The course of a report as anybody with its code may read it; photos only for the one who sent it (rule P8)."""
    until = row["closed_at"] + timedelta(days=RATING_DAYS) if row["closed_at"] else None
    opened = row["state"] == "closed" and row["stars"] is None and until is not None and until > datetime.now(UTC)
    given = None
    if row["stars"] is not None:
        rated = next(event for event in reversed(timeline) if event["action"] == "rate")
        comment = (rated["body"] or {}).get("comment") if row["mine"] else None
        given = {
            "stars": row["stars"],
            "satisfaction": row["satisfaction"],
            "comment": comment,
            "at": iso(rated["at"]),
        }
    replies = [(event["body"] or {}).get("reply") for event in timeline if event["action"] == "handle"]
    kind = matter(row["city"], row["matter_kind"], row["matter_code"])
    return {
        "receipt_code": row["receipt_code"],
        "number": row["number"],
        "category": category(row["city"], row["category_key"]),
        "matter_name": kind["name"] if kind else None,
        "state": row["state"],
        "state_name": words.state_name(row["state"], resident=True),
        "place_name": _place(row)["label"],
        "created_at": iso(row["reported_at"]),
        "steps": _course_steps(timeline),
        "reply": replies[-1] if replies else None,
        "photos": list(photos.values()) if row["mine"] else [],
        "mine": row["mine"],
        "rating": {"open": opened, "until": iso(until), "given": given},
    }
