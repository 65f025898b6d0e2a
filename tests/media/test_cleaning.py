"""G8: what is served carries pixels and nothing else; what cannot be decoded in bounds is refused."""

from __future__ import annotations

import asyncio
import io
import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from gezhi import queue
from gezhi.media import cleaning, service, stores
from tests.media.photos import MARKERS, encoded, exif, heic, marked_jpeg, picture, png_declaring, sha


def assert_nothing_but_pixels(content: bytes) -> Image.Image:
    for marker in MARKERS.values():
        assert marker not in content
    photo = Image.open(io.BytesIO(content))
    photo.load()
    assert photo.format == "JPEG"
    assert not photo.getexif()
    assert set(photo.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"}
    assert photo.app.keys() <= {"APP0"}
    return photo


def test_the_corpus_really_carries_its_six_markers():
    content = marked_jpeg()
    assert [name for name, marker in MARKERS.items() if marker not in content] == []


@pytest.mark.parametrize("size", ["full", "thumb"])
def test_no_marker_of_six_is_in_a_served_photo(cleaned, size):
    state, served = cleaned(marked_jpeg())
    assert state == "ready"
    assert_nothing_but_pixels(served[size])


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "HEIC"])
def test_other_kinds_lose_theirs_too(cleaned, kind):
    data = exif().tobytes()
    content = heic(picture(), exif=data) if kind == "HEIC" else encoded(picture(), kind, exif=data)
    assert MARKERS["serial"] in content
    assert MARKERS["gps"] in content
    state, served = cleaned(content, f"image/{kind.lower()}")
    assert state == "ready"
    for part in served.values():
        photo = assert_nothing_but_pixels(part)
    assert photo.width == 320


@pytest.mark.parametrize(("orientation", "green"), [(1, (5, 5)), (3, (-5, -5)), (6, (-5, 5)), (8, (5, -5))])
def test_a_photo_stands_upright_without_its_note_about_turning(cleaned, orientation, green):
    _, served = cleaned(marked_jpeg(orientation))
    photo = assert_nothing_but_pixels(served["full"])
    assert photo.size == ((400, 300) if orientation in (1, 3) else (300, 400))
    red, lime, blue = photo.getpixel((green[0] % photo.width, green[1] % photo.height))
    assert lime > 200 > 100 > max(red, blue)


def test_large_photos_shrink_and_small_ones_do_not_grow(cleaned):
    _, served = cleaned(encoded(picture(4032, 3024), "JPEG"))
    assert Image.open(io.BytesIO(served["full"])).size == (1600, 1200)
    assert Image.open(io.BytesIO(served["thumb"])).size == (320, 240)
    _, served = cleaned(encoded(picture(64, 48), "PNG"), "image/png")
    assert Image.open(io.BytesIO(served["full"])).size == (64, 48)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "1", "CMYK", "I;16"])
def test_every_mode_of_pixels_becomes_a_picture_on_white(cleaned, mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    made = (
        Image.new("RGBA", (40, 40), (0, 0, 0, 0)).convert(mode)
        if mode != "I;16"
        else Image.new("I;16", (40, 40), 65535)
    )
    state, served = cleaned(encoded(made, kind), f"image/{kind.lower()}")
    assert state == "ready"
    photo = assert_nothing_but_pixels(served["full"])
    assert photo.mode == "RGB"
    if mode in ("RGBA", "LA", "I;16"):
        assert min(photo.getpixel((20, 20))) > 245


def polyglot() -> bytes:
    """A JPEG that is a web page and an archive too."""
    page = encoded(picture(90, 60), "JPEG", comment=b"*/<script>alert('canary comment')</script>/*")
    return page + b"PK\x03\x04<?php system('canary:xmp'); ?>"


def test_a_polyglot_is_served_as_its_pixels_only(cleaned):
    state, served = cleaned(polyglot())
    assert state == "ready"
    for part in served.values():
        assert_nothing_but_pixels(part)
        assert b"<script" not in part
        assert b"<?php" not in part
        assert b"PK\x03\x04" not in part


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (marked_jpeg()[:3000], "image/jpeg"),
        (encoded(picture(), "PNG")[:-200], "image/png"),
        (encoded(picture(), "WEBP")[:-100], "image/webp"),
        (heic(picture())[:-10], "image/heic"),
        (encoded(picture(), "PNG")[:40] + b"\xaa" * 4000, "image/png"),
    ],
    ids=["jpeg cut", "png cut", "webp cut", "heic cut", "png rubbish"],
)
def test_what_cannot_be_read_whole_is_refused_and_never_served(cleaned, conn, content, kind):
    state, served = cleaned(content, kind)
    assert (state, served) == ("refused", {})
    why = conn.execute(
        "select refused_because from uploads where sha256 = %s", (bytes.fromhex(sha(content)),)
    ).fetchone()
    assert why == ("unreadable",)
    assert stores.get(stores.incoming("3601", sha(content))) is None


