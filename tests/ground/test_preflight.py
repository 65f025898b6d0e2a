"""What is wrong is said before anything is started, in words a person can act on."""

import os
import shutil
import socket
import subprocess
import sys
from types import SimpleNamespace

import pytest

from gezhi.ground import preflight, settings
from gezhi.ground.failure import Failure
from gezhi.ground.settings import Ground


@pytest.fixture
def ground(tmp_path):
    return Ground(var=tmp_path / "var", port=free_port(), database_url="")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("port", ["0", "65536", "80a", "-1", "８０"])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(Failure, match="PORT must be a number"):
        settings.read({"PORT": port})


def test_a_relative_folder_is_refused():
    with pytest.raises(Failure, match="absolute"):
        settings.read({"GEZHI_VAR": "var"})


def test_defaults_are_the_checkout_and_8080():
    ground = settings.read({})
    assert (ground.var, ground.port, ground.address) == (settings.CHECKOUT / "var", 8080, "http://localhost:8080")
    assert (settings.CHECKOUT / "scripts/up").exists()


def test_children_get_the_settings_spelled_out_and_keep_the_rest():
    ground = settings.read({"GEZHI_VAR": "/x", "PORT": "8123"})
    assert ground.environment({"CITY": "4403", "PUBLIC_URL": ""}, "postgresql://d") == {
        "CITY": "4403",
        "PUBLIC_URL": "http://localhost:8123",
        "GEZHI_VAR": "/x",
        "PORT": "8123",
        "DATABASE_URL": "postgresql://d",
    }


def test_on_the_lan_links_carry_an_address_that_phones_can_open(monkeypatch):
    monkeypatch.setattr(settings, "lan_hosts", lambda: ["192.168.1.5", "desk"])
    ground = settings.read({"PORT": "8123"}, lan=True)
    assert ground.environment({}, "")["PUBLIC_URL"] == "https://192.168.1.5:8123"
    assert ground.environment({"PUBLIC_URL": "https://grid.lan"}, "")["PUBLIC_URL"] == "https://grid.lan"


def test_a_taken_port_names_another(ground, monkeypatch):
    monkeypatch.setattr(preflight, "PORT_PATIENCE", 0.0)
    with socket.socket() as other:
        other.bind(("127.0.0.1", ground.port))
        other.listen()
        with pytest.raises(Failure, match=f"Port {ground.port} is already taken.*PORT={ground.port + 1}"):
            preflight.check(ground)


def test_a_free_port_gives_the_loopback_addresses(ground):
    assert "127.0.0.1" in preflight.addresses(ground)


def test_a_full_disk_is_told_with_the_number(ground, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=12_000_000))
    with pytest.raises(Failure, match="Only 12 MB are free"):
        preflight.check(ground)


def test_a_folder_in_use_names_its_process_and_is_free_after_it(ground):
    with preflight.lock(ground), pytest.raises(Failure, match=f"already running.*process {os.getpid()}"):
        preflight.check(ground)
    preflight.check(ground)


def test_children_of_a_killed_run_are_waited_for(ground):
    script = f"""
import os, signal, subprocess
from pathlib import Path
from gezhi.ground.preflight import lock
from gezhi.ground.settings import Ground
with lock(Ground(Path({str(ground.var)!r}), {ground.port}, "")):
    subprocess.Popen(["sleep", "3"], close_fds=False)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", script], check=False)
    with (ground.var / "up.lock").open() as file, pytest.raises(BlockingIOError):
        preflight.fcntl.flock(file, preflight.fcntl.LOCK_EX | preflight.fcntl.LOCK_NB)
    preflight.check(ground)


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Failure, match="cannot be made"):
        preflight.check(Ground(var=tmp_path / "file/var", port=free_port(), database_url=""))


def test_the_check_runs_on_the_standard_library_alone(ground):
    told = subprocess.run(
        [sys.executable, "-S", "-m", "gezhi.ground.preflight"],
        env={"PYTHONPATH": str(settings.CHECKOUT / "backend"), "GEZHI_VAR": str(ground.var), "PORT": "none"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1
    assert told.stderr == "gezhi: PORT must be a number from 1 to 65535, but it is 'none'.\n"
