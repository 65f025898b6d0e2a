"""Photos for tests, all made here: honest ones, and those that nobody should have to meet."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib

import pillow_heif
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

MARKERS = {
    "make": b"CanaryPhone",
    "serial": b"SN-CANARY-0042",
    "comment": b"canary comment",
    "xmp": b"canary:xmp",
    "video": b"ftypmp42canaryvideo",
    "gps": b"CANARY-GPS",
}


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def picture(width: int = 400, height: int = 300) -> Image.Image:
    """Left half red, right half blue, a green top-left corner: so that turning it shows."""
    made = Image.new("RGB", (width, height), "blue")
    made.paste("red", (0, 0, width // 2, height))
    made.paste("lime", (0, 0, width // 8, height // 8))
    return made


def encoded(made: Image.Image, kind: str, **options: object) -> bytes:
    into = io.BytesIO()
    made.save(into, kind, **options)
    return into.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    made = Image.Exif()
    made[0x010F] = MARKERS["make"].decode()
    made[0x0112] = orientation
    made.get_ifd(0x8769)[0xA431] = MARKERS["serial"].decode()
    gps = made.get_ifd(0x8825)
    gps[1], gps[2] = "N", (IFDRational(28), IFDRational(41), IFDRational(0))
    gps[0x1B] = MARKERS["gps"]  # GPSProcessingMethod: free bytes, so the marker can be looked for
    return made


def marked_jpeg(orientation: int = 1) -> bytes:
    """A phone's photo with everything a photo can carry besides its pixels."""
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + MARKERS["xmp"] + b"</x:xmpmeta>"
    photo = encoded(picture(), "JPEG", exif=exif(orientation), comment=MARKERS["comment"], xmp=xmp)
    return photo + b"\0\0\0\x18" + MARKERS["video"] * 40


def png_declaring(width: int, height: int, rows: int) -> bytes:
    """A PNG that claims a size and brings `rows` blank rows, packed as only zeros can be."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packed = zlib.compress((b"\0" * (width + 1)) * rows, 9)
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def heic(made: Image.Image, **options: object) -> bytes:
    into = io.BytesIO()
    pillow_heif.from_pillow(made).save(into, quality=50, **options)
    return into.getvalue()
