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
}
_DIGESTED = ("seq", "version", "action", "state", "who", "at_seconds", "occurred_seconds", "facts_text")
_ASSIGNING = ("dispatch", "reassign", "verify_fail")


def replay(events: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The columns of a case that its events, in order, give: state, version, seq and every fact."""
    case: dict[str, Any] = dict.fromkeys(_COLUMNS.values())
    case |= {"matter_kind": None, "matter_code": None}
    for event in events:
        facts = event["facts"]
        if event["action"] in _ASSIGNING:
            case |= {"verifier_post_id": None, "verifier_region": None}
        case |= {column: facts[fact] for fact, column in _COLUMNS.items() if fact in facts}
        if facts.get("matter"):
            case["matter_kind"], _, case["matter_code"] = facts["matter"].partition(":")
        case |= {"state": event["state"], "version": event["version"], "seq": event["seq"]}
    return case


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
