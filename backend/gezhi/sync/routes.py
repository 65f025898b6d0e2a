"""The door of sync."""

from __future__ import annotations

import json
import uuid
from typing import Any

from flask import Response, request

from gezhi.http.openapi import Blueprint
from gezhi.people.sessions import signed_in
from gezhi.sync import schemas, service

blueprint = Blueprint("sync", __name__, url_prefix="/api/v1", description="同步 What a phone pulls")


def _device() -> str | None:
    """The author of what this device sent without a session; None when it does not say which it is."""
    try:
        return f"device:{uuid.UUID(request.headers.get('X-Gezhi-Device', ''))}"
    except ValueError:
        return None


@blueprint.get("/sync")
@blueprint.arguments(schemas.SyncAsked, location="query")
@blueprint.alt_response(200, schema=schemas.Sync)
def pull(asked: dict[str, Any]) -> Response:
    """同步 What waits for the caller, the cases that changed since the cursor, and what is kept of what was sent."""
    body = service.pull(signed_in(), _device(), asked["cursor"])
    text = json.dumps(body, ensure_ascii=False, default=str, separators=(",", ":"))
    return Response(text, mimetype="application/json")
