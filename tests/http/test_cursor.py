"""Cursors come back as they went out, or not at all."""

from __future__ import annotations

import base64

import pytest

from gezhi.http import cursor
from gezhi.http.problems import Problem

pytestmark = pytest.mark.usefixtures("database")


def test_a_cursor_carries_its_position():
    position = {"at": "2026-11-20T00:00:00Z", "id": "名"}
    text = cursor.encode(position)
    assert cursor.decode(text) == position
    assert text.isascii()
    assert "=" not in text


def test_a_cursor_that_was_touched_is_refused():
    raw = bytearray(base64.urlsafe_b64decode(cursor.encode({"n": 10}) + "=="))
    raw[-2] ^= 1
    for text in (base64.urlsafe_b64encode(raw).decode(), "", "x", "é", "A" * 5000, cursor.encode({"n": 1})[:-1]):
        with pytest.raises(Problem) as raised:
            cursor.decode(text)
        assert raised.value.code == "invalid"
        assert "cursor" in raised.value.fields
