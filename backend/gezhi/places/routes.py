"""Places over HTTP: finding the grid of a point, and shapes for maps. Nothing here needs a session."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request

from gezhi.config import settings
from gezhi.http.openapi import Blueprint, open_to_all
from gezhi.places import schemas, service

blueprint = Blueprint("places", __name__, url_prefix="/api/v1", description="区划 Places")

GEOJSON = "application/geo+json"
KEPT_SECONDS = 600
"""How long a browser may use a place without asking again; boundaries change a few times a year."""


def _kept(response: Response) -> Response:
    """The answer with its ETag, or 304 when the asker has it already."""
    response.cache_control.public = True
    response.cache_control.max_age = KEPT_SECONDS
    response.add_etag()
    response.make_conditional(request)
    return response


def _geojson(text: str) -> Response:
    return _kept(Response(text, mimetype=GEOJSON))


@blueprint.get("/places/locate")
@open_to_all
@blueprint.arguments(schemas.Point, location="query")
@blueprint.response(200, schemas.Located)
def locate(point: schemas.Loaded) -> service.Located:
    """定位 The grid in which a point lies, else the nearest within 200 m, else the smallest region that covers it."""
    return service.locate(settings().city, point["lng"], point["lat"], point["system"])


@blueprint.get("/places/grids.geojson")
@open_to_all
@blueprint.arguments(schemas.Box, location="query")
@blueprint.response(200, schemas.FeatureCollection, content_type=GEOJSON)
def grids(box: schemas.Loaded) -> Response:
    """网格图层 The grids that meet a box, at most 400."""
    return _geojson(service.grids_geojson(settings().city, box["bbox"]))


@blueprint.get("/places/<code>")
@open_to_all
@blueprint.response(200, schemas.Place)
def place(code: str) -> Any:
    """区划 A region."""
    return _kept(jsonify(service.place(code)))


@blueprint.get("/places/<code>/children")
@open_to_all
@blueprint.response(200, schemas.PlaceItems)
def children(code: str) -> Any:
    """下级区划 The regions one level below."""
    return _kept(jsonify(items=service.children(code)))


@blueprint.get("/places/<code>.geojson")
@open_to_all
@blueprint.response(200, schemas.Feature, content_type=GEOJSON)
def shape(code: str) -> Response:
    """边界 A region's shape; a city's and a district's are simplified."""
    return _geojson(service.geojson(code))


@blueprint.get("/places/<code>/children.geojson")
@open_to_all
@blueprint.response(200, schemas.FeatureCollection, content_type=GEOJSON)
def children_shapes(code: str) -> Response:
    """下级边界 The shapes of the regions one level below."""
    return _geojson(service.children_geojson(code))
