"""A case as the replay of its events, and whether its chain of digests holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

# The facts of events by the column of `cases` they set.
_COLUMNS = {
    "number": "number",
    "level": "level",
    "urgency": "urgency",
    "confidentiality": "confidentiality",
    "channel": "channel",
    "category": "category_key",
    "region": "region_code",
    "place_quality": "place_quality",
    "lng": "lng",
    "lat": "lat",
    "origin": "origin",
    "assignee_post": "assignee_post_id",
    "lead_unit": "lead_unit_id",
    "handled_by": "handled_by_post_id",
    "verifier_post": "verifier_post_id",
    "verifier_region": "verifier_region",
    "step": "step",
    "due_at": "due_at",
    "stars": "stars",
    "satisfaction": "satisfaction",
    "profile": "profile",
    "verification": "verification",
    "sampled": "sampled",
    "warn_at": "warn_at",
    "deadline": "deadline",
    "resume_state": "resume_state",
    "returns": "returns",
    "pinned": "pinned",
    "escalated_from": "escalated_from",
    "ownerless": "ownerless",
    "keeper_post": "keeper_post_id",
    "keeper_unit": "keeper_unit_id",
    "dissatisfactions": "dissatisfactions",
    "final": "final",
    "review_on": "review_on",
    "main_case": "main_case_id",
    "platform": "external_platform",
    "number_outside": "external_number",
    "deadline_outside": "external_deadline",
}
_AT_FIRST = {"sampled": False, "returns": 0, "pinned": False, "ownerless": False, "dissatisfactions": 0, "final": False}
_DIGESTED = ("seq", "version", "action", "state", "who", "at_seconds", "occurred_seconds", "facts_text")


def replay(events: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The columns of a case that its events, in order, give: state, version, seq and every fact."""
    case: dict[str, Any] = dict.fromkeys(_COLUMNS.values())
    case |= {"matter_kind": None, "matter_code": None, **_AT_FIRST}
    for event in events:
        facts = event["facts"]
        case |= {column: facts[fact] for fact, column in _COLUMNS.items() if fact in facts}
        if facts.get("matter"):
            case["matter_kind"], _, case["matter_code"] = facts["matter"].partition(":")
        case |= {"state": event["state"], "version": event["version"], "seq": event["seq"]}
    return case


def open_tasks(events: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The kind of each task that is open after these events, by its id."""
    tasks: dict[str, str] = {}
    for event in events:
        tasks |= {task["id"]: task["kind"] for task in event["facts"].get("tasks", ())}
        for closed in event["facts"].get("closed_tasks", ()):
            tasks.pop(closed, None)
    return tasks


def digest(previous: bytes, event: Mapping[str, Any]) -> bytes:
    """The digest of one event as cases/sql/20_log.sql makes it; `facts_text`, `body_text` are PostgreSQL's text."""
    words = "|".join(str(event[part]) for part in _DIGESTED)
    body = b""
    if event["body_text"] == "null":
        body = bytes(event["salt"])  # erased: what is left of it is its digest, in the place of the salt
    elif event["body_text"] is not None:
        body = hashlib.sha256(bytes(event["salt"]) + event["body_text"].encode()).digest()
    return hashlib.sha256(previous + words.encode() + body).digest()


def comparable(row: Mapping[str, Any]) -> dict[str, Any]:
    """A case's row or a replay in the same plain terms: ids as text, times as PostgreSQL's JSON writes them."""
    return {key: json.loads(json.dumps(value, default=str)) for key, value in row.items()}
