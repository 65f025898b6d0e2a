"""The embedded cluster: it comes up from every state a crash can leave, and leaves nothing behind."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from gezhi.ground import postgres
from gezhi.ground.failure import Failure
from gezhi.ground.postgres import Cluster


@pytest.fixture
def durable_home():
    """A folder short enough for a socket and open to the user PostgreSQL runs as."""
    place = Path(tempfile.mkdtemp(prefix="gz-"))
    place.chmod(0o755)
    yield place / "pg"
    shutil.rmtree(place)


@pytest.fixture
def home(durable_home, monkeypatch):
    """The same, where the server does not wait for the disk: processes are killed here, not machines."""
    monkeypatch.setattr(postgres, "SETTINGS", {**postgres.SETTINGS, "fsync": "off"})
    return durable_home


def ask(url: str, query: str) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        return str(connection.execute(query).fetchone()[0])


def test_a_cluster_has_postgis_keeps_its_promises_and_is_closed_to_others(durable_home):
    cluster = Cluster(durable_home)
    with cluster as url:
        assert ask(url, "select postgis_lib_version()") >= "3.3"
        settings = {
            name: ask(url, f"show {name}") for name in ("fsync", "synchronous_commit", "listen_addresses", "jit")
        }
        assert settings == {"fsync": "on", "synchronous_commit": "on", "listen_addresses": "", "jit": "off"}
        assert ask(url, "select datcollate from pg_database where datname = current_database()") == "C.UTF-8"
        assert durable_home.stat().st_mode & 0o777 == 0o700
        assert (durable_home / "s").stat().st_mode & 0o777 == 0o700
    assert postgres._users(durable_home / "data", postgres._account()) == []


def test_what_was_written_survives_kill_9_and_a_foreign_pid_in_the_pid_file(home):
    cluster = Cluster(home)
    child = cluster.start()
    with psycopg.connect(cluster.url()) as connection:
        connection.execute("create table kept as select 42 as n")
    os.kill(child.pid, signal.SIGKILL)
    while child.exit_code is None:
        time.sleep(0.02)
    pid_file = home / "data/postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getppid()), *lines[1:]]) + "\n")  # the number now belongs to a stranger
    child.start()  # as the supervisor does
    cluster._wait(lambda: False)
    assert ask(cluster.url(), "select n from kept") == "42"
    cluster.stop()


def test_a_second_server_on_the_same_folder_is_refused_with_the_process_to_stop(home, monkeypatch):
    monkeypatch.setattr(postgres, "LEAVE_PATIENCE", 0.3)
    cluster = Cluster(home)
    child = cluster.start()
    with pytest.raises(Failure, match=f"process {child.pid}"):
        Cluster(home).start()
    assert ask(cluster.url(), "select 1") == "1"
    cluster.stop()


def test_an_initdb_killed_halfway_is_made_again(home):
    half = home / "data.new-abc123"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("15\n")
    with Cluster(home) as url:
        assert ask(url, "select 1") == "1"
    assert not half.exists()


def test_a_path_too_long_for_a_socket_gets_a_short_one(home):
    deep = home / ("long" * 20)
    deep.mkdir(parents=True, mode=0o755)
    home.chmod(0o755)
    with Cluster(deep, durable=False) as url:
        sockets = Path(url.split("host=")[1])
        assert sockets.parent == Path("/tmp")
        assert sockets.stat().st_mode & 0o777 == 0o700
        assert ask(url, "select 1") == "1"
    assert not sockets.exists()


def test_data_of_another_version_is_named_not_touched(home):
    data = home / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(Failure, match=r"made by PostgreSQL 9.*Upgrading"):
        Cluster(home).start()
    assert (data / "PG_VERSION").read_text() == "9\n"


def test_a_server_that_cannot_start_shows_the_end_of_its_log(home):
    with Cluster(home):
        pass
    (home / "data/postgresql.conf").write_text("no_such_setting = on\n")
    with pytest.raises(Failure, match="no_such_setting"):
        Cluster(home).start()


def test_clusters_for_tests_live_apart_forget_and_disappear(home):
    home.mkdir(mode=0o755)
    left = home / "999999999-abc123"
    left.mkdir()
    with Cluster(home, durable=False) as first, Cluster(home, durable=False) as second:
        assert first != second
        assert ask(first, "show fsync") == "off"
        assert not left.exists()
    assert list(home.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's folders are closed to user postgres")
def test_root_s_closed_folder_gets_a_link_to_a_place_postgres_can_reach(home, monkeypatch):
    monkeypatch.setattr(postgres, "STATE", home.parent / "state")
    home.mkdir(mode=0o700)
    with Cluster(home / "pg") as url:
        assert ask(url, "select 1") == "1"
    place = (home / "pg").resolve()
    assert place.parent == home.parent / "state"
    with Cluster(home / "pg") as url:
        assert (home / "pg").resolve() == place
    (home / "pg").unlink()
    with Cluster(home / "pg") as url:
        assert (home / "pg").resolve() != place


def test_a_killed_parent_takes_its_cluster_along(home):
    script = f"""
import os, signal
from pathlib import Path
from gezhi.ground.postgres import Cluster
print(Cluster(Path({str(home)!r})).start().pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    pid = int(told.stdout)
    deadline = time.monotonic() + 30
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()
