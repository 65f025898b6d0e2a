"""What crosses the wire of push and notifications."""

from __future__ import annotations

from typing import Any

import marshmallow
from cryptography.hazmat.primitives.asymmetric import ec
from marshmallow import ValidationError, fields, validate

from gezhi.http.body import Iso, Strict
from gezhi.http.language import LANGUAGES, pick
from gezhi.notify import endpoints
from gezhi.notify.keys import CURVE, from_base64url


def _bytes(text: str, length: int) -> bytes:
    try:
        raw = from_base64url(text)
    except ValueError:
        raw = b""
    if len(raw) != length:
        raise ValidationError(pick("密钥格式不对", "Not a key of a push subscription."))
    return raw


def _point(text: str) -> None:
    """The browser's public key: an uncompressed point of P-256 (RFC 8291, section 3.1)."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, _bytes(text, 65))
    except ValueError:
        raise ValidationError(pick("密钥格式不对", "Not a key of a push subscription.")) from None


def _secret(text: str) -> None:
    """The browser's authentication secret: 16 bytes (RFC 8291, section 3.2)."""
    _bytes(text, 16)


def _endpoint(text: str) -> None:
    try:
        endpoints.origin(text)
    except endpoints.Forbidden:
        raise ValidationError(pick("不是认可的推送服务地址", "Not the address of a known push service.")) from None


class PushKeys(Strict):
    """The keys of a browser's subscription, base64url."""

    p256dh = fields.String(required=True, validate=[validate.Length(max=100), _point])
    auth = fields.String(required=True, validate=[validate.Length(max=40), _secret])


class PushSubscription(Strict):
    """A browser that wants push messages (W3C Push API, `PushSubscription.toJSON`)."""

    endpoint = fields.String(required=True, validate=[validate.Length(max=endpoints.MAX_LENGTH), _endpoint])
    keys = fields.Nested(PushKeys, required=True)
    device = fields.UUID(required=True)
    language = fields.String(load_default=LANGUAGES[0], validate=validate.OneOf(LANGUAGES))


class PushEndpoint(Strict):
    """The subscription that ends."""

    endpoint = fields.String(required=True, validate=validate.Length(min=1, max=endpoints.MAX_LENGTH))


class PushKey(marshmallow.Schema):
    """The key browsers subscribe with."""

    key = fields.String(required=True, metadata={"description": "VAPID public key, base64url"})


class PushSubscriptionMade(marshmallow.Schema):
    """The subscription's id."""

    id = fields.UUID(required=True)


class Page(Strict):
    """Which part of a list."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(load_default=None, validate=validate.Length(max=500))


class NotificationView(marshmallow.Schema):
    """Something the reader was told, in words of now."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(("task", "verify", "moved", "asked")))
    title = fields.String(required=True)
    body = fields.String(required=True)
    case_id = fields.UUID(required=True)
    created_at = Iso(required=True)
    seen_at = Iso(required=True, allow_none=True)


class NotificationPage(marshmallow.Schema):
    """Newest first."""

    items = fields.List(fields.Nested(NotificationView), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


Loaded = dict[str, Any]
"""What a schema loads."""
