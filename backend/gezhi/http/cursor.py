"""Opaque cursors of lists: what comes back is what was handed out, or a problem."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

from gezhi.http.keys import key
from gezhi.http.language import pick
from gezhi.http.problems import Problem

_MAC = 16


def _mac(body: bytes) -> bytes:
    return hmac.digest(key("cursor"), body, "sha256")[:_MAC]


def encode(position: dict[str, Any]) -> str:
    """A URL-safe cursor that carries `position` (JSON values) and cannot be altered unnoticed."""
    body = json.dumps(position, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(_mac(body) + body).rstrip(b"=").decode()


def decode(cursor: str) -> dict[str, Any]:
    """The position in a cursor made by `encode`; raises Problem invalid for anything else."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        body = raw[_MAC:]
        if hmac.compare_digest(raw[:_MAC], _mac(body)):
            position: dict[str, Any] = json.loads(body)
            return position
    except ValueError:
        pass
    raise Problem("invalid", fields={"cursor": [pick("游标无效，请从头加载列表", "Not a cursor of this list")]})
