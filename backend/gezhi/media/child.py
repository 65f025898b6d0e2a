"""The bounded child that decodes a stranger's photo: `python -m gezhi.media.child FORMAT RAW FULL THUMB`.

It lives for one photo, within limits of memory, time and file size, and writes JPEGs of pixels and nothing else.
Standard output gets one JSON object: `{"width", "height"}` of the full one, or `{"refused": reason}`.
"""

from __future__ import annotations

import json
import resource
import sys

MAX_PIXELS = {"JPEG": 40_000_000, "PNG": 40_000_000, "HEIF": 40_000_000, "WEBP": 24_000_000}  # WEBP decodes thrice
FULL = 1600
THUMB = 320
MEMORY = 600_000_000  # bytes of address space; the largest allowed photo of each kind takes under 400 MB
CPU_SECONDS = 20
FILE_BYTES = 20_000_000


def _bound() -> None:
    for what, limit in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(what, (limit, limit))
    # The soft limit ends it by SIGXCPU, so that a SIGKILL is known to have come from outside.
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))


def clean(kind: str, raw: str, full: str, thumb: str) -> dict[str, object]:
    """Decode, turn upright, shrink and write `full` (long side 1600 pixels or less) and `thumb` (320)."""
    from PIL import Image, ImageOps

    if kind == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS[kind]
    with Image.open(raw, formats=[kind]) as photo:
        if photo.width * photo.height > MAX_PIXELS[kind]:
            return {"refused": "too_many_pixels"}
        photo.draft("RGB", (FULL, FULL))  # JPEG decodes at a fraction of its size; others ignore it
        photo.thumbnail((FULL, FULL), Image.Resampling.LANCZOS, reducing_gap=2.0)
        upright = ImageOps.exif_transpose(photo)
        visible = upright.convert("RGBA") if upright.has_transparency_data else upright.convert("RGB")
    # A fresh image: Pillow would carry comments, profiles and other notes of the old one into the new file.
    fresh = Image.new("RGB", visible.size, "white")
    fresh.paste(visible, mask=visible.getchannel("A") if visible.mode == "RGBA" else None)
    fresh.save(full, "JPEG", quality=82, optimize=True, progressive=True)
    small = fresh.copy()
    small.thumbnail((THUMB, THUMB), Image.Resampling.LANCZOS)
    small.save(thumb, "JPEG", quality=75, optimize=True)
    return {"width": fresh.width, "height": fresh.height}


def main() -> None:
    """Clean one photo within the limits."""
    _bound()
    try:
        answer = clean(*sys.argv[1:5])
    except MemoryError:
        answer = {"refused": "too_much_memory"}
    except Exception:  # decoders raise whatever they like on bad data; a fault of ours shows in the tests
        answer = {"refused": "unreadable"}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
