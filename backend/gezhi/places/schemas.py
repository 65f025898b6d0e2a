"""What crosses the wire of places."""

from __future__ import annotations

from typing import Any

import marshmallow
from marshmallow import fields, validate

from gezhi.http.body import Strict
from gezhi.places.models import LEVELS
from gezhi.places.systems import SYSTEMS, VAGUEST

Loaded = dict[str, Any]


class Point(Strict):
    """A point as a phone or map gives it."""

    lng = fields.Float(required=True, validate=validate.Range(-180, 180))
    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    system = fields.String(
        load_default="wgs84",
        validate=validate.OneOf(SYSTEMS),
        metadata={"description": "coordinate system of the point"},
    )
    accuracy = fields.Float(
        validate=validate.Range(0, VAGUEST), metadata={"description": "metres, as the phone reports it"}
    )


class Box(Strict):
    """A box on a map."""

    bbox = fields.String(
        required=True, validate=validate.Length(max=100), metadata={"description": "west,south,east,north in degrees"}
    )


class PlaceName(marshmallow.Schema):
    """A region's code and name."""

    code = fields.String(required=True)
    name = fields.String(required=True)


class PlaceItem(PlaceName):
    """A region's code, name and level."""

    level = fields.String(required=True, validate=validate.OneOf(list(LEVELS.values())))


class PlaceItems(marshmallow.Schema):
    """Regions."""

    items = fields.List(fields.Nested(PlaceItem), required=True)


class Located(marshmallow.Schema):
    """Where a point lies (rule P3)."""

    grid = fields.Nested(PlaceName, required=True, allow_none=True)
    region = fields.Nested(PlaceItem, required=True, metadata={"description": "the smallest region found"})
    path = fields.List(fields.Nested(PlaceItem), required=True, metadata={"description": "city first"})
    label = fields.String(required=True)
    approximate = fields.Boolean(required=True, metadata={"description": "the nearest grid within 200 m"})
    distance_m = fields.Float(required=True, metadata={"description": "metres to that grid"})
    point = fields.List(fields.Float(), required=True, metadata={"description": "longitude, latitude in WGS-84"})


class Place(PlaceItem):
    """A region."""

    kind = fields.String(required=True, allow_none=True, metadata={"description": "grids: base, exclusive, micro"})
    parent = fields.String(required=True, allow_none=True)
    bbox = fields.List(fields.Float(), required=True, metadata={"description": "west, south, east, north"})
    point = fields.List(fields.Float(), required=True, metadata={"description": "a point inside, for labels"})
    path = fields.List(fields.Nested(PlaceItem), required=True, metadata={"description": "city first"})


class Feature(marshmallow.Schema):
    """A GeoJSON Feature (RFC 7946); its properties are those of PlaceItem. `note` says when the shape is made up."""

    type = fields.Constant("Feature", required=True)
    properties = fields.Nested(PlaceItem, required=True)
    geometry = fields.Dict(required=True)
    note = fields.String(allow_none=True)


class FeatureCollection(marshmallow.Schema):
    """A GeoJSON FeatureCollection (RFC 7946). `note` says when the shapes are made up."""

    type = fields.Constant("FeatureCollection", required=True)
    features = fields.List(fields.Nested(Feature), required=True)
    note = fields.String(allow_none=True)
