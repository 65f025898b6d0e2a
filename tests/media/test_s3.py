"""The same photos in S3: a real HTTP server that speaks it."""

from __future__ import annotations

import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from moto.server import ThreadedMotoServer

from gezhi.config import settings
from gezhi.media import service, stores
from gezhi.media.tasks import remove_photos
from tests.cases.helpers import photo
from tests.media.photos import encoded, marked_jpeg, picture, sha


@pytest.fixture
def bucket(database, monkeypatch):
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/photos", method="PUT")).close()
    for name, value in {"MEDIA_URL": "s3://photos/gezhi", "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "test",
                        "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    stores.opened.cache_clear()
    yield endpoint
    monkeypatch.undo()
    settings.cache_clear()
    stores.opened.cache_clear()
    server.stop()


def keys(endpoint: str) -> str:
    with urllib.request.urlopen(f"{endpoint}/photos?list-type=2") as answer:
        return answer.read().decode()


def test_a_photo_goes_through_s3_from_upload_to_link(bucket, cleaned, send):
    content = marked_jpeg()
    send(content)
    assert f"gezhi/3601/incoming/{sha(content)}" in keys(bucket)
    state, served = cleaned(content)
    assert state == "ready"
    assert served["full"].startswith(b"\xff\xd8")
    listed = keys(bucket)
    assert f"gezhi/3601/full/{sha(content)[:2]}/{sha(content)}.jpg" in listed
    assert f"gezhi/3601/thumb/{sha(content)[:2]}/{sha(content)}.jpg" in listed
    assert "incoming" not in listed


def test_what_nobody_needs_leaves_s3_with_its_row_and_the_rest_stays(bucket, cleaned, send, conn):
    clean, raw, young = (photo() for _ in range(3))
    for content in (clean, young):
        cleaned(content)
    send(raw)
    stores.put(stores.incoming("3601", "f" * 64), b"of an upload that died before its row")
    conn.execute(
        "update uploads set created_at = now() - interval '41 days' where sha256 = any (%s)",
        ([bytes.fromhex(sha(content)) for content in (clean, raw)],),
    )
    assert service.remove_unlinked("3601") == 2
    for (args,) in conn.execute(
        "delete from procrastinate_jobs where task_name = 'remove_photos' returning args"
    ).fetchall():
        remove_photos(**args)
    listed = keys(bucket)
    assert [sha(content) in listed for content in (clean, raw, young)] == [False, False, True]
    assert stores.exists(stores.incoming("3601", "f" * 64)), "too young to be sure"
    assert list(stores.left_over("3601", datetime.now(UTC) + timedelta(hours=1))) == ["f" * 64]


def test_a_photo_of_many_parts_arrives_whole(bucket, send):
    content = encoded(picture(), "JPEG") + bytes(range(256)) * 45_000
    assert send(content).status_code == 201
    assert stores.get(stores.incoming("3601", sha(content))) == content


def test_what_is_not_there_is_none_and_deleting_it_is_no_error(bucket):
    assert stores.get("3601/full/aa/none.jpg") is None
    stores.delete("3601/full/aa/none.jpg")
