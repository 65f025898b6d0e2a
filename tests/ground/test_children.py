"""Children come back when they die, end when told, and cannot fill the disk with their log."""

import json
import os
import signal
import sys
import time

import pytest

from gezhi.ground import accounts, children, processes, sockets
from gezhi.ground.children import Child, describe, rotate
from gezhi.ground.failure import Failure


def child(tmp_path, code: str, **options) -> Child:
    return Child(
        "thing", [sys.executable, "-u", "-c", code], env=dict(os.environ), log=tmp_path / "thing.log", **options
    )


def wait_for(condition, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_a_dead_child_comes_back_each_time_a_little_later(tmp_path, monkeypatch):
    monkeypatch.setattr(children, "FIRST_WAIT", 0.05)
    said: list[str] = []
    thing = child(tmp_path, "print('alive'); raise SystemExit(3)")
    thing.start()

    def twice() -> bool:
        thing.revive(said.append)
        return sum("started again" in line for line in said) == 2

    wait_for(twice)
    waits = [line.split(" in ")[1].split(" s")[0] for line in said if "starting it again" in line]
    assert float(waits[1]) == 2 * float(waits[0])
    assert "ended with code 3" in said[0]
    thing.end()


def test_a_child_that_will_not_go_is_killed_with_its_family(tmp_path):
    code = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(os.fork())
time.sleep(60)
"""
    thing = child(tmp_path, code, patience=0.3)
    thing.start()
    wait_for(lambda: len(thing.tail().split()) == 2)
    family = [int(word) for word in thing.tail().split() if word != "0"]
    thing.end()
    assert thing.exit_code == -signal.SIGKILL
    wait_for(lambda: not any(alive(pid) for pid in family))


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().split()[2] != "Z"
    except OSError:
        return False


def test_ending_what_never_started_or_is_already_dead_is_no_error(tmp_path):
    thing = child(tmp_path, "")
    thing.end()
    thing.start()
    wait_for(lambda: thing.exit_code == 0)
    thing.end()
    assert thing.pid is None


def test_a_log_over_its_limit_moves_aside_while_it_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(children, "LOG_LIMIT", 10)
    log = tmp_path / "a.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"more than ten bytes")
        rotate(log)
        writer.write(b"new")
    assert log.read_bytes() == b"new"
    assert (tmp_path / "a.log.1").read_bytes() == b"more than ten bytes"


def test_deaths_are_told_in_words():
    assert describe(-9) == "was killed by SIGKILL"
    assert describe(1) == "ended with code 1"


def test_a_socket_folder_of_somebody_else_is_refused(tmp_path):
    (tmp_path / "s").mkdir()
    somebody = sockets.Account(os.geteuid() + 1, os.getegid())
    with pytest.raises((Failure, PermissionError)):
        sockets._check_owner(tmp_path / "s", somebody)
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "s")
    with pytest.raises(Failure, match="belongs to somebody else"):
        sockets._check_owner(link, sockets.myself())


def test_servers_listen_on_a_socket_or_a_port(tmp_path):
    assert "--uds" in processes.web_command(socket=tmp_path / "web.sock")
    assert processes.web_command(host="0.0.0.0", port=9000)[-1] == "gezhi.app:create_app"
    assert "0.0.0.0:9001" in processes.live_command(host="0.0.0.0", port=9001)


def test_accounts_stand_in_columns_though_chinese_letters_are_wide(tmp_path):
    file = tmp_path / "accounts.json"
    assert accounts.table(file, "http://localhost:1") == ""
    keys = ("role", "role_zh", "account", "password", "door", "name")
    people = [("desk", "坐席", "d1", "p", "/console", "李娜"), ("grid member", "网格员", "w1", "q", "/field", "张")]
    file.write_text(json.dumps([dict(zip(keys, person, strict=True)) for person in people]), "utf-8")
    lines = accounts.table(file, "http://localhost:1").splitlines()
    starts = {
        accounts._width(line[: line.index(last)]) for line, last in zip(lines, ("opens", "http", "http"), strict=True)
    }
    assert len(starts) == 1
