"""The catalogue over HTTP."""

from __future__ import annotations

from typing import Any

from flask import jsonify, request

from gezhi.catalogue import schemas, service
from gezhi.config import settings
from gezhi.http.language import language
from gezhi.http.openapi import Blueprint

blueprint = Blueprint("catalogue", __name__, url_prefix="/api/v1", description="事项清单 Catalogue")

KEPT_SECONDS = 60


@blueprint.get("/matters")
@blueprint.response(200, schemas.Catalogue)
def matters() -> Any:
    """事项清单 The matters turned on, their groups, and what residents choose from."""
    found = service.matters(settings().city, language())
    response = jsonify(found)
    response.cache_control.public = True
    response.cache_control.max_age = KEPT_SECONDS
    response.vary.add("Accept-Language")
    response.set_etag(found["version"])
    response.make_conditional(request)
    return response
