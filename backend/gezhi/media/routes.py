"""Photos over HTTP: put by content hash, got by signed link."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request

from gezhi.config import settings
from gezhi.http import limits
from gezhi.http.openapi import Blueprint, open_to_all
from gezhi.http.problems import Problem
from gezhi.media import links, schemas, service
from gezhi.people.sessions import author

blueprint = Blueprint("media", __name__, url_prefix="/api/v1", description="Photos 照片")

_TYPES = sorted(service.TYPES)


@blueprint.put("/media/<sha>")
@open_to_all
@blueprint.doc(
    requestBody={
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _TYPES},
    }
)
@blueprint.response(201, schemas.UploadView)
@blueprint.alt_response(200, schema=schemas.UploadView, description="known already", success=True)
def put(sha: str) -> Response:
    """Send a photo under its SHA-256 (lower-case hex). 201 new, 200 known; `ready` once it is cleaned."""
    limits.media.spend()
    sender = author()
    if (request.content_length or 0) > service.MAX_BYTES:
        raise Problem("too_large", limit="15 MB")
    done = service.put(settings().city, sender, sha, request.content_type or "", request.stream)
    answer = jsonify(sha256=sha, bytes=done.bytes, ready=done.ready)
    answer.status_code = 201 if done.new else 200
    return answer


@blueprint.get("/media/<sha>")
@open_to_all
@blueprint.arguments(schemas.LinkQuery, location="query")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="image/jpeg")
def get(query: dict[str, Any], sha: str) -> Response:
    """The cleaned photo of a signed link; 404 when the link is over, altered, or the photo gone."""
    asked = links.Asked(sha, query["size"], query["until"], query["sig"])
    content, left = service.open_link(settings().city, asked)
    answer = Response(content, mimetype="image/jpeg")
    answer.headers["Cache-Control"] = f"private, max-age={left}, immutable"
    return answer
