"""What crosses the wire of the catalogue."""

from __future__ import annotations

from typing import Any

import marshmallow
from marshmallow import fields, validate

from gezhi.catalogue.limits import URBAN
from gezhi.catalogue.models import CONFIDENTIALITIES, KINDS, LIMIT_UNITS, STEPS, URGENCIES, VERIFICATIONS
from gezhi.http.body import Strict, Yes

Loaded = dict[str, Any]

_PHOTO = validate.OneOf(("required", "optional", "none"))


class MatterKey(marshmallow.Schema):
    """A matter's key: part and matter codes of the national list overlap, so the kind is in it."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    code = fields.String(required=True)


class Category(marshmallow.Schema):
    """One of the pictures a resident taps."""

    key = fields.String(required=True)
    name = fields.String(required=True)
    icon = fields.String(required=True)
    hint = fields.String(required=True)
    matter = fields.Nested(
        MatterKey, required=True, allow_none=True, metadata={"description": "null: the desk decides"}
    )
    photo = fields.String(required=True, validate=validate.OneOf(("required", "optional")))
    urgency = fields.String(required=True, validate=validate.OneOf(URGENCIES))


class Group(marshmallow.Schema):
    """A group of matters."""

    key = fields.String(required=True)
    name = fields.String(required=True)


class Matter(MatterKey):
    """A matter that the city has turned on."""

    name = fields.String(required=True)
    group = fields.String(required=True)
    category = fields.String(required=True)
    photo_report = fields.String(required=True, validate=_PHOTO)
    photo_handle = fields.String(required=True, validate=_PHOTO)
    verification = fields.String(required=True, validate=validate.OneOf(VERIFICATIONS))
    urgency = fields.String(required=True, validate=validate.OneOf(URGENCIES))
    confidentiality = fields.String(required=True, validate=validate.OneOf(CONFIDENTIALITIES))


class Catalogue(marshmallow.Schema):
    """The catalogue as a reader may use it, in the reader's language."""

    version = fields.String(required=True, metadata={"description": "the ETag"})
    categories = fields.List(fields.Nested(Category), required=True)
    groups = fields.List(fields.Nested(Group), required=True)
    matters = fields.List(fields.Nested(Matter), required=True)


class Limit(marshmallow.Schema):
    """How long a step may take. null means any; the most exact limit holds."""

    profile = fields.String(required=True)
    matter = fields.Nested(MatterKey, required=True, allow_none=True)
    matter_name = fields.String(required=True, allow_none=True)
    urgency = fields.String(required=True, allow_none=True, validate=validate.OneOf(URGENCIES))
    urban = fields.String(
        required=True,
        allow_none=True,
        validate=validate.OneOf(URBAN),
        metadata={"description": "town: 城乡分类 111 or 121; country: elsewhere"},
    )
    step = fields.String(required=True, validate=validate.OneOf(STEPS))
    amount = fields.Integer(required=True)
    unit = fields.String(required=True, validate=validate.OneOf(LIMIT_UNITS))


class RegionProfile(marshmallow.Schema):
    """The profile of limits that a region and all below it run by; the longest code wins."""

    region_code = fields.String(required=True)
    profile = fields.String(required=True)


class Limits(marshmallow.Schema):
    """The city's limits. A region without a profile runs by `standard`, as do steps its profile says nothing of."""

    profiles = fields.List(fields.Nested(RegionProfile), required=True)
    limits = fields.List(fields.Nested(Limit), required=True)


class CalendarDay(marshmallow.Schema):
    """A day of the working calendar."""

    day = fields.Date(required=True)
    working = fields.Boolean(required=True)
    provisional = fields.Boolean(required=True, metadata={"description": "the year's holidays are not published yet"})
    edited = fields.Boolean(required=True, metadata={"description": "by the city; loading anew keeps it"})


class Calendar(marshmallow.Schema):
    """A year of the working calendar, and the hours of each working day."""

    year = fields.Integer(required=True)
    hours = fields.List(
        fields.List(fields.String()), required=True, metadata={"description": '[["08:30", "12:00"], ...]'}
    )
    days = fields.List(fields.Nested(CalendarDay), required=True)


class CalendarDayEdit(Strict):
    """What a day shall be."""

    working = Yes(required=True)
