"""What crosses the wire about people."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from gezhi.http.body import Strict


class SignIn(Strict):
    """A sign-in: `code` only for accounts with a second factor."""

    account = fields.String(required=True, validate=validate.Length(1, 64))
    password = fields.String(required=True, validate=validate.Length(1, 200))
    code = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=12))


class SessionUser(Schema):
    """The signed-in person."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    account = fields.String(required=True, allow_none=True)


class SessionUnit(Schema):
    """The unit of a post."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)


class SessionRegion(Schema):
    """The region of a post."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    level = fields.String(required=True, validate=validate.OneOf(["city", "district", "street", "community", "grid"]))


class SessionPost(Schema):
    """A post held today."""

    id = fields.UUID(required=True)
    role = fields.String(required=True)
    role_name = fields.String(required=True)
    unit = fields.Nested(SessionUnit, required=True, allow_none=True)
    region = fields.Nested(SessionRegion, required=True)


class SessionCity(Schema):
    """The city served. WGS-84."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    demo = fields.Boolean(required=True)
    bounds = fields.List(fields.Float, required=True, metadata={"description": "west, south, east, north"})
    centre = fields.List(fields.Float, required=True, metadata={"description": "longitude, latitude"})


class SessionView(Schema):
    """Who is asking and where; `user` is null for an anonymous reader."""

    user = fields.Nested(SessionUser, required=True, allow_none=True)
    posts = fields.List(fields.Nested(SessionPost), required=True)
    doors = fields.List(fields.String(validate=validate.OneOf(["field", "console"])), required=True)
    city = fields.Nested(SessionCity, required=True)
    push_key = fields.String(required=True, allow_none=True, metadata={"description": "VAPID public key, base64url"})
    languages = fields.List(fields.String, required=True)
