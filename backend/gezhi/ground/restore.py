"""`gezhi restore`: an installation as a backup has it, checked against what the backup says, and ready to go on.

Whichever way the database came back, the same end follows: tables of this version, deletions done again, a new sync
epoch, photos compared, every case against its log.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from gezhi import schema
from gezhi.cases import erasure
from gezhi.config import settings
from gezhi.ground import backup_database, backup_media, preflight, processes
from gezhi.ground.backup_continuous import CONFIG, STANZA, Continuous
from gezhi.ground.backup_manifest import (
    DUMP,
    MEDIA,
    MEDIA_LIST,
    Manifest,
    damaged,
    measured,
    photos,
    read,
    said_plainly,
)
from gezhi.ground.failure import Failure
from gezhi.ground.restore_log import renumber
from gezhi.ground.settings import Ground
from gezhi.http.problems import Problem
from gezhi.installation import renew_sync_epoch
from gezhi.media import stores

PATIENCE = 1800.0  # seconds for PostgreSQL to replay the log it was given

Say = Callable[[str], None]


@dataclass(frozen=True)
class Wish:
    """What to restore: the backup, its keys where they lie elsewhere, whether to take the place of what is there.

    `until` is the moment to go back to, of a continuous backup.
    """

    folder: Path
    keys: Path
    replace: bool = False
    until: datetime | None = None


def restore(ground: Ground, wish: Wish, say: Say) -> list[str]:
    """Restore a backup, or the continuous one that lies in the folder; returns what does not agree, a line each.

    Raises Failure before anything is changed when the backup is not whole, the database is in use, or there is
    something in it and `replace` is not asked for.
    """
    with said_plainly(), preflight.lock(ground):
        try:
            if (wish.folder / CONFIG).exists():
                return _continuous(ground, wish, say)
            if wish.until:
                raise Failure("Only a continuous backup goes back to a moment. --until 只用于连续备份。")
            return _whole(ground, wish, say)
        except Problem as problem:
            raise Failure(f"The store of photos failed: {problem.code} 照片存储不可用") from problem


def finish(ground: Ground, say: Say) -> list[str]:
    """What follows when PostgreSQL was restored by other means; returns what does not agree. Raises Failure."""
    with said_plainly(), backup_database.database(ground) as url:
        with backup_database.calm(url) as connection:
            present = {kept.path for kept in stores.listed()}
            faults = _missing(backup_media.expected(connection), present, connection)
        return faults + _end(url, say)


def _whole(ground: Ground, wish: Wish, say: Say) -> list[str]:
    folder, keys, replace = wish.folder, wish.keys, wish.replace
    manifest = read(folder)
    say(f"checking {folder} of {manifest.made_at} 正在核对备份")
    if wrong := damaged(folder, manifest, keys):
        raise Failure(_damage(folder, wrong))
    with backup_database.database(ground) as url:
        with backup_database.calm(url) as connection:
            server = connection.info.server_version // 10000
            _refuse_in_use(connection, replace)
        _put_keys(ground.var, keys, list(manifest.keys), replace)
        settings.cache_clear()
        say("restoring the database 正在恢复数据库")
        backup_database.load(url, folder / DUMP, server, replace=replace)
        with backup_database.calm(url) as connection:
            faults = _compare(backup_database.digests(connection), manifest)
            say(f"restoring {manifest.photos} files of photos 正在恢复照片")
            present, wrong = backup_media.put_back(folder, photos(folder), copied=manifest.copied)
            faults += [f"photo {path} is not as it was 照片与备份不一致" for path in wrong]
            faults += _missing(backup_media.expected(connection), present, connection)
        return faults + _end(url, say)


def _continuous(ground: Ground, wish: Wish, say: Say) -> list[str]:
    folder, keys = wish.folder, wish.keys
    backup = Continuous(ground, folder)
    home = backup.configure()
    if not backup.copies():
        raise Failure(f"{folder} holds no copy of the cluster yet. 其中还没有完整副本。")
    names = backup.known_keys()
    if wrong := [name for name, sha256 in names.items() if not _is_sound(keys / name, sha256)]:
        raise Failure(_damage(keys, wrong))
    data = home / "data"
    if data.exists() and not wish.replace:
        raise Failure(f"There is a database in {data} already; with --replace it is put aside. 已有数据库。")
    say("restoring the cluster 正在恢复数据库")
    fresh = _bring(backup, home, wish.until)
    _put_keys(ground.var, keys, names, wish.replace)
    if data.exists():
        data.rename(home / f"data.before-{_stamp()}")
    fresh.rename(data)
    ground.log.mkdir(exist_ok=True)
    try:
        backup.cluster.start(patience=PATIENCE)
        _await_end_of_replay(backup.cluster.url())
        with backup_database.database(ground) as url, backup_database.calm(url) as connection:
            known = backup_media.expected(connection)
            wanted = backup_media.wanted(known)
            listed = {p.path: p for p in photos(folder) if p.path in wanted} if (folder / MEDIA_LIST).exists() else {}
            sound = [p for p in listed.values() if _is_sound(folder / MEDIA / p.path, p.sha256)]
            say(f"restoring {len(sound)} files of photos 正在恢复照片")
            present, _ = backup_media.put_back(folder, sound, copied=True)
            return _missing(known, present, connection) + _end(url, say)
    finally:
        backup.cluster.stop()


def _bring(backup: Continuous, home: Path, until: datetime | None) -> Path:
    """A data folder beside the final place, ready to replay the log; nothing is left when that fails."""
    fresh = home / f"data.new-{_stamp()}"
    fresh.mkdir(mode=0o700)
    os.chown(fresh, home.stat().st_uid, home.stat().st_gid)
    replay = f'pgbackrest --config={backup.folder / CONFIG} --stanza={STANZA} archive-get %f "%p"'
    options = [f"--pg1-path={fresh}", "--archive-mode=off", f"--recovery-option=restore_command={replay}"]
    if until:
        moment = f"{until.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f+00}"
        options += ["--type=time", f"--target={moment}", "--target-action=promote"]
    try:
        backup.pgbackrest(*options, "restore")
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return fresh


def _end(url: str, say: Say) -> list[str]:
    """Bring the database to now: tables, deletions, epoch; then ask the doctor. Returns its findings."""
    say("bringing the tables up to date 正在升级表结构")
    schema.migrate()
    with backup_database.calm(url) as connection:
        renumber(connection)
        done = erasure.reapply(connection, erasure.ledger(settings().city))
        say(f"{done} deletions of the ledger were done again 已按台账重新执行删除")
        renew_sync_epoch(connection)
    say("examining every case 正在检查每个案件")
    looked = subprocess.run(processes.gezhi("doctor"), capture_output=True, text=True, check=False)
    return looked.stderr.splitlines() if looked.returncode else []


def _refuse_in_use(connection: psycopg.Connection[Any], replace: bool) -> None:
    if others := backup_database.other_sessions(connection):
        raise Failure(f"{others} others use this database. Stop Gezhi first. 数据库正在使用，请先停止系统。")
    if not replace and not backup_database.is_empty(connection):
        raise Failure(
            "The database is not empty; nothing was changed. With --replace its content is lost. "
            "数据库不是空的，没有改动；加 --replace 会用备份取代它。"
        )


def _put_keys(var: Path, keys: Path, names: Iterable[str], replace: bool) -> None:
    """Put the backup's keys in their place; another key that is there is kept beside it, with `replace`."""
    others = [n for n in names if (var / n).exists() and measured(var / n) != measured(keys / n)]
    if others and not replace:
        raise Failure(
            f"{var} has other keys ({', '.join(others)}); with --replace they are put aside. 此处已有另一套密钥。"
        )
    for name in others:
        (var / name).rename(var / f"{name}.before-{_stamp()}")
    for name in names:
        place = var / name
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.touch(mode=0o600)
        place.write_bytes((keys / name).read_bytes())


def _compare(now: dict[str, dict[str, Any]], manifest: Manifest) -> list[str]:
    return [
        f"table {name}: {now.get(name)} instead of {manifest.tables.get(name)} 表与备份不一致"
        for name in sorted(manifest.tables.keys() | now.keys())
        if manifest.tables.get(name) != now.get(name)
    ]


def _missing(known: Iterable[backup_media.Upload], present: set[str], connection: psycopg.Connection[Any]) -> list[str]:
    gone = backup_media.missing(known, present, connection)
    return [f"photo {path} is missing 缺少照片" for path in gone]


def _await_end_of_replay(url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with psycopg.connect(url) as connection:
            if connection.execute("select pg_is_in_recovery()").fetchone() == (False,):
                return
        time.sleep(0.2)
    raise Failure(f"PostgreSQL has not replayed its log in {PATIENCE:g} s; start the command again with --replace.")


def _is_sound(file: Path, sha256: str) -> bool:
    return file.exists() and measured(file).sha256 == sha256


def _damage(folder: Path, wrong: list[str]) -> str:
    some = "\n".join(wrong[:20])
    return f"{folder} is damaged; nothing was changed. 备份已损坏，没有改动。{len(wrong)} files:\n{some}"


def _stamp() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
