"""Taking photos in: by content, in bounds, once per author, with the job in the same transaction."""

from __future__ import annotations

import io
import threading
import tracemalloc

import pytest
from PIL import Image

from gezhi.config import settings
from gezhi.http.problems import Problem
from gezhi.media import cleaning, service, stores
from tests.conftest import HEADERS, Caller
from tests.media.photos import encoded, heic, marked_jpeg, picture, png_declaring, sha

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
TIFF = encoded(picture(), "TIFF")
GIF = encoded(picture(), "GIF")
HTML = b"<html><script>alert(1)</script>"


def fresh(number: int) -> bytes:
    """A photo that no other test sends."""
    return encoded(picture(200 + number, 100), "JPEG")


def jobs(conn, content):
    found = conn.execute("select 1 from procrastinate_jobs where args ->> 'sha' = %s", (sha(content),)).fetchall()
    return len(found)


def state(conn, content):
    rows = conn.execute("select state from uploads where sha256 = %s", (bytes.fromhex(sha(content)),)).fetchall()
    return [row[0] for row in rows]


def test_a_new_photo_is_kept_and_its_cleaning_ordered_once(send, conn):
    content = fresh(1)
    answer = send(content)
    assert (answer.status_code, answer.get_json()) == (
        201,
        {"sha256": sha(content), "bytes": len(content), "ready": False},
    )
    assert stores.get(stores.incoming("3601", sha(content))) == content
    again = send(content)
    assert (again.status_code, again.get_json()["ready"]) == (200, False)
    assert (state(conn, content), jobs(conn, content)) == (["received"], 1)


@pytest.mark.parametrize("kind", ["image/png", "image/webp", "image/heic"])
def test_all_four_kinds_are_taken(send, kind):
    name = kind.removeprefix("image/").upper()
    content = heic(picture()) if name == "HEIC" else encoded(picture(), name)
    assert send(content, kind).status_code == 201


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"", "image/jpeg", 415, "not_a_photo"),
        (SVG, "image/svg+xml", 415, "not_a_photo"),
        (SVG, "image/png", 415, "not_a_photo"),
        (TIFF, "image/jpeg", 415, "not_a_photo"),
        (GIF, "image/jpeg", 415, "not_a_photo"),
        (HTML, "image/webp", 415, "not_a_photo"),
        (fresh(2), "text/html", 415, "not_a_photo"),
        (fresh(2), "", 415, "not_a_photo"),
        (png_declaring(30000, 30000, 300), "image/png", 413, "too_large"),
        (png_declaring(40001, 1000, 1), "image/png", 413, "too_large"),
        (encoded(Image.new("L", (6000, 4001)), "WEBP"), "image/webp", 413, "too_large"),
    ],
    ids=[
        "empty",
        "svg",
        "svg as png",
        "tiff as jpg",
        "gif as jpg",
        "html",
        "as html",
        "no type",
        "bomb",
        "one row more",
        "large webp",
    ],
)
def test_what_is_no_photo_is_refused_with_a_reason_and_leaves_nothing(send, conn, content, kind, status, code):
    answer = send(content, kind)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    assert answer.get_json()["detail"]
    assert answer.get_json()["action"]
    assert (state(conn, content), jobs(conn, content)) == ([], 0)
    assert stores.get(stores.incoming("3601", sha(content))) is None


def test_forty_megapixels_are_just_allowed(send):
    assert send(png_declaring(40000, 1000, 1), "image/png").status_code == 201


def test_bytes_that_do_not_match_their_name_are_refused(send, conn):
    answer = send(fresh(3), name=sha(fresh(4)))
    assert (answer.status_code, answer.get_json()["code"]) == (422, "hash_mismatch")
    assert state(conn, fresh(4)) == []


@pytest.mark.parametrize("name", ["x", "A" * 64, "..%2f..%2fetc", "a" * 65])
def test_a_name_that_is_no_hash_does_not_exist(send, name):
    assert send(fresh(5), name=name).status_code == 404


def test_over_fifteen_megabytes_is_refused_by_length_and_by_counting(send, resident, app):
    big = encoded(picture(), "JPEG") + b"\0" * 15_000_000
    assert send(big).get_json()["code"] == "too_large"
    with pytest.raises(Problem) as raised:
        service.put("3601", "device:x", sha(big), "image/jpeg", io.BytesIO(big))
    assert raised.value.code == "too_large"


def test_a_large_photo_is_never_whole_in_memory(database):
    content = encoded(picture(), "JPEG") + bytes(14_000_000)
    name, stream = sha(content), io.BytesIO(content)
    tracemalloc.start()
    service.put("3601", "device:large", name, "image/jpeg", stream)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 7_000_000


def test_a_hash_known_from_somebody_else_gives_no_right(send, app, conn):
    content = fresh(6)
    send(content)
    other = Caller(app)
    assert send(content, caller=other).status_code == 201
    assert state(conn, content) == ["received", "received"]
    cleaning.clean("3601", sha(content))
    third = send(content, caller=Caller(app))
    assert (third.status_code, third.get_json()["ready"]) == (201, True)
    assert state(conn, content) == ["ready"] * 3


def test_a_refused_photo_may_be_sent_again(send, conn):
    content = fresh(7)
    send(content)
    conn.execute("update uploads set state = 'refused' where sha256 = %s", (bytes.fromhex(sha(content)),))
    assert send(content).status_code == 201
    assert (state(conn, content), jobs(conn, content)) == (["received"], 2)


def test_when_the_upload_cannot_be_kept_no_job_is_left_and_the_other_way_round(database, conn):
    content = fresh(8)
    conn.execute("alter table procrastinate_jobs rename to jobs_away")
    try:
        with pytest.raises(Exception, match="procrastinate_jobs"):
            service.put("3601", "device:y", sha(content), "image/jpeg", io.BytesIO(content))
    finally:
        conn.execute("alter table jobs_away rename to procrastinate_jobs")
    assert (state(conn, content), jobs(conn, content)) == ([], 0)


def test_two_twins_at_once_leave_one_upload(app, resident, conn):
    content, answers = fresh(9), []

    def go():
        headers = {**HEADERS, "X-Gezhi-Device": resident.device, "Content-Type": "image/jpeg"}
        answer = app.test_client().put(f"/api/v1/media/{sha(content)}", data=content, headers=headers)
        answers.append(answer.status_code)

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 200, 200, 201]
    assert state(conn, content) == ["received"]


def test_nobody_without_a_session_or_a_device_sends_photos(app):
    content = fresh(10)
    answer = app.test_client().put(
        f"/api/v1/media/{sha(content)}", data=content, headers={"X-Gezhi": "1", "Content-Type": "image/jpeg"}
    )
    assert answer.get_json()["code"] == "missing_header"


def test_more_than_two_photos_a_second_for_a_minute_is_too_many(send):
    content = marked_jpeg()
    statuses = [send(content, name="0" * 64).status_code for _ in range(122)]
    assert statuses[:120] == [422] * 120
    assert statuses[120:] == [429] * 2


def test_a_store_that_is_full_or_away_is_a_503_and_keeps_nothing(send, conn, monkeypatch):
    content = fresh(11)
    monkeypatch.setenv("MEDIA_URL", "s3://bucket/prefix")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.setenv(name, "x")
    settings.cache_clear()
    stores.opened.cache_clear()
    try:
        answer = send(content)
    finally:
        monkeypatch.undo()
        settings.cache_clear()
        stores.opened.cache_clear()
    assert (answer.status_code, answer.get_json()["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"]
    assert state(conn, content) == []
