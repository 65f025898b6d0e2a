"""Files that nobody should have to meet, each with what must become of it.

`refused`: the upload is answered with that status. `unreadable`: it is taken, and refused by the cleaning. `clean`: its
pixels are served and nothing else.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from tests.media.photos import MARKERS, encoded, exif, heic, marked_jpeg, picture, png_declaring

SCRIPT = b"<script>alert('canary')</script>"


@dataclass(frozen=True)
class Case:
    """A file as somebody sends it under a content type, and its end: an HTTP status, `unreadable` or `clean`."""

    content: Callable[[], bytes]
    kind: str
    end: int | str


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_with(*chunks: bytes, size: tuple[int, int] = (64, 48)) -> bytes:
    """A small honest PNG with more chunks before its pixels."""
    photo = encoded(picture(*size), "PNG")
    return photo[:33] + b"".join(chunks) + photo[33:]


def text_bomb() -> bytes:
    """A PNG whose comment unpacks to a gigabyte; packed in pieces, so that making it costs nothing."""
    pack = zlib.compressobj(9)
    packed = b"".join(pack.compress(bytes(1_000_000)) for _ in range(1000)) + pack.flush()
    return png_with(chunk(b"zTXt", b"Comment\0\0" + packed))


def profile_bomb() -> bytes:
    """The same as a colour profile."""
    pack = zlib.compressobj(9)
    packed = b"".join(pack.compress(bytes(1_000_000)) for _ in range(500)) + pack.flush()
    return png_with(chunk(b"iCCP", b"icc\0\0" + packed))


def deep_png() -> bytes:
    """Forty megapixels of four channels of 16 bits: 320 MB of samples in a third of a megabyte."""
    width, height = 8000, 5000
    pack = zlib.compressobj(1)
    row = bytes(1 + width * 8)
    packed = b"".join(pack.compress(row) for _ in range(height)) + pack.flush()
    head = struct.pack(">IIBBBBB", width, height, 16, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def progressive() -> bytes:
    """Forty megapixels in ten scans, all of which a decoder has to hold until the last."""
    return encoded(Image.new("RGB", (7300, 5470), "orange"), "JPEG", progressive=True)


def many_frames() -> bytes:
    """A moving picture of 200 frames."""
    return encoded(
        picture(400, 300),
        "WEBP",
        save_all=True,
        append_images=[Image.new("RGB", (400, 300), (n, 0, 0)) for n in range(200)],
    )


def jpeg_twice() -> bytes:
    """A JPEG with a second, larger frame header behind the first."""
    photo = encoded(picture(80, 60), "JPEG")
    at = photo.index(b"\xff\xc0")
    larger = photo[at : at + 5] + struct.pack(">HH", 60000, 60000) + photo[at + 9 : at + 19]
    return photo[: at + 19] + larger + photo[at + 19 :]


def jpeg_and_page() -> bytes:
    """A JPEG that is a web page and an archive too."""
    return encoded(picture(90, 60), "JPEG", comment=b"*/" + SCRIPT + b"/*") + b"PK\x03\x04" + SCRIPT


def heic_with_gps() -> bytes:
    return heic(picture(), exif=exif().tobytes())


def nested_boxes() -> bytes:
    """A HEIC of boxes in boxes, 100,000 deep."""
    return b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0\x0f\xff\xffmeta\0\0\0\0" + b"\0\x0f\xff\xffiprp" * 80_000


SVG = b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>"
CORPUS: dict[str, Case] = {
    "nothing": Case(lambda: b"", "image/jpeg", 415),
    "bomb of 10.8 kB and 566 MB": Case(lambda: png_declaring(23_800, 23_800, 450), "image/png", 413),
    "comment that unpacks to a gigabyte": Case(text_bomb, "image/png", "unreadable"),
    "profile that unpacks to half of one": Case(profile_bomb, "image/png", "unreadable"),
    "deep png of forty megapixels": Case(deep_png, "image/png", "clean"),
    "forty megapixels in ten scans": Case(progressive, "image/jpeg", "clean"),
    "two hundred frames": Case(many_frames, "image/webp", "clean"),
    "second larger header": Case(jpeg_twice, "image/jpeg", "unreadable"),
    "jpeg cut": Case(lambda: marked_jpeg()[:3000], "image/jpeg", "unreadable"),
    "png cut": Case(lambda: encoded(picture(), "PNG")[:-200], "image/png", "unreadable"),
    "webp cut": Case(lambda: encoded(picture(), "WEBP")[:-100], "image/webp", "unreadable"),
    "heic cut": Case(lambda: heic(picture())[:-10], "image/heic", "unreadable"),
    "png cut in its header": Case(lambda: encoded(picture(), "PNG")[:20], "image/png", 415),
    "jpeg, page and archive": Case(jpeg_and_page, "image/jpeg", "clean"),
    "archive before a jpeg": Case(lambda: b"PK\x03\x04" + encoded(picture(), "JPEG"), "image/jpeg", 415),
    "pdf": Case(lambda: b"%PDF-1.7\n" + encoded(picture(), "JPEG"), "image/jpeg", 415),
    "svg": Case(lambda: SVG, "image/svg+xml", 415),
    "svg named png": Case(lambda: SVG, "image/png", 415),
    "tiff named jpg": Case(lambda: encoded(picture(), "TIFF"), "image/jpeg", 415),
    "png named jpg": Case(lambda: encoded(picture(), "PNG"), "image/jpeg", "clean"),
    "heic with position": Case(heic_with_gps, "image/heic", "clean"),
    "boxes in boxes": Case(nested_boxes, "image/heic", 415),
    "phone's jpeg with all six markers": Case(marked_jpeg, "image/jpeg", "clean"),
    "sixteen megabytes": Case(lambda: marked_jpeg() + bytes(16_000_000), "image/jpeg", 413),
}


def bare(content: bytes) -> bool:
    """Whether a served file is a JPEG of pixels alone."""
    if any(marker in content for marker in (*MARKERS.values(), SCRIPT, b"PK\x03\x04", b"canary")):
        return False
    with Image.open(io.BytesIO(content)) as photo:
        photo.load()
        return photo.format == "JPEG" and not photo.getexif() and photo.app.keys() <= {"APP0"}
