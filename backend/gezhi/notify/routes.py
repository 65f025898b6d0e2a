"""Push subscriptions of browsers, and the list of what a user was told."""

from __future__ import annotations

import uuid
from typing import Any

from gezhi.config import settings
from gezhi.http import cursor
from gezhi.http.language import language, pick
from gezhi.http.openapi import Blueprint, open_to_all
from gezhi.http.problems import Problem
from gezhi.notify import keys, schemas, service
from gezhi.people.sessions import signed_in

blueprint = Blueprint("notify", __name__, url_prefix="/api/v1", description="通知 Notifications and push")


@blueprint.get("/push/key")
@open_to_all
@blueprint.response(200, schemas.PushKey)
def push_key() -> dict[str, str]:
    """推送公钥 The key that browsers subscribe with."""
    return {"key": keys.public_key()}


@blueprint.post("/push/subscriptions")
@blueprint.arguments(schemas.PushSubscription)
@blueprint.response(201, schemas.PushSubscriptionMade)
@blueprint.alt_response(200, schema=schemas.PushSubscriptionMade, description="known before")
def subscribe(wanted: schemas.Loaded) -> tuple[dict[str, uuid.UUID], int]:
    """订阅推送 Let this browser take the reader's messages; it stops taking anybody else's."""
    kept, new = service.subscribe(settings().city, signed_in().user_id, wanted)
    return {"id": kept}, 201 if new else 200


@blueprint.delete("/push/subscriptions")
@blueprint.arguments(schemas.PushEndpoint)
@blueprint.response(204)
def unsubscribe(ended: schemas.Loaded) -> None:
    """取消订阅 End this browser's subscription."""
    service.unsubscribe(settings().city, signed_in().user_id, ended["endpoint"])


@blueprint.get("/notifications")
@blueprint.arguments(schemas.Page, location="query")
@blueprint.response(200, schemas.NotificationPage)
def notifications(page: schemas.Loaded) -> dict[str, Any]:
    """通知列表 What the reader was told, newest first."""
    before, limit = _before(page["cursor"]), page["limit"]
    found = service.notifications(settings().city, signed_in().user_id, language(), before=before, limit=limit + 1)
    items = found[:limit]
    more = len(found) > limit
    return {"items": items, "next_cursor": cursor.encode({"before": str(items[-1]["id"])}) if more else None}


def _before(text: str | None) -> uuid.UUID | None:
    if text is None:
        return None
    try:
        return uuid.UUID(cursor.decode(text)["before"])
    except (KeyError, ValueError):  # a cursor of another list
        wrong = pick("游标无效，请从头加载列表", "Not a cursor of this list")
        raise Problem("invalid", fields={"cursor": [wrong]}) from None


@blueprint.post("/notifications/<uuid:notification>/seen")
@blueprint.response(204)
def seen(notification: uuid.UUID) -> None:
    """已读 The reader has seen it."""
    if not service.see(settings().city, signed_in().user_id, notification):
        raise Problem("not_found")
