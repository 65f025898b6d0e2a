"""The photos of a backup: copied from a folder, listed and checked in S3, and put back."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from psycopg import Connection

from gezhi.ground.backup_manifest import MEDIA, MEDIA_LIST, Photo, measured, photo_line, photos, settle
from gezhi.media import stores

_UPLOADS = "select city, encode(sha256, 'hex'), bool_or(state = 'ready') from uploads where state <> 'refused'"
_EXPECTED = f"{_UPLOADS} group by 1, 2"
_STILL = f"{_UPLOADS} and city = %s and sha256 = decode(%s, 'hex') group by 1, 2"

Upload = tuple[str, str, bool]


def expected(connection: Connection[Any]) -> list[Upload]:
    """Every photo that the database knows: its city, its hash, and whether it is cleaned."""
    return connection.execute(_EXPECTED).fetchall()


def wanted(known: Iterable[Upload]) -> set[str]:
    """The paths at which the photos may be that the database knows."""
    paths = set()
    for city, sha, ready in known:
        paths |= {stores.cleaned(city, sha, "full"), stores.cleaned(city, sha, "thumb")}
        paths |= set() if ready else {stores.incoming(city, sha)}
    return paths


def missing(known: Iterable[Upload], kept: set[str], connection: Connection[Any]) -> list[str]:
    """The paths of photos that the database knows, still, and that are not among `kept`."""
    gone = []
    for city, sha, ready in known:
        full, thumb = stores.cleaned(city, sha, "full"), stores.cleaned(city, sha, "thumb")
        whole = {full, thumb} <= kept or (not ready and stores.incoming(city, sha) in kept)
        # Between the look at the database and that at the store a photo may have been refused or removed.
        if not whole and connection.execute(_STILL, (city, sha)).fetchone():
            gone += sorted({full, thumb} - kept)
    return gone


def keeps_files() -> bool:
    """Whether photos are in a folder, which has to be copied; S3 keeps its own copies."""
    from gezhi.config import settings

    return settings().media_url.startswith("file://")


def take(folder: Path, previous: Path | None) -> set[str]:
    """Copy (a folder) or list (S3) all photos into the backup; returns the paths. Raises OSError, Problem.

    What the backup before has already is not read from the store again: S3's own mark says that it is the same, and a
    copied file is linked, after a look at its checksum.
    """
    known = {photo.path: photo for photo in photos(previous)} if previous else {}
    copied, taken = keeps_files(), set()
    with (folder / MEDIA_LIST).open("w", encoding="utf-8") as lines:
        for kept in stores.listed():
            before = known.get(kept.path)
            same = before if before and (before.bytes, before.mark) == (kept.bytes, kept.mark) else None
            place = folder / MEDIA / kept.path if copied else None
            if same and (place is None or (previous and _linked(previous / MEDIA / kept.path, place, same))):
                photo: Photo | None = same
            else:
                photo = copy(kept, place)
            if photo:
                lines.write(photo_line(photo))
                taken.add(photo.path)
        lines.flush()
        os.fsync(lines.fileno())
    return taken


def copy(kept: stores.Kept, place: Path | None) -> Photo | None:
    """Read a file of the store, and write it to `place` if one is named; None when it is gone meanwhile."""
    content = stores.get(kept.path)
    if content is None:
        return None
    if place:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.write_bytes(content)
        settle(place)
    return Photo(len(content), hashlib.sha256(content).hexdigest(), kept.path, kept.mark)


def put_back(folder: Path, listed: Iterable[Photo], *, copied: bool) -> tuple[set[str], list[str]]:
    """Bring the store to what the backup lists: the paths that it has now, and those that are not as they were.

    Files of a folder are put back where they are gone or another; of S3 the sizes are compared. What came to the store
    later stays.
    """
    there = {kept.path: kept for kept in stores.listed()}
    wrong = []
    for photo in listed:
        now = there.get(photo.path)
        if now and now.bytes == photo.bytes and (now.mark == photo.mark or not copied):
            continue
        if copied:
            stores.put(photo.path, (folder / MEDIA / photo.path).read_bytes())
        else:
            wrong.append(photo.path)
    return {kept.path for kept in stores.listed()}, wrong


def _linked(old: Path, new: Path, photo: Photo) -> bool:
    """Whether the copy in the backup before is sound and could be linked here."""
    try:
        if measured(old).sha256 != photo.sha256:
            return False
        new.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.link(old, new)
    except OSError:
        return False
    return True
