"""The VAPID key pair: made once, private, or given from outside."""

from __future__ import annotations

import stat

import pytest
from click.testing import CliRunner

from gezhi.config import settings
from gezhi.notify import keys
from gezhi.notify.commands import vapid


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GEZHI_VAR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgresql:///nowhere")
    monkeypatch.delenv("VAPID_PRIVATE_KEY", raising=False)
    settings.cache_clear()
    keys.private_key.cache_clear()
    yield tmp_path
    settings.cache_clear()
    keys.private_key.cache_clear()


def test_pair_is_made_once_and_only_its_owner_reads_it(own_folder):
    first = keys.public_key()
    keys.private_key.cache_clear()
    assert keys.public_key() == first
    assert stat.S_IMODE((own_folder / "vapid.pem").stat().st_mode) == 0o600
    assert [file.name for file in own_folder.iterdir() if "vapid" in file.name] == ["vapid.pem"]


def test_public_key_is_an_uncompressed_point():
    raw = keys.from_base64url(keys.public_key())
    assert len(raw) == 65
    assert raw[0] == 4


def test_command_prints_what_the_variable_takes(monkeypatch, own_folder):
    public, private = CliRunner().invoke(vapid, ["--private"]).output.split()
    (own_folder / "vapid.pem").unlink()
    monkeypatch.setenv("VAPID_PRIVATE_KEY", private)
    keys.private_key.cache_clear()
    assert keys.public_key() == public
    assert not (own_folder / "vapid.pem").exists()


@pytest.mark.parametrize("wrong", ["not base64!", "AAAA", "A" * 44])
def test_variable_with_something_else_is_refused(monkeypatch, wrong):
    monkeypatch.setenv("VAPID_PRIVATE_KEY", wrong)
    with pytest.raises(ValueError, match=r"VAPID_PRIVATE_KEY|0 < |private"):
        keys.private_key()
