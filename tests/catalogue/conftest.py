"""Fixtures of the catalogue's tests."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

DEMO = Path(__file__).resolve().parents[2] / "demo"
DIRECTORY = DEMO / "standards" / "gbt47678_5_2026_directory.csv"
SHANGHAI = ZoneInfo("Asia/Shanghai")


def local(text: str) -> datetime:
    """A moment of the city's clock, like `2026-11-20 16:30`."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the demo's catalogue to change."""
    return Path(shutil.copytree(DEMO / "catalogue", tmp_path / "catalogue"))
