"""Reports and commands as phones send them."""

from __future__ import annotations

import io
import random
from datetime import UTC, datetime
from typing import Any

from PIL import Image

from gezhi.db import uuid7

SECRET = "s" * 43
SHA = "ab" * 32  # of a photo that never arrives
HANDLED = {"outcome": "solved", "reply": "修好了", "photos": [SHA]}
HOME = (115.87182836585366, 28.6932555)  # a point in grid 360102002001001, home of the demo's grid_worker


def now() -> str:
    """This moment as a phone writes it."""
    return datetime.now(UTC).isoformat()


def photo() -> bytes:
    """A new small JPEG, different each time."""
    picture = Image.new("RGB", (64, 48), tuple(random.randbytes(3)))
    picture.putdata([tuple(random.randbytes(3)) for _ in range(64 * 48)])
    file = io.BytesIO()
    picture.save(file, "JPEG")
    return file.getvalue()


def report(photos: list[str] | None = None, **changed: Any) -> dict[str, Any]:
    """A whole report of a dark street light at HOME."""
    sent = {
        "id": str(uuid7()),
        "secret": SECRET,
        "occurred_at": now(),
        "category": "street_light",
        "text": "路灯不亮",
        "place": {"lng": HOME[0], "lat": HOME[1], "accuracy_m": 12.0, "origin": "pin"},
        "photos": photos or [],
    }
    return {**sent, **changed}


def command(action: str, version: int | None, **more: Any) -> dict[str, Any]:
    """A command on a case."""
    return {"id": str(uuid7()), "action": action, "version": version, "occurred_at": now(), **more}


def here(lng: float = HOME[0], lat: float = HOME[1], accuracy_m: float = 9.0) -> dict[str, float]:
    """A position as a phone measures it."""
    return {"lng": lng, "lat": lat, "accuracy_m": accuracy_m}


def ok(answer: Any) -> dict[str, Any]:
    """The body of an answer that must be a yes."""
    body: dict[str, Any] = answer.json
    assert answer.status_code == 200, body
    return body


def refused(response: Any, status: int, code: str) -> dict[str, Any]:
    """The problem that an answer is."""
    problem: dict[str, Any] = response.json
    assert (response.status_code, problem["code"]) == (status, code), problem
    assert response.mimetype == "application/problem+json"
    assert problem["detail"]
    assert problem["action"]
    return problem
