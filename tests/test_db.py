"""The database module: one pool a process, ids that sort by time, functions applied once."""

from __future__ import annotations

import threading
import time

import psycopg

from gezhi import db


def test_threads_that_ask_at_once_get_one_pool(database: str) -> None:
    db.close_pool()
    start = threading.Barrier(8)
    got: list[int] = []

    def ask() -> None:
        start.wait()
        got.append(id(db.pool()))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert len(set(got)) == 1


def test_ids_are_uuid_version_7_and_sort_by_time() -> None:
    first = db.uuid7()
    time.sleep(0.003)
    second = db.uuid7()
    assert (first.version, first.variant) == (7, "specified in RFC 4122")
    assert first < second
    assert abs((first.int >> 80) / 1000 - time.time()) < 5


def test_functions_are_applied_when_their_file_changes_and_only_then(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as owner:
        assert db.apply_functions(owner) == []
        owner.execute("update sql_files set checksum = 'old' where name = 'cases/10_route.sql'")
        assert db.apply_functions(owner) == ["cases/10_route.sql"]