def run_bounded(tmp_path: Path, kind: str, content: bytes) -> dict[str, object]:
    raw = tmp_path / "raw"
    raw.write_bytes(content)
    return cleaning.run_child(kind, raw, tmp_path / "full.jpg", tmp_path / "thumb.jpg")


def test_a_ten_kilobyte_bomb_is_stopped_by_its_declared_size(tmp_path):
    bomb = png_declaring(30000, 30000, 300)
    assert len(bomb) < 11_000
    assert run_bounded(tmp_path, "PNG", bomb) == {"refused": "unreadable"}
    assert not (tmp_path / "full.jpg").exists()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "HEIF"])
def test_the_largest_allowed_photo_stays_under_400_megabytes(tmp_path, kind):
    made = Image.new("RGBA" if kind == "PNG" else "RGB", (5600, 4280) if kind == "WEBP" else (7300, 5470), "orange")
    (tmp_path / "raw").write_bytes(heic(made) if kind == "HEIF" else encoded(made, kind))
    code = (
        "from gezhi.media import child; child.main();"
        "print(*[line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')])"
    )
    files = [str(tmp_path / name) for name in ("raw", "full.jpg", "thumb.jpg")]
    done = subprocess.run([sys.executable, "-c", code, kind, *files], capture_output=True, text=True, check=True)
    answer, _, peak = done.stdout.partition("}")
    assert json.loads(answer + "}")["width"] == 1600
    assert int(peak) < 400_000


def test_a_child_that_takes_too_much_memory_or_time_or_dies_is_a_refusal(tmp_path, monkeypatch):
    python, stand_in = sys.executable, tmp_path / "python"
    for script in ("import os; os.abort()", "x = bytearray(3 * 10**9)", "while True: pass"):
        stand_in.write_text(
            f'#!/bin/sh\nexec {python} -c "import sys; from gezhi.media import child; child.CPU_SECONDS = 1;'
            f' child._bound(); exec({script!r})"\n'
        )
        stand_in.chmod(0o755)
        monkeypatch.setattr(cleaning.sys, "executable", str(stand_in))
        assert run_bounded(tmp_path, "JPEG", b"x") == {"refused": "unreadable"}
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY


def test_a_child_that_is_killed_from_outside_says_nothing_of_the_photo(tmp_path, monkeypatch):
    stand_in = tmp_path / "python"
    stand_in.write_text("#!/bin/sh\nkill -9 $$\n")
    stand_in.chmod(0o755)
    monkeypatch.setattr(cleaning.sys, "executable", str(stand_in))
    with pytest.raises(cleaning.Killed):
        run_bounded(tmp_path, "JPEG", b"x")


def test_cleaning_twice_or_after_a_crash_in_the_middle_ends_the_same(cleaned, send, conn):
    content = encoded(picture(333, 222), "JPEG")
    send(content)
    name = sha(content)
    cleaning._clean_files("3601", name, "JPEG")  # the worker died before it could write it down
    assert cleaning.clean("3601", name) == "ready"
    assert cleaning.clean("3601", name) == "nothing"
    assert conn.execute("select state, width from uploads where sha256 = %s", (bytes.fromhex(name),)).fetchone() == (
        "ready",
        333,
    )


def test_a_raw_file_that_vanished_is_tried_again_and_refused_in_the_end(send, conn):
    content = encoded(picture(334, 222), "JPEG")
    send(content)
    stores.delete(stores.incoming("3601", sha(content)))
    with pytest.raises(FileNotFoundError):
        cleaning.clean("3601", sha(content))
    assert cleaning.clean("3601", sha(content), last_try=True) == "refused"


def test_the_worker_cleans_what_was_put(send, conn):
    content = encoded(picture(335, 222), "JPEG")
    send(content)

    async def work():
        async with queue.bound_app().open_async() as app:
            await app.run_worker_async(queues=["media"], wait=False, install_signal_handlers=False, listen_notify=False)

    asyncio.run(work())
    view = service.photo_views("3601", {sha(content): "report"})[sha(content)]
    assert (view["ready"], view["width"], view["height"]) == (True, 335, 222)
    assert stores.get(stores.incoming("3601", sha(content))) is None
