"""Folders for Unix sockets that only their owner can reach and whose paths the kernel accepts."""

import hashlib
import os
import stat
from pathlib import Path
from typing import NamedTuple

from gezhi.ground.failure import Failure

LONGEST = 107  # bytes: sun_path of sockaddr_un is 108 with its closing zero


class Account(NamedTuple):
    """A user of this machine, by number."""

    uid: int
    gid: int


def myself() -> Account:
    """Return the user this process runs as."""
    return Account(os.geteuid(), os.getegid())


def folder(preferred: Path, longest_name: str, owner: Account) -> Path:
    """Return a folder (0700, made if missing) in which a socket named `longest_name` can live.

    It is `preferred` unless that path is too long for a socket; then a short one under /tmp, named after it.
    """
    place = preferred
    if len(os.fsencode(preferred / longest_name)) > LONGEST:
        mark = hashlib.sha256(os.fsencode(preferred)).hexdigest()[:12]
        place = Path("/tmp") / f"gezhi-{mark}"  # noqa: S108 - ownership is checked below
    try:
        place.mkdir(mode=0o700)
        os.chown(place, *owner)
    except FileExistsError:
        _check_owner(place, owner)
    return place


def _check_owner(place: Path, owner: Account) -> None:
    found = place.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner.uid:
        raise Failure(f"{place} belongs to somebody else. Remove it, or choose another folder with GEZHI_VAR.")
    place.chmod(0o700)
