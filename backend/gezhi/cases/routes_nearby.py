"""The doors of what is near by: open cases about a point, joining one, and cases like one for the desk."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, jsonify
from psycopg import Connection

from gezhi.cases import answers, nearby
from gezhi.cases.schemas_nearby import JOIN, NEAR, JoinSent, NearAsked, NearCases, NearSent, SimilarCases
from gezhi.db import connection
from gezhi.http import limits
from gezhi.http.body import read_json
from gezhi.http.openapi import Blueprint, open_to_all, takes
from gezhi.people.sessions import actor, author, signed_in

blueprint = Blueprint("nearby", __name__, url_prefix="/api/v1", description="Cases near by")

looks = limits.Allowance("nearby", "60 per minute")
"""A phone asks when its pin comes to rest and when a text is written: no hand reaches this."""

addresses = limits.Allowance("nearby addresses", "1200 per minute", limits.client_ip)
"""Apart from the ceiling of reports, so that no crowd of lookers keeps anybody from reporting."""


def _spend() -> None:
    looks.spend()
    addresses.spend()


@blueprint.get("/nearby")
@open_to_all
@blueprint.arguments(NearAsked, location="query")
@blueprint.alt_response(200, schema=NearCases)
def look(asked: dict[str, Any]) -> Response:
    """附近的问题 Open public cases near a point; `matter` is kind:code. Without signing in."""
    _spend()
    return jsonify(nearby.near(asked))


@blueprint.post("/nearby")
@open_to_all
@takes(NearSent)
@blueprint.alt_response(200, schema=NearCases)
def look_with_text() -> Response:
    """附近的同类问题 The same, compared with the text of a report to come. Nothing is kept."""
    _spend()
    return jsonify(nearby.near(read_json(NEAR)))


@blueprint.post("/nearby/<uuid:case_id>/join")
@open_to_all
@takes(JoinSent)
@blueprint.alt_response(201, schema=answers.Receipt, description="Joined.")
@blueprint.alt_response(200, schema=answers.Receipt, description="Known: the same body again has the same receipt.")
def join_case(case_id: uuid.UUID) -> tuple[Response, int]:
    """我也遇到 Join an open public case, with a receipt of one's own. Without signing in."""
    sent = read_json(JOIN)
    with connection() as lent:
        facts = join(lent, case_id, sent)
    return jsonify(nearby.receipt(facts)), 200 if facts["known"] else 201


def join(lent: Connection[Any], case_id: uuid.UUID, sent: dict[str, Any]) -> dict[str, Any]:
    """Join as whoever asks; what `nearby.join` returns and raises, and too_many_requests."""
    limits.spend_report()
    person = actor()
    return nearby.join(lent, case_id, sent, author(), person.user_id if person else None)


@blueprint.get("/cases/<uuid:case_id>/similar")
@blueprint.alt_response(200, schema=SimilarCases)
def similar_cases(case_id: uuid.UUID) -> Response:
    """相似案件 Open duplicates of a case and what it may be a relapse of, as far as the caller may see them."""
    return jsonify(nearby.similar(signed_in(), case_id))
