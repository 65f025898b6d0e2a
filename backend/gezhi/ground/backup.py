"""`gezhi backup`: the database, the photos and the keys of an installation, in a folder that is whole or no backup."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from gezhi.config import settings
from gezhi.ground import backup_database, backup_media
from gezhi.ground.backup_manifest import (
    DUMP,
    KEYS,
    MANIFEST,
    MEDIA_LIST,
    File,
    Manifest,
    keep,
    measured,
    read,
    said_plainly,
    settle,
    write,
)
from gezhi.ground.failure import Failure
from gezhi.ground.settings import Ground
from gezhi.http.problems import Problem

SECRETS = ("*.key", "*.pem", "caddy/caddy/pki/authorities/local/*")  # in GEZHI_VAR
_NOTE = """\
本目录是这套系统的密钥。没有它，姓名和电话无法读取；有了它和数据库备份，谁都能读取。
请把整个目录移到另一处、由另一个人保管；恢复时用 gezhi restore 备份目录 --keys 此目录。

These are the keys of the installation. Without them names and phone numbers cannot be read; with them and the
database's backup anybody can. Move this folder to another place, kept by another person, and name it when restoring:
gezhi restore BACKUP --keys THIS_FOLDER
"""


def folder_of_backups(ground: Ground) -> Path:
    """Where backups go unless told: GEZHI_VAR/backups, on the same disk and so no help when that is lost."""
    return ground.var / "backups"


def make(ground: Ground, parent: Path) -> tuple[Path, Manifest]:
    """Make a backup in a new folder of `parent`; returns the folder and what it says.

    Raises Failure; then no new folder is left.
    """
    with said_plainly(), backup_database.database(ground) as url:
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = parent / f"gezhi-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        folder.mkdir(mode=0o700)
        try:
            return folder, _fill(ground, folder, url, _newest(parent))
        except Problem as problem:
            shutil.rmtree(folder, ignore_errors=True)
            raise Failure(f"The store of photos failed: {problem.code} 照片存储不可用") from problem
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise


def keys_of(var: Path) -> dict[str, File]:
    """The installation's keys as they are now, by their path in GEZHI_VAR."""
    found = sorted(file for pattern in SECRETS for file in var.glob(pattern) if file.is_file())
    return {str(file.relative_to(var)): measured(file) for file in found}


def take_keys(var: Path, folder: Path) -> dict[str, File]:
    """Copy the installation's keys and say beside them what they are; returns their measures by path."""
    keep(folder / "README.txt", _NOTE.encode())
    return {name: keep(folder / name, (var / name).read_bytes()) for name in keys_of(var)}


def _fill(ground: Ground, folder: Path, url: str, previous: Path | None) -> Manifest:
    begun = datetime.now(UTC)
    with backup_database.calm(url) as connection, connection.transaction():
        # One snapshot for the dump, for what it is compared with, and for the photos it needs.
        connection.execute("set transaction isolation level repeatable read, read only")
        row = connection.execute("select pg_export_snapshot()").fetchone()
        assert row is not None
        backup_database.dump(url, folder / DUMP, row[0], connection.info.server_version // 10000)
        tables = backup_database.digests(connection)
        known, versions = backup_media.expected(connection), backup_database.versions(connection)
    settle(folder / DUMP)
    kept = backup_media.take(folder, previous)
    with backup_database.calm(url) as connection:
        gone = backup_media.missing(known, kept, connection)
    manifest = Manifest(
        made_at=begun.isoformat(timespec="seconds"),
        city=settings().city,
        versions={"gezhi": _version(), **versions},
        files={name: measured(folder / name) for name in (DUMP, MEDIA_LIST)},
        keys=take_keys(ground.var, folder / KEYS),
        tables=tables,
        copied=backup_media.keeps_files(),
        photos=len(kept),
        missing=gone,
    )
    write(folder, manifest)
    return manifest


def _newest(parent: Path) -> Path | None:
    """The newest whole backup in the folder, whose photos need not be copied again; None without one."""
    for folder in sorted((file.parent for file in parent.glob(f"gezhi-*/{MANIFEST}")), reverse=True):
        try:
            manifest = read(folder)
        except Failure:
            continue
        if (
            measured(folder / MEDIA_LIST) == manifest.files[MEDIA_LIST]
            and manifest.copied == backup_media.keeps_files()
        ):
            return folder
    return None


def _version() -> str:
    try:
        return version("gezhi")
    except PackageNotFoundError:  # run from a checkout, whose package is not built
        return "checkout"
