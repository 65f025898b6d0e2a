"""The doors of the roster: who is planned when, shifts, absences."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from gezhi.http.openapi import Blueprint
from gezhi.http.problems import Problem
from gezhi.people import roster, roster_schemas
from gezhi.people.sessions import signed_in

blueprint = Blueprint("roster", __name__, url_prefix="/api/v1", description="Who is on duty 值班")


@blueprint.get("/roster")
@blueprint.arguments(roster_schemas.RosterAsked, location="query")
@blueprint.response(200, roster_schemas.RosterPage)
def show(asked: dict[str, Any]) -> dict[str, Any]:
    """The roster of a place, for its desks and those above, and of their own unit for heads of units."""
    return roster.page(signed_in(), asked)


@blueprint.put("/posts/<uuid:post>/shifts")
@blueprint.arguments(roster_schemas.ShiftsSent)
@blueprint.response(200, roster_schemas.RosterShifts)
def replace_shifts(sent: dict[str, Any], post: uuid.UUID) -> dict[str, Any]:
    """Replace the shifts of a post that begin in a period; for duty leaders and administrators of the place."""
    return {"items": roster.replace_shifts(signed_in(), post, sent)}


@blueprint.post("/posts/<uuid:post>/absences")
@blueprint.arguments(roster_schemas.AbsenceSent)
@blueprint.response(201, roster_schemas.RosterAbsence)
@blueprint.alt_response(200, schema=roster_schemas.RosterAbsence, description="The same was planned before.")
def register_absence(sent: dict[str, Any], post: uuid.UUID) -> tuple[dict[str, Any], int]:
    """Plan an absence of one's own post, or of a post of the place one plans for."""
    absence, new = roster.register_absence(signed_in(), post, sent)
    return absence, 201 if new else 200


@blueprint.delete("/posts/<uuid:post>/absences/<starts_at>")
@blueprint.response(204)
def end_absence(post: uuid.UUID, starts_at: str) -> None:
    """Take back an absence to come, or end the one that runs now. `starts_at` as the roster shows it."""
    person = signed_in()
    try:
        moment = datetime.fromisoformat(starts_at)
    except ValueError:
        raise Problem("not_found") from None
    if moment.tzinfo is None:
        raise Problem("not_found")
    roster.end_absence(person, post, moment)
