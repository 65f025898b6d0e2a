"""Sending photos, and cleaning them as the worker does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from gezhi.http.limits import limiter
from gezhi.media import cleaning, service
from tests.conftest import HEADERS
from tests.media.photos import sha


@pytest.fixture
def send(app: Any, resident: Any) -> Callable[..., Any]:
    """PUTs a photo under its hash, or under another name."""
    with app.app_context():
        limiter.reset()

    def put(content: bytes, kind: str = "image/jpeg", name: str | None = None, caller: Any = resident) -> Any:
        headers = {**HEADERS, "X-Gezhi-Device": caller.device, "Content-Type": kind}
        return caller._client.put(f"/api/v1/media/{name or sha(content)}", data=content, headers=headers)

    return put


@pytest.fixture
def cleaned(app: Any, conn: Any, send: Callable[..., Any]) -> Callable[..., tuple[str, dict[str, bytes]]]:
    """Sends a photo, cleans it, and returns what became of it with what a browser gets by its links."""

    def do(content: bytes, kind: str = "image/jpeg") -> tuple[str, dict[str, bytes]]:
        answer = send(content, kind)
        assert answer.status_code in (200, 201), answer.get_data(as_text=True)
        cleaning.clean("3601", sha(content))
        state = conn.execute("select state from uploads where sha256 = %s", (bytes.fromhex(sha(content)),)).fetchone()[
            0
        ]
        view = service.photo_views("3601", {sha(content): "report"})[sha(content)]
        served = {}
        for size, url in (("full", view["url"]), ("thumb", view["thumb_url"])):
            if url:
                got = app.test_client().get(url)
                assert got.status_code == 200, urlsplit(url).path
                served[size] = got.data
        return state, served

    return do
