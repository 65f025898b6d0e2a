"""Cleaning a photo in the worker: raw file out of the store, through the bounded child, clean files into it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import BoundedSemaphore
from typing import Any

import structlog

from gezhi.db import connection
from gezhi.media import queries, stores

WALL_SECONDS = 60
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/heic": "HEIF"}

log = structlog.get_logger("gezhi.media")
_turns = BoundedSemaphore(2)  # each child may take 400 MB


class Killed(Exception):
    """The child was killed from outside, for want of memory say: that tells nothing of the photo."""


def run_child(kind: str, raw: Path, full: Path, thumb: Path) -> dict[str, Any]:
    """The child's answer; a child that was stopped by its limits or crashed is the answer `{"refused": "unreadable"}`.

    Raises what is worth another try: subprocess.TimeoutExpired after a minute, as the machine may be busy, and Killed.
    """
    environment = {"PATH": os.environ.get("PATH", ""), "MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-I", "-m", "gezhi.media.child", kind, str(raw), str(full), str(thumb)]
    with _turns:
        done = subprocess.run(
            command, env=environment, cwd=raw.parent, capture_output=True, timeout=WALL_SECONDS, check=False
        )
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        log.warning("media.child_died", returncode=done.returncode)
        if done.returncode == -signal.SIGKILL:
            raise Killed from None
        return {"refused": "unreadable"}
    return answer


def _finish(city: str, sha: str, answer: dict[str, Any]) -> None:
    hashed = bytes.fromhex(sha)
    with connection() as lent:
        if refused := answer.get("refused"):
            lent.execute(queries.REFUSED, (refused, city, hashed))
        else:
            lent.execute(queries.READY, (answer["width"], answer["height"], city, hashed))
    stores.delete(stores.incoming(city, sha))


def clean(city: str, sha: str, last_try: bool = False) -> str:
    """Clean one photo for all who sent it; returns `ready`, `refused` or `nothing` (to do).

    May be run again at any point. Raises what a store or the database raises, TimeoutExpired, Killed, and
    FileNotFoundError when the raw file is missing; on the last try those three are refused, so that their authors may
    send them again.
    """
    with connection() as lent:
        row = lent.execute(queries.WAITING, (city, bytes.fromhex(sha))).fetchone()
    if row is None:
        stores.delete(stores.incoming(city, sha))
        return "nothing"
    content_type, measures = row
    if measures:
        answer: dict[str, Any] = {"width": measures[0], "height": measures[1]}
    else:
        try:
            answer = _clean_files(city, sha, FORMATS[content_type])
        except (FileNotFoundError, Killed, subprocess.TimeoutExpired):
            if not last_try:
                raise
            answer = {"refused": "not_cleaned"}
    _finish(city, sha, answer)
    return "refused" if "refused" in answer else "ready"


def _clean_files(city: str, sha: str, kind: str) -> dict[str, Any]:
    content = stores.get(stores.incoming(city, sha))
    if content is None:
        raise FileNotFoundError(sha)
    with TemporaryDirectory(prefix="gezhi-photo-") as folder:
        raw, full, thumb = (Path(folder) / name for name in ("raw", "full.jpg", "thumb.jpg"))
        raw.write_bytes(content)
        answer = run_child(kind, raw, full, thumb)
        if "refused" not in answer:
            stores.put(stores.cleaned(city, sha, "full"), full)
            stores.put(stores.cleaned(city, sha, "thumb"), thumb)
    return answer
