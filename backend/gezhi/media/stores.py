"""Where photos are: a folder or S3, through one interface (obstore), as MEDIA_URL says.

<city>/incoming/<sha256>         as uploaded; gone once cleaned; never served
<city>/full/<ab>/<sha256>.jpg    cleaned, long side 1600 pixels or less
<city>/thumb/<ab>/<sha256>.jpg   cleaned, 320
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import IO, Literal, NamedTuple

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from gezhi.config import settings
from gezhi.http.problems import Problem

Size = Literal["full", "thumb"]


@lru_cache(maxsize=8)
def opened(url: str) -> LocalStore | S3Store:
    """The store at `url`: `file:///folder`, made when it is missing, or `s3://bucket/prefix`."""
    if url.startswith("file://"):
        return LocalStore(url.removeprefix("file://"), mkdir=True)
    plain = os.environ.get("AWS_ENDPOINT_URL", os.environ.get("AWS_ENDPOINT", "")).startswith("http://")
    return S3Store.from_url(
        url,
        client_options={"timeout": "15s", "connect_timeout": "3s", "allow_http": plain},
        retry_config={"max_retries": 2},
    )


@contextmanager
def _told() -> Iterator[None]:
    """A store that is full or away is the caller's 503, not our 500."""
    try:
        yield
    except FileNotFoundError:
        raise
    except BaseError as error:
        full = any(sign in str(error) for sign in ("No space left", "Disk quota", "os error 28", "QuotaExceeded"))
        raise Problem("storage_full" if full else "unavailable") from error


def settle(store: LocalStore | S3Store, path: str) -> None:
    """Make a file in a folder survive a power cut: the phone drops its own copy on our word. S3 does so by itself."""
    if not isinstance(store, LocalStore) or store.prefix is None:
        return
    file = Path(store.prefix) / path
    for place in (file, file.parent):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def put(path: str, content: IO[bytes] | Path | bytes) -> None:
    """Keep `content` at `path`, durably. Raises Problem storage_full or unavailable."""
    store = opened(settings().media_url)
    with _told():
        obstore.put(store, path, content)
    settle(store, path)


def get(path: str) -> bytes | None:
    """What is kept at `path`, None when nothing is. Raises Problem unavailable."""
    try:
        with _told():
            return bytes(obstore.get(opened(settings().media_url), path).bytes())
    except FileNotFoundError:
        return None


def exists(path: str) -> bool:
    """Whether something is kept at `path`. Raises Problem unavailable."""
    try:
        with _told():
            obstore.head(opened(settings().media_url), path)
    except FileNotFoundError:
        return False
    return True


class Kept(NamedTuple):
    """One file of the store: its path, its size in bytes, and a mark that changes with its content."""

    path: str
    bytes: int
    mark: str


def listed() -> Iterator[Kept]:
    """Everything that is kept, of all cities, in no order. Raises Problem unavailable."""
    with _told():
        for page in obstore.list(opened(settings().media_url)):
            for found in page:
                yield Kept(found["path"], found["size"], found["e_tag"] or "")


def left_over(city: str, before: datetime) -> Iterator[str]:
    """The hashes of uploads that came before a moment and were never cleaned. Raises Problem unavailable."""
    with _told():
        for page in obstore.list(opened(settings().media_url), incoming(city, "")):
            for found in page:
                if found["last_modified"] < before:
                    yield found["path"].rpartition("/")[2]


def delete(*paths: str) -> None:
    """Remove what is kept at `paths`; what is not there is no error. Raises Problem unavailable."""
    for path in paths:
        try:
            with _told():
                obstore.delete(opened(settings().media_url), path)
        except FileNotFoundError:
            continue


def incoming(city: str, sha: str) -> str:
    """The path of an upload that is not cleaned yet."""
    return f"{city}/incoming/{sha}"


def cleaned(city: str, sha: str, size: Size) -> str:
    """The path of a cleaned photo."""
    return f"{city}/{size}/{sha[:2]}/{sha}.jpg"
