"""What a backup says about itself: the list of its files with their checksums, written last.

A folder without a manifest is a backup that was broken off, whatever else is in it.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gezhi.ground.failure import Failure

FORMAT = 1
MANIFEST = "manifest.json"
DUMP = "database.dump"
MEDIA = "media"
MEDIA_LIST = "media.jsonl"
KEYS = "keys"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class File:
    """A file as it must be: its size in bytes and its SHA-256 in hex."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Photo(File):
    """A file of the media store: its path there, and the mark by which the store knows its content."""

    path: str
    mark: str


@dataclass(frozen=True)
class Manifest:
    """A whole backup.

    `versions` of gezhi, postgresql, postgis and the tables; `files` by path in the folder, without photos; `keys` by
    path in the keys' folder; `tables` by name with rows and digest; `copied` says whether the photos' bytes are here;
    `missing` has the paths of photos that the database knew and the store had not.
    """

    made_at: str
    city: str
    versions: dict[str, str]
    files: dict[str, File]
    keys: dict[str, File]
    tables: dict[str, dict[str, Any]]
    copied: bool
    photos: int
    missing: list[str]
    format: int = FORMAT


def measured(file: Path) -> File:
    """The size and checksum of a file as it is now."""
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return File(size, digest.hexdigest())


def settle(file: Path) -> None:
    """Make a file, or the names in a folder, survive a power cut."""
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def keep(file: Path, content: bytes) -> File:
    """Write a file so that it is there whole or not at all, and lasts; returns its measures."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        draft.touch(mode=0o600)
        draft.write_bytes(content)
        settle(draft)
        draft.rename(file)
    finally:
        draft.unlink(missing_ok=True)
    settle(file.parent)
    return File(len(content), hashlib.sha256(content).hexdigest())


def write(folder: Path, manifest: Manifest) -> None:
    """Make the backup a whole one."""
    said = asdict(manifest)
    keep(folder / MANIFEST, json.dumps({"manifest": said, "sha256": _digest(said)}, ensure_ascii=False).encode())


def read(folder: Path) -> Manifest:
    """The manifest of a backup; raises Failure when there is none, it is damaged, or made by a newer Gezhi."""
    try:
        text = (folder / MANIFEST).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise Failure(
            f"{folder} is no whole backup: it has no {MANIFEST}, which is written last. Use another one. "
            "备份不完整（没有清单），请用另一份。"
        ) from None
    try:
        told = json.loads(text)
        said = told["manifest"]
        if told["sha256"] != _digest(said):
            raise ValueError("checksum")
        if said["format"] > FORMAT:
            raise Failure(f"{folder} was made by a newer Gezhi ({said['versions'].get('gezhi')}). Upgrade first.")
        for part in ("files", "keys"):
            said[part] = {name: File(**file) for name, file in said[part].items()}
        return Manifest(**said)
    except (ValueError, KeyError, TypeError) as error:
        raise Failure(
            f"{folder / MANIFEST} is damaged ({error}). Use another backup. 清单已损坏，请用另一份备份。"
        ) from None


def photos(folder: Path) -> Iterator[Photo]:
    """Every file of the media store that the backup lists; a last line that was broken off is left out."""
    with (folder / MEDIA_LIST).open(encoding="utf-8") as lines:
        for line in lines:
            if line.endswith("\n"):
                yield Photo(**json.loads(line))


def photo_line(photo: Photo) -> str:
    """The line of a photo in the list."""
    return json.dumps(asdict(photo), ensure_ascii=False) + "\n"


def damaged(folder: Path, manifest: Manifest, keys: Path) -> list[str]:
    """Every file that is gone or not as it was when the backup was made, by path; the keys may lie elsewhere."""
    expected = {folder / name: file for name, file in manifest.files.items()}
    expected |= {keys / name: file for name, file in manifest.keys.items()}
    wrong = [str(place) for place, file in expected.items() if not _as_it_was(place, file)]
    if manifest.copied and str(folder / MEDIA_LIST) not in wrong:
        places = ((folder / MEDIA / photo.path, photo) for photo in photos(folder))
        wrong += [str(place) for place, photo in places if not _as_it_was(place, photo)]
    return wrong


@contextmanager
def said_plainly() -> Iterator[None]:
    """Turn what a disk says into a Failure that a person can act on."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise full(error.filename or "") from error
        raise Failure(f"{error.strerror}: {error.filename or ''}") from error


def full(where: str | Path) -> Failure:
    """What to say when the disk is full."""
    return Failure(
        f"The disk is full ({where}). Make room or choose another folder. 磁盘已满，请腾出空间或换一个目录。"
    )


def _as_it_was(place: Path, file: File) -> bool:
    try:
        now = measured(place)
    except OSError:
        return False
    return (now.bytes, now.sha256) == (file.bytes, file.sha256)


def _digest(said: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
