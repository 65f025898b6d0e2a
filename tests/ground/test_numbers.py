"""Metrics are kept in memory, for each installation by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from gezhi.config import numbers_folder


def test_metrics_lie_in_memory_and_two_installations_do_not_share_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    one, other = numbers_folder(Path("/srv/one")), numbers_folder(Path("/srv/other"))
    assert one.parent == Path("/dev/shm")
    assert one != other
    assert numbers_folder(Path("/srv/one")) == one


def test_a_named_folder_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    assert numbers_folder(Path("/srv/one")) == tmp_path
