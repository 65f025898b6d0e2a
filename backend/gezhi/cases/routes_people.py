"""The doors where cases and people meet: who reported one, and whose cases go to another post."""

from __future__ import annotations

import uuid
from typing import Any

from marshmallow import fields, validate

from gezhi.cases import answers, handover, reporters
from gezhi.http.body import Strict
from gezhi.http.openapi import Blueprint
from gezhi.people.sessions import signed_in

blueprint = Blueprint("case_people", __name__, url_prefix="/api/v1", description="Reporters and hand-over")

_REASON = [validate.Length(1, 200), validate.Regexp(r".*\S")]


class RevealAsked(Strict):
    """Why the reporter's name and number are needed; kept in the audit trail."""

    reason = fields.String(required=True, validate=_REASON)


class HandOverSent(Strict):
    """To whom the open cases of a post go, and why."""

    to_post_id = fields.UUID(required=True)
    reason = fields.String(required=True, validate=_REASON)


@blueprint.post("/cases/<uuid:case_id>/reporter")
@blueprint.arguments(RevealAsked)
@blueprint.response(200, answers.ReporterRevealed)
def reveal_reporter(sent: dict[str, Any], case_id: uuid.UUID) -> dict[str, Any]:
    """The reporter's name and number in clear, for the desk and the assignee; each look is audited."""
    return reporters.reveal(signed_in(), case_id, sent["reason"].strip())


@blueprint.post("/posts/<uuid:post>/hand-over")
@blueprint.arguments(HandOverSent)
@blueprint.response(200, answers.HandedOver)
def hand_over(sent: dict[str, Any], post: uuid.UUID) -> dict[str, Any]:
    """Give every open case of a post to another one; for duty leaders of the place."""
    return {"cases": handover.hand_over(signed_in(), post, sent["to_post_id"], sent["reason"].strip())}
