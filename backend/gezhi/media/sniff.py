"""What a file says it is: format and declared size from its first bytes, before anything is decoded.

These few lines read headers only and run in the web process, which therefore never loads a native image decoder; the
decoders meet a stranger's bytes in the bounded child alone (`media/child.py`).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import IO

_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
_NOT_A_FRAME = {0xC4, 0xC8, 0xCC}
_MARKERS = 2000  # segments looked at; a phone's panorama with depth maps has some hundred


@dataclass(frozen=True)
class Declared:
    """A photo's format (`jpeg`, `png`, `webp`, `heic`) and the size its header claims, in pixels."""

    format: str
    width: int
    height: int

    @property
    def content_type(self) -> str:
        """The media type of the format."""
        return f"image/{self.format}"

    @property
    def decoder(self) -> str:
        """The format as Pillow names it."""
        return "HEIF" if self.format == "heic" else self.format.upper()


def _png(file: IO[bytes]) -> tuple[int, int]:
    head = file.read(24)
    if head[12:16] != b"IHDR":
        raise ValueError("no IHDR")
    return struct.unpack(">II", head[16:24])


def _jpeg(file: IO[bytes]) -> tuple[int, int]:
    file.read(2)
    for _ in range(_MARKERS):
        byte = file.read(1)
        if byte != b"\xff":
            break
        while byte == b"\xff":  # fill bytes may stand before a marker
            byte = file.read(1)
        marker = byte[0] if byte else 0
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:
            continue
        (length,) = struct.unpack(">H", file.read(2))
        if 0xC0 <= marker <= 0xCF and marker not in _NOT_A_FRAME:
            _, height, width = struct.unpack(">BHH", file.read(5))
            return width, height
        file.seek(length - 2, 1)
    raise ValueError("no frame")


def _webp(file: IO[bytes]) -> tuple[int, int]:
    head = file.read(30)
    kind = head[12:16]
    if kind == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if kind == b"VP8L" and head[20:21] == b"\x2f":
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", head[26:30])
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError("no frame")


def _boxes(data: bytes) -> list[tuple[bytes, bytes]]:
    """The boxes (ISO 14496-12) directly in `data`: type and content."""
    found: list[tuple[bytes, bytes]] = []
    at = 0
    while at + 8 <= len(data) and len(found) < _MARKERS:
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        if size < 8:
            break
        found.append((kind, data[at + 8 : at + size]))
        at += size
    return found


def _heic(file: IO[bytes]) -> tuple[int, int]:
    """The largest `ispe` among the item properties: tiles and thumbnails have their own, the photo's is the largest."""
    top = dict(_boxes(file.read(1_000_000)))
    meta = dict(_boxes(top.get(b"meta", b"")[4:]))
    properties = dict(_boxes(meta.get(b"iprp", b"")))
    sizes = [struct.unpack(">II", data[4:12]) for kind, data in _boxes(properties.get(b"ipco", b"")) if kind == b"ispe"]
    return max(sizes, key=lambda size: size[0] * size[1])


def sniff(file: IO[bytes]) -> Declared | None:
    """Format and declared size of a photo, or None for anything else; `file` is at its start before and after."""
    head = file.read(12)
    file.seek(0)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        name, read = "png", _png
    elif head.startswith(b"\xff\xd8\xff"):
        name, read = "jpeg", _jpeg
    elif head.startswith(b"RIFF") and head[8:] == b"WEBP":
        name, read = "webp", _webp
    elif head[4:8] == b"ftyp" and head[8:] in _HEIC_BRANDS:
        name, read = "heic", _heic
    else:
        return None
    try:
        width, height = read(file)
    except (struct.error, ValueError, IndexError):
        return None
    finally:
        file.seek(0)
    return Declared(name, width, height) if width > 0 and height > 0 else None
