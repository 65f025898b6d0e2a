"""What crosses the wire about photos."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from gezhi.http.body import Strict


class UploadView(Schema):
    """An upload as its author sees it; `ready` once it is cleaned."""

    sha256 = fields.String(required=True)
    bytes = fields.Integer(required=True)
    ready = fields.Boolean(required=True)


class Photo(Schema):
    """A photo of a case. The links are null until it is ready and work for two and a half to five minutes."""

    sha256 = fields.String(required=True)
    ready = fields.Boolean(required=True)
    width = fields.Integer(required=True, allow_none=True)
    height = fields.Integer(required=True, allow_none=True)
    url = fields.String(required=True, allow_none=True)
    thumb_url = fields.String(required=True, allow_none=True)
    phase = fields.String(required=True, validate=validate.OneOf(["report", "handle", "verify"]))
    taken_live = fields.Boolean(required=True, allow_none=True)


class LinkQuery(Strict):
    """The query of a signed link."""

    size = fields.String(required=True, validate=validate.OneOf(["full", "thumb"]))
    until = fields.Integer(required=True, validate=validate.Range(0, 99_999_999_999))
    sig = fields.String(required=True, validate=validate.Length(equal=64))
