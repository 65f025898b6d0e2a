"""Cases as their readers see them: items of lists, the whole case, the receipt, and the resident's course."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from gezhi.cases import words
from gezhi.cases.reporters import reporter_view, withheld
from gezhi.cases.workflow import TASKS, VERIFICATIONS, allowed, needed
from gezhi.catalogue.service import names
from gezhi.http.language import pick
from gezhi.people.names import role_name
from gezhi.places.names import labels

_TASKS = {"dispatched": ("assignee", "sign"), "signed": ("assignee", "handle"), "handled": ("verifier", "verify")}
_SAID = ("reply", "note", "reason", "text", "comment", "minutes")
_PHASE = {
    **dict.fromkeys(("report", "join", "add", "check"), "report"),
    **dict.fromkeys(("verify_pass", "verify_fail", "evaluate"), "verify"),
}

ASSIGNING = ("dispatch", "reassign", "delegate", "verify_fail", "refuse_escalation")
"""Moves that give a case to somebody."""

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


def allowed_view(
    state: str, relations: Collection[str], verification: str | None, barred: Collection[str] = ()
) -> list[dict[str, Any]]:
    """The actions open to this caller, likeliest first; the first one is the big button.

    `barred` are those that are nobody's now, as the database's barred_v1 has them.
    """
    rows = [action for action in allowed(state, relations) if action.key not in barred]
    return [
        {
            "action": action.key,
            "name": pick(action.name, action.name_en),
            "primary": index == 0,
            "kind": action.kind,
            "needs": [{"field": need.field, "required": need.required} for need in needed(action, verification)],
        }
        for index, action in enumerate(rows)
    ]


def erased_note(body: Row) -> str | None:
    """What stands in the place of a text that was erased, None for every other."""
    return pick("已删除", "Deleted") if body.get("erased") else None


def _said(row: Row) -> str | None:
    """The text of a case's first report, or what stands in its place."""
    text: str | None = row["text"]
    return erased_note(row) or text


def place(row: Row) -> dict[str, Any]:
    """Where a case is, with the names of the place."""
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
        "place": place(row) | {"point": [row["lng"], row["lat"]] if row["lng"] is not None else None},
        "address": row["address"],
        "summary": (_said(row) or "")[:80],
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
    """Each photo of a case with the phase it belongs to, the first in which it came: report, handle or verify."""
    found: dict[str, str] = {}
    for event in timeline:
        for photo in (event["body"] or {}).get("photos", ()):
            found.setdefault(photo, _PHASE.get(event["action"], "handle"))
    return found


def _step(event: Row, photos: Photos, *, hidden: bool) -> dict[str, Any]:
    body = event["body"] or {}
    unit = pick(event["to_unit"], event["to_unit_en"]) if event["to_unit"] else None
    to = event["to_name"] or unit if event["action"] in ASSIGNING else None
    role = role_name(event["role"]) if event["role"] else None
    by = {"name": event["name"], "role_name": role} if event["name"] else None
    if hidden and event["action"] == "report":
        by = None  # who reported may be staff (rule P8)
    if event["actor_kind"] == "system":
        by = {"name": pick("系统", "System"), "role_name": None}
    return {
        "seq": event["seq"],
        "action": event["action"],
        "name": words.action_name(event["action"]),
        "at": iso(event["at"]),
        "occurred_at": iso(event["occurred_at"]),
        "offline": event["actor_kind"] != "system"
        and (event["at"] - event["occurred_at"] > timedelta(minutes=2) or "claimed_at" in event["facts"]),
        "claimed_at": iso(event["facts"].get("claimed_at")),
        "by": by,
        "note": erased_note(body) or next((body[key] for key in _SAID if body.get(key)), None),
        "internal_note": body.get("note") if body.get("reply") else None,
        "detail": words.detail(event["action"], event["facts"], body),
        "to": {"name": to} if to else None,
        "photos": [photos[photo] for photo in body.get("photos", ()) if photo in photos],
        "position": event["facts"].get("position"),
    }


