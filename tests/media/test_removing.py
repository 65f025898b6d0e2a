"""Photos that never came to a case go after 40 days, rows and files; one that somebody needs never does."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from gezhi import queue
from gezhi.config import settings
from gezhi.media import cleaning, service, stores
from tests.cases.conftest import at  # noqa: F401
from tests.cases.helpers import photo, report
from tests.conftest import Caller
from tests.media.photos import sha

LINK = "select link_photos_v1('3601', %s, gen_random_uuid(), array[%s]::bytea[])"


def run_jobs():
    """Do the jobs of photos as the worker does."""

    async def work():
        async with queue.bound_app().open_async() as app:
            await app.run_worker_async(queues=["media"], wait=False, install_signal_handlers=False, listen_notify=False)

    asyncio.run(work())


def remove():
    service.remove_unlinked("3601")
    run_jobs()


def paths(name):
    return [stores.incoming("3601", name), *(stores.cleaned("3601", name, size) for size in ("full", "thumb"))]


def kept(conn, content):
    """How many rows and how many files there are of a photo."""
    rows = conn.execute("select count(*) from uploads where sha256 = %s", (bytes.fromhex(sha(content)),)).fetchone()[0]
    return rows, len([path for path in paths(sha(content)) if stores.exists(path)])


def age(conn, content, days=41):
    conn.execute(
        "update uploads set created_at = created_at - make_interval(days => %s) where sha256 = %s",
        (days, bytes.fromhex(sha(content))),
    )


@pytest.fixture
def old(cleaned, conn):
    """A cleaned photo of 41 days ago that never came to a case."""
    content = photo()
    cleaned(content)
    age(conn, content)
    return content


def test_time_alone_decides_and_a_case_keeps_a_photo_for_good(app, resident, conn, at):  # noqa: F811
    lone, linked, dirty = photo(), photo(), photo()
    for content in (lone, linked):
        resident.put_photo(content)
        cleaning.clean("3601", sha(content))
    resident.put_photo(dirty)
    assert resident.post("/reports", report([sha(linked)])).status_code == 201
    conn.execute("delete from procrastinate_jobs where task_name = 'clean_photo'")
    at(datetime.now(UTC) + timedelta(days=39))
    remove()
    assert [kept(conn, content) for content in (lone, linked, dirty)] == [(1, 2), (1, 2), (1, 1)]
    at(datetime.now(UTC) + timedelta(days=41))
    remove()
    assert [kept(conn, content) for content in (lone, linked, dirty)] == [(0, 0), (1, 2), (0, 0)]


def test_more_than_a_batch_goes_in_one_night(cleaned, conn, monkeypatch):
    monkeypatch.setattr(service, "BATCH", 2)
    contents = [photo() for _ in range(5)]
    for content in contents:
        cleaned(content)
        age(conn, content)
    assert service.remove_unlinked("3601") == 5
    assert [kept(conn, content) for content in contents] == [(0, 2)] * 5, "the files go by a job"
    run_jobs()
    assert [kept(conn, content) for content in contents] == [(0, 0)] * 5


def test_a_photo_that_is_being_linked_right_now_stays(old, conn, resident, database):
    with psycopg.connect(database) as report_under_way:
        report_under_way.execute(LINK, (f"device:{resident.device}", bytes.fromhex(sha(old))))
        remove()
    remove()
    assert kept(conn, old) == (1, 2)


def test_somebody_elses_young_copy_keeps_the_files_only(old, conn, app, send):
    assert send(old, caller=Caller(app)).get_json()["ready"]
    remove()
    assert kept(conn, old)[0] == 1
    assert stores.exists(stores.cleaned("3601", sha(old), "full"))


def test_who_sends_a_photo_again_between_the_row_and_the_files_keeps_it(old, conn, send):
    assert service.remove_unlinked("3601") >= 1
    assert send(old).status_code == 201
    run_jobs()
    assert kept(conn, old) == (1, 2)
    view = service.photo_views("3601", {sha(old): "report"})[sha(old)]
    assert view["ready"]


def test_an_upload_whose_file_was_removed_under_it_stores_it_again(conn, app, monkeypatch):
    content = photo()
    name, keep, seen = sha(content), stores.put, []

    def put_and_lose_once(path, file):
        keep(path, file)
        if not seen:
            seen.append(service.remove_unheld("3601", [name]))

    monkeypatch.setattr(stores, "put", put_and_lose_once)
    service.put("3601", "device:again", name, "image/jpeg", io.BytesIO(content))
    assert seen == [1]
    assert kept(conn, content) == (1, 1)


def test_removing_waits_for_an_upload_of_the_same_bytes(conn, database):
    content = photo()
    name = sha(content)
    stores.put(stores.incoming("3601", name), content)
    with psycopg.connect(database) as uploading:
        uploading.execute("select pg_advisory_xact_lock(hashtextextended('photo 3601 ' || %s, 0))", (name,))
        removing = threading.Thread(target=service.remove_unheld, args=("3601", [name]))
        removing.start()
        time.sleep(0.3)
        uploading.execute(
            "insert into uploads (city, sha256, author, content_type, bytes) values ('3601', %s, 'device:x', 'x', 1)",
            (bytes.fromhex(name),),
        )
    removing.join()
    assert kept(conn, content) == (1, 1)


def test_a_file_that_was_left_without_a_row_goes_too(conn):
    young, left = (hashlib.sha256(word).hexdigest() for word in (b"young", b"left"))
    for name in (young, left):
        stores.put(stores.incoming("3601", name), b"of an upload that died before its row")
    file = Path(settings().media_url.removeprefix("file://")) / stores.incoming("3601", left)
    long_ago = time.time() - 41 * 86400
    os.utime(file, (long_ago, long_ago))
    remove()
    assert [stores.exists(stores.incoming("3601", name)) for name in (young, left)] == [True, False]


def test_removing_twice_or_after_a_crash_in_between_ends_the_same(old, conn):
    service.remove_unlinked("3601")
    stores.delete(stores.cleaned("3601", sha(old), "full"))  # the worker died between two files
    run_jobs()
    assert kept(conn, old) == (0, 0)
    remove()
