"""What crosses the wire of the catalogue."""

from __future__ import annotations

import marshmallow
from marshmallow import fields, validate

from gezhi.catalogue.models import CONFIDENTIALITIES, KINDS, URGENCIES, VERIFICATIONS

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
