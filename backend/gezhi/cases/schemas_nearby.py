"""What crosses the wire about cases near by, like each other, and joined."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from gezhi.cases.answers import Answer, CategoryNamed, Photo
from gezhi.cases.schemas import MatterChosen, PlaceSent
from gezhi.cases.workflow import OPEN, STATES
from gezhi.http.body import Iso, Number, Sha256Hex, Strict, Uuid7
from gezhi.http.language import pick
from gezhi.places.systems import SYSTEMS

_TEXT = validate.Length(min=1, max=1000)
_MOMENT = validate.Range(datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


class _Near(Strict):
    """A point and what is to be reported there."""

    lng = fields.Float(required=True, validate=validate.Range(-180, 180))
    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    system = fields.String(load_default="wgs84", validate=validate.OneOf(SYSTEMS))
    category = fields.String(load_default=None, allow_none=True, validate=validate.Regexp(r"^[a-z_]{1,40}\Z"))
    radius = fields.Integer(
        load_default=200, validate=validate.Range(1, 500), metadata={"description": "metres; duplicates lie within 200"}
    )


class NearAsked(_Near):
    """Where and what, in the address: no text, which would stand in the logs of every proxy."""

    matter = fields.String(load_default=None, validate=validate.Regexp(r"^(part|matter|local):[0-9A-Z]{2,10}\Z"))

    @post_load
    def parts(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The same members as the body of POST /nearby has."""
        kind, _colon, code = (data["matter"] or "").partition(":")
        return data | {"matter": {"kind": kind, "code": code} if kind else None, "text": None}


class NearSent(_Near):
    """The same with the text of the report to come."""

    lng = Number(required=True, validate=validate.Range(-180, 180))
    lat = Number(required=True, validate=validate.Range(-90, 90))
    radius = fields.Integer(load_default=200, strict=True, validate=validate.Range(1, 500))
    matter = fields.Nested(MatterChosen, load_default=None, allow_none=True)
    text = fields.String(load_default=None, allow_none=True, validate=_TEXT)


class JoinSent(Strict):
    """我也遇到: a report of a case that is there. `id` and `secret` are made on the phone."""

    id = Uuid7(required=True)
    secret = fields.String(required=True, validate=validate.Regexp(r"^[A-Za-z0-9_-]{43}\Z"))
    occurred_at = Iso(required=True, validate=_MOMENT)
    text = fields.String(load_default=None, allow_none=True, validate=_TEXT)
    place = fields.Nested(PlaceSent, load_default=None, allow_none=True)
    photos = fields.List(Sha256Hex(), load_default=list, validate=validate.Length(max=9))

    @validates_schema
    def photos_once(self, data: dict[str, Any], **_: Any) -> None:
        """Each photo once."""
        photos = data.get("photos", ())
        if len(set(photos)) != len(photos):
            raise ValidationError(pick("同一张照片只发一次", "Send a photo once only"), "photos")


class NearCase(Answer):
    """An open case near by, as far as anybody may know of it (rule P8).

    `point` is [lng, lat] in WGS-84 degrees to some 10 m, `distance_m` to 5 m; `joined` counts those who met it too.
    `duplicate`: probably the same as what is asked for (rule C11). Photos are those that a desk has released.
    """

    id = fields.UUID(required=True)
    category = fields.Nested(CategoryNamed, required=True, allow_none=True)
    matter_name = fields.String(required=True, allow_none=True)
    place_name = fields.String(required=True)
    point = fields.List(fields.Float(), required=True)
    distance_m = fields.Integer(required=True)
    state = fields.String(required=True, validate=validate.OneOf(OPEN))
    state_name = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    joined = fields.Integer(required=True)
    duplicate = fields.Boolean(required=True)
    photos = fields.List(fields.Nested(Photo), required=True)


class NearCases(Answer):
    """Open cases near by, probable duplicates first; at most 20."""

    items = fields.List(fields.Nested(NearCase), required=True)


class SimilarCase(Answer):
    """A case like another one, for staff. `relapse`: it was closed less than 30 days before the other came (C8).

    `distance_m` in metres; `likeness` of the texts from 0 to 1, null when there is nothing to compare.
    """

    id = fields.UUID(required=True)
    number = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(tuple(STATES)))
    state_name = fields.String(required=True)
    version = fields.Integer(required=True)
    category = fields.Nested(CategoryNamed, required=True, allow_none=True)
    matter_name = fields.String(required=True, allow_none=True)
    place_name = fields.String(required=True)
    address = fields.String(required=True, allow_none=True)
    summary = fields.String(required=True)
    distance_m = fields.Integer(required=True)
    same_matter = fields.Boolean(required=True)
    likeness = fields.Float(required=True, allow_none=True)
    relapse = fields.Boolean(required=True)
    joined = fields.Integer(required=True)
    created_at = fields.AwareDateTime(required=True)
    closed_at = fields.AwareDateTime(required=True, allow_none=True)


class SimilarCases(Answer):
    """Open duplicates of a case, the nearest first, then the closed ones that it is a relapse of; at most 20."""

    items = fields.List(fields.Nested(SimilarCase), required=True)


NEAR = NearSent()
JOIN = JoinSent()
