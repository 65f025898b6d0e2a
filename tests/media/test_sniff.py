"""What a file says it is, read without decoding."""

from __future__ import annotations

import io

import pytest

from gezhi.media.sniff import Declared, sniff
from tests.media.photos import encoded, heic, marked_jpeg, picture, png_declaring

SIZES = [(1, 1), (400, 300), (4032, 3024)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("kind", "options"),
    [("JPEG", {}), ("JPEG", {"progressive": True}), ("PNG", {}), ("WEBP", {}), ("WEBP", {"lossless": True}),
     ("WEBP", {"exif": b"Exif\0\0x"})],
)  # fmt: skip
def test_format_and_size_are_read_from_the_header(kind, options, size):
    content = encoded(picture(*size), kind, **options)
    assert sniff(io.BytesIO(content)) == Declared(kind.lower(), *size)


def test_a_heic_is_as_large_as_its_main_image_not_its_thumbnail():
    assert sniff(io.BytesIO(heic(picture(1024, 768)))) == Declared("heic", 1024, 768)


def test_a_phones_photo_with_all_its_segments_is_read():
    assert sniff(io.BytesIO(marked_jpeg())) == Declared("jpeg", 400, 300)


def test_the_file_is_at_its_start_afterwards():
    file = io.BytesIO(png_declaring(30, 20, 20))
    sniff(file)
    assert file.tell() == 0


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIC"])
def test_no_cut_of_a_header_makes_it_fail(kind):
    content = heic(picture(64, 64)) if kind == "HEIC" else encoded(picture(64, 64), kind)
    for end in range(0, min(len(content), 700)):
        found = sniff(io.BytesIO(content[:end]))
        assert found is None or (found.width, found.height) == (64, 64)


@pytest.mark.parametrize("fill", [b"\0", b"\xff", b"\x41"])
@pytest.mark.parametrize("head", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP", b"\0\0\0\x18ftypheic"])
def test_a_known_head_on_rubbish_ends(head, fill):
    found = sniff(io.BytesIO(head + fill * 2_000_000))
    assert found is None or found.format == "jpeg"
