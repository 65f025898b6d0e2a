"""Photos by content hash: taken in, shown through signed links."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from gezhi import queue
from gezhi.db import connection
from gezhi.http.language import pick
from gezhi.http.problems import Problem
from gezhi.media import links, queries, stores
from gezhi.media.child import MAX_PIXELS
from gezhi.media.sniff import Declared, sniff

MAX_BYTES = 15_000_000
TYPES = frozenset({"image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"})
UNLINKED_AFTER = timedelta(days=40)  # a phone's queue may be 30 days old
BATCH = 500
CHUNK = 64 * 1024
TRIES = 3

_SHA = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Upload:
    """What `put` did: whether the photo is new to this author, how large it is, whether it is clean already."""

    new: bool
    bytes: int
    ready: bool


def _not_a_photo(zh: str, en: str) -> Problem:
    return Problem("not_a_photo", reason_zh=zh, reason_en=en)


def _receive(stream: IO[bytes], into: IO[bytes]) -> tuple[str, int]:
    """Copy the body, counting and hashing as it comes; raises Problem too_large at the first byte too many."""
    hashed, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > MAX_BYTES:
            raise Problem("too_large", limit="15 MB")
        hashed.update(chunk)
        into.write(chunk)
    into.seek(0)
    return hashed.hexdigest(), size


def _check(file: IO[bytes], size: int) -> Declared:
    if size == 0:
        raise _not_a_photo("文件是空的。", "The file is empty.")
    declared = sniff(file)
    if declared is None:
        raise _not_a_photo("这个文件不是可用的照片。", "The file is not a photo of a known kind.")
    most = MAX_PIXELS[declared.decoder]
    if declared.width * declared.height > most:
        raise Problem("too_large", limit=pick(f"{most // 10_000} 万像素", f"{most // 1_000_000} megapixels"))
    return declared


def put(city: str, author: str, sha_hex: str, content_type: str, stream: IO[bytes]) -> Upload:
    """Take a photo in: kept as it came, and cleaned by a job that exists exactly when the upload does.

    Raises Problem: not_found (no hash), not_a_photo, too_large (15 MB, 40 megapixels), hash_mismatch, storage_full,
    unavailable. A hash known from somebody else gives no right: each author sends the bytes.
    """
    if not _SHA.fullmatch(sha_hex):
        raise Problem("not_found")
    if content_type.partition(";")[0].strip().lower() not in TYPES:
        raise _not_a_photo("不支持这种文件类型。", "This content type is not taken.")
    with SpooledTemporaryFile(max_size=1_000_000) as file:
        found, size = _receive(stream, file)
        if found != sha_hex:
            raise Problem("hash_mismatch")
        declared = _check(file, size)
        with connection() as lent:
            state = _state(lent.execute(queries.STATE, (city, bytes.fromhex(sha_hex), author)).fetchone())
        if state not in (None, "refused"):
            return Upload(False, size, state == "ready")
        row = {"city": city, "sha": bytes.fromhex(sha_hex), "author": author, "bytes": size}
        state = _keep(row | {"content_type": declared.content_type}, sha_hex, file)
    return Upload(state is not None, size, state == "ready")


def _state(row: tuple[Any, ...] | None) -> str | None:
    return row[0] if row else None


def _keep(row: dict[str, Any], sha_hex: str, file: IO[bytes]) -> str | None:
    """Store the file, then its row; the new row's state, None when this author's is known.

    The file may go between the two: the same bytes of somebody else were cleaned, or removed as nobody's. Then again.
    """
    raw = stores.incoming(row["city"], sha_hex)
    for _ in range(TRIES):
        file.seek(0)
        stores.put(raw, file)
        with connection() as lent, lent.transaction():
            lent.execute(queries.LOCK, (row["city"], sha_hex))
            if stores.exists(raw):
                state = _state(lent.execute(queries.ADD, row).fetchone())
                # Also when it is ready already: the job then only clears the raw file away.
                queue.defer(lent, "clean_photo", "media", {"city": row["city"], "sha": sha_hex})
                return state
    raise Problem("unavailable")


def photo_views(city: str, phases: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Photo objects by hash, for the hashes and phases given, with signed links; one statement.

    Who may see them is for the caller to have decided. Unknown hashes are photos still on their way: not ready.
    """
    if not phases:
        return {}
    with connection() as lent:
        rows = lent.execute(queries.VIEWS, (city, [bytes.fromhex(sha) for sha in phases]), prepare=True).fetchall()
    known = {sha: (ready, width, height) for sha, ready, width, height in rows}
    views = {}
    for sha, phase in phases.items():
        ready, width, height = known.get(sha, (False, None, None))
        views[sha] = {
            "sha256": sha,
            "ready": ready,
            "width": width,
            "height": height,
            "url": links.link(city, sha, "full") if ready else None,
            "thumb_url": links.link(city, sha, "thumb") if ready else None,
            "phase": phase,
            "taken_live": None,
        }
    return views


def open_link(city: str, asked: links.Asked) -> tuple[bytes, int]:
    """The cleaned JPEG a signed link leads to and the seconds the link still works; raises Problem not_found."""
    left = links.seconds_left(city, asked)
    content = stores.get(stores.cleaned(city, asked.sha, asked.size)) if left and _SHA.fullmatch(asked.sha) else None
    if content is None:
        raise Problem("not_found")
    return content, left


def remove_unlinked(city: str) -> int:
    """Remove uploads that never came to a case within 40 days, batch by batch; returns how many there were.

    Their files go by a job that exists exactly when the rows are gone, as do files that were left without a row.
    """
    removed = 0
    while photos := _remove_batch(city):
        removed += len(photos)
    remove_unheld(city, stores.left_over(city, datetime.now(UTC) - UNLINKED_AFTER))
    return removed


def _remove_batch(city: str) -> list[str]:
    asked = {"city": city, "age": UNLINKED_AFTER, "limit": BATCH}
    with connection() as lent, lent.transaction():
        photos = [row[0] for row in lent.execute(queries.UNLINKED, asked)]
        if photos:
            queue.defer(lent, "remove_photos", "media", {"city": city, "photos": photos})
    return photos


def remove_unheld(city: str, photos: Iterable[str]) -> int:
    """Remove the files of those of the hashes that nobody holds; returns how many hashes went."""
    return sum(_remove_files(city, sha) for sha in photos)


def _remove_files(city: str, sha: str) -> bool:
    with connection() as lent, lent.transaction():
        lent.execute(queries.LOCK, (city, sha))
        if lent.execute(queries.HELD, (city, sha)).fetchone():
            return False
        stores.delete(stores.incoming(city, sha), stores.cleaned(city, sha, "full"), stores.cleaned(city, sha, "thumb"))
    return True
