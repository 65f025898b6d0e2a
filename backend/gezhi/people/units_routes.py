"""The door of the units."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from gezhi.http.body import Strict
from gezhi.http.openapi import Blueprint
from gezhi.people import units
from gezhi.people.sessions import signed_in

blueprint = Blueprint("units", __name__, url_prefix="/api/v1", description="Units 单位")


class UnitsAsked(Strict):
    """Of which region."""

    place = fields.String(
        required=True, validate=validate.Regexp(r"^[0-9]{4}([0-9]{2}([0-9]{3}([0-9]{3}([0-9]{3})?)?)?)?\Z")
    )


class UnitRegion(Schema):
    """The region of a unit."""

    code = fields.String(required=True)
    name = fields.String(required=True)


class UnitListed(Schema):
    """A unit that can be given work."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(["centre", "department", "team", "enterprise"]))
    region = fields.Nested(UnitRegion, required=True)


class UnitList(Schema):
    """Units, those of the region asked for first, then those of the regions above it."""

    items = fields.List(fields.Nested(UnitListed), required=True)


@blueprint.get("/units")
@blueprint.arguments(UnitsAsked, location="query")
@blueprint.response(200, UnitList)
def show(asked: dict[str, Any]) -> dict[str, Any]:
    """The units of a place and of those above it, for desks and leaders of the place and above, and administrators."""
    return {"items": units.listed(signed_in(), asked["place"])}
