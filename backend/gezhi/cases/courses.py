"""The course of a report as residents read it: what happened in everyday words, never the name of a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from gezhi.cases import views, words
from gezhi.cases.views import Photos, Row
from gezhi.cases.workflow import RATING_DAYS
from gezhi.http.language import pick
from gezhi.people.names import role_name

_TOLD = {"handle": "reply", "settle": "reply", "reject": "reason", "transfer": "reason", "void": "reason"}
"""What residents read of an event's body; all else is for staff."""


def _who(event: Row) -> str:
    """Who did or got something, for residents: a role or a unit."""
    role = event["to_role"] if event["action"] in views.ASSIGNING else event["role"]
    if role == "handler" or (role is None and event["to_unit"]):
        return (
            pick(event["to_unit"], event["to_unit_en"])
            if event["to_unit"]
            else pick("责任单位", "the unit responsible")
        )
    return role_name(role) if role else pick("受理台", "the desk")


def _note(event: Row) -> str | None:
    """What residents read of what was said, or that it was erased."""
    body = event["body"] or {}
    if event["action"] not in _TOLD:
        return None
    told: str | None = body.get(_TOLD[event["action"]])
    return views.erased_note(body) or told


def _step(event: Row) -> dict[str, Any]:
    who = _who(event)
    platform = event["facts"].get("platform") or ""
    return {
        "key": event["action"],
        "name": pick(*words.COURSE[event["action"]]).format(who=who, platform=platform),
        "at": views.iso(event["at"]),
        "who": who if event["actor_kind"] == "post" else None,
        "note": _note(event),
        "done": True,
    }


def _rating(row: Row, timeline: Sequence[Row]) -> dict[str, Any]:
    """Whether the report can be rated, until when, and what was given; its comment only for who gave it."""
    until = row["closed_at"] + timedelta(days=RATING_DAYS) if row["closed_at"] else None
    given = None
    if row["stars"] is not None:
        rated = next(event for event in reversed(timeline) if event["action"] == "rate")
        given = {
            "stars": row["stars"],
            "satisfaction": row["satisfaction"],
            "comment": (rated["body"] or {}).get("comment") if row["mine"] and rated["seq"] in row["own"] else None,
            "at": views.iso(rated["at"]),
        }
    opened = until is not None and until > datetime.now(UTC) and given is None and not row["final"]
    opened = opened and not (row["mine"] and "rater" not in row["relations"])
    return {"open": opened, "until": views.iso(until), "given": given}


def course(row: Row, timeline: Sequence[Row], main: Sequence[Row], photos: Photos) -> dict[str, Any]:
    """The course as anybody with its code may read it; photos and what can be done only for who holds the report (P8).

    `main` are the events of the case it was merged into, since then.
    """
    replies = [(event["body"] or {}).get("reply") for event in (*timeline, *main)]
    kind = views.matter(row["city"], row["matter_kind"], row["matter_code"])
    return {
        "receipt_code": row["receipt_code"],
        "number": row["number"],
        "category": views.category(row["city"], row["category_key"]),
        "matter_name": kind["name"] if kind else None,
        "state": row["state"],
        "state_name": words.state_name(row["state"], resident=True),
        "place_name": views.place(row)["label"],
        "created_at": views.iso(row["reported_at"]),
        "steps": [_step(event) for event in (*timeline, *main) if event["action"] in words.COURSE],
        "reply": next((reply for reply in reversed(replies) if reply), None),
        "photos": list(photos.values()),
        "mine": row["mine"],
        "allowed": views.allowed_view(row["state"], row["relations"], None, row["barred"]),
        "rating": _rating(row, timeline),
    }