def _external(row: Row) -> dict[str, Any] | None:
    """The other platform that is responsible, with its number and deadline."""
    if row["external_platform"] is None:
        return None
    return {
        "platform": row["external_platform"],
        "number": row["external_number"],
        "deadline": iso(row["external_deadline"]),
    }


def _task(row: Row) -> dict[str, Any]:
    """An open task on a case: what, for whom, until when, and what was asked for."""
    unit = pick(row["unit_name"], row["unit_name_en"]) if row["unit_name"] else None
    desk = pick("受理台", "The desk") if row["desk"] else None
    return {
        "id": row["id"],
        "kind": row["kind"],
        "name": pick(*TASKS[row["kind"]]),
        "who": row["person"] or unit or desk,
        "due_at": iso(row["due_at"]),
        "until": iso((row["wanted"] or {}).get("until")),
        "reason": row["reason"],
    }


def detail(row: Row, timeline: Sequence[Row], tasks: Sequence[Row], photos: Photos) -> dict[str, Any]:
    """The whole case for somebody who may see it, with exactly what they may do now."""
    relations = row["relations"]
    hidden = withheld(row, relations)
    return item(row, task_of(row["state"], relations), photos) | {
        "text": _said(row),
        "photos": list(photos.values()),
        "timeline": [_step(event, photos, hidden=hidden) for event in timeline],
        "why": words.why(row["why"]),
        "channel_name": words.channel_name(row["channel"]),
        "allowed": allowed_view(row["state"], relations, row["verification"], row["barred"]),
        "fence_m": row["fence_m"] or 100,
        "level": row["level"],
        "loop_name": words.loop_name(row["level"]),
        "verification_name": pick(*VERIFICATIONS[row["verification"]][:2]) if row["verification"] else None,
        "sampled": row["sampled"],
        "pinned": row["pinned"],
        "ownerless": row["ownerless"],
        "dispute": bool(row["dispute"]),
        "mediations": row["mediations"],
        "reports": row["reports"],
        "review_on": row["review_on"].isoformat() if row["review_on"] else None,
        "main_case_id": row["main_case_id"],
        "external": _external(row),
        "tasks": [_task(task) for task in tasks],
        "reporter": reporter_view(row),
    }


def not_adopted(row: Row) -> dict[str, Any]:
    """A command that came too late, with all that it said."""
    content = {"erased": True} if row["content"] is None else row["content"]
    return {
        "command": row["id"],
        "action": row["action"],
        "name": words.action_name(row["action"]),
        "refused": row["refused"],
        "by": row["person"],
        "note": erased_note(content) or next((content[key] for key in _SAID if content.get(key)), None),
        "photos": content.get("photos") or [],
        "at": iso(row["created_at"]),
    }


def timeline_view(row: Row, timeline: Sequence[Row], photos: Photos) -> dict[str, Any]:
    """The events of a case alone."""
    hidden = withheld(row, row["relations"])
    return {"items": [_step(event, photos, hidden=hidden) for event in timeline]}


def current(facts: Row, *, resident: bool = False) -> dict[str, Any]:
    """The least state of a case, told to somebody whose command came too late; a resident reads it in their words."""
    relations = facts["relations"]
    least: dict[str, Any] = {
        "state": facts["state"],
        "state_name": words.state_name(facts["state"], resident=resident),
    }
    if relations and not resident:
        allowed = allowed_view(facts["state"], relations, facts["verification"], facts["barred"])
        least |= {"version": facts["version"], "allowed": allowed}
    return least


def receipt(facts: Row) -> dict[str, Any]:
    """What the sender of a report is told; never the name of a person."""
    unit = pick(facts["unit_name"], facts["unit_name_en"]) if facts["unit_name"] else None
    if facts["post_role"]:
        grid = labels([facts["post_region"]])[facts["post_region"]]["name"]
        assigned = {"kind": "post", "name": f"{grid} {role_name(facts['post_role'])}"}
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
        "place": place(facts),
        "assigned_to": assigned,
        "why": words.why(facts["why"]),
        "due_at": iso(facts["due_at"]),
        "missing_photos": facts["missing_photos"],
        "created_at": iso(facts["created_at"]),
        "url": f"/r/{facts['receipt_code']}",
    }
