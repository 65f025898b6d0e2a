"""What can be known to fail before anything is installed or started.

Run by `scripts/up` with the system's Python, so only the standard library is used here.
"""

import errno
import fcntl
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from gezhi.ground.failure import Failure
from gezhi.ground.settings import Ground, read

LEAST_FREE_MB = 500
LOOPBACK = ("127.0.0.1", "::1")
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - what --lan is for
LEAVE_PATIENCE = 20.0  # seconds for the children of a killed run to end
PORT_PATIENCE = 3.0  # seconds for the system to free a port just used


def main() -> None:
    """Check the settings in the environment; exit with a plain message when starting cannot work."""
    try:
        check(read(lan="--lan" in sys.argv[1:]))
    except Failure as failure:
        sys.exit(f"gezhi: {failure}")


def check(ground: Ground) -> None:
    """Raise Failure when the folder is in use or full, or the port is taken."""
    with lock(ground):
        check_space(ground.var)
        addresses(ground)


@contextmanager
def lock(ground: Ground) -> Iterator[None]:
    """Hold the folder for this process and its children; raise Failure, naming the holder, when another run has it.

    The kernel lets go of it when the last of them ends, however it ends. Children of a killed run have a moment to go.
    """
    make_folder(ground.var)
    try:
        handle = (ground.var / "up.lock").open("a+", encoding="ascii")
    except OSError as error:
        raise Failure(f"{ground.var} cannot be written: {error.strerror}. Choose another with GEZHI_VAR.") from error
    with handle:
        deadline = time.monotonic() + LEAVE_PATIENCE
        while not _locked(handle):
            handle.seek(0)
            holder = handle.read().partition(" ")
            if holder[0] and Path("/proc", holder[0]).exists():
                raise Failure(
                    f"Gezhi is already running in {ground.var} (process {holder[0]}, {holder[2].strip()}). "
                    "Stop it first, or give this one its own folder and port: "
                    "GEZHI_VAR=/other/folder PORT=8081 scripts/up"
                )
            if time.monotonic() > deadline:
                raise Failure(
                    f"Processes of an earlier run still use {ground.var}. Find and end them: fuser -v {handle.name}"
                )
            time.sleep(0.1)
        handle.truncate(0)
        handle.write(f"{os.getpid()} {ground.address}\n")
        handle.flush()
        os.set_inheritable(handle.fileno(), True)
        yield


def _locked(handle: TextIO) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def make_folder(var: Path) -> None:
    """Make GEZHI_VAR. Root makes it passable, because the database runs as another user inside it."""
    if var.is_dir():
        return
    try:
        var.mkdir(parents=True, mode=0o711 if os.geteuid() == 0 else 0o700)
    except OSError as error:
        raise Failure(f"The folder {var} cannot be made: {error.strerror}. Choose another with GEZHI_VAR.") from error


def check_space(var: Path) -> None:
    """Raise Failure when the disk is as good as full: a database that cannot write helps nobody."""
    free = shutil.disk_usage(var).free // 1_000_000
    if free < LEAST_FREE_MB:
        raise Failure(
            f"Only {free} MB are free at {var}; Gezhi needs at least {LEAST_FREE_MB} MB. "
            "Make room, or choose a folder on another disk with GEZHI_VAR."
        )


def addresses(ground: Ground) -> list[str]:
    """Return the addresses to listen on that this machine has; raise Failure when the port is taken on one."""
    deadline = time.monotonic() + PORT_PATIENCE
    while True:
        try:
            return [
                address for address in (EVERYWHERE if ground.lan else LOOPBACK) if _can_listen(address, ground.port)
            ]
        except OSError as error:
            if error.errno == errno.EACCES:
                raise Failure(
                    f"Port {ground.port} is only for the administrator. Choose one above 1023, as PORT=8080."
                ) from error
            if error.errno != errno.EADDRINUSE:
                raise
            if time.monotonic() > deadline:
                raise Failure(
                    f"Port {ground.port} is already taken by another program. "
                    f"Stop that program, or choose another port: PORT={_other(ground.port)} scripts/up"
                ) from error
        time.sleep(0.2)


def _can_listen(address: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        probe = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        return False  # a kernel without IPv6
    with probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            probe.bind((address, port))
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                return False
            raise
    return True


def _other(port: int) -> int:
    return port + 1 if port < 65535 else 8080


if __name__ == "__main__":
    main()
