"""`gezhi backup --continuous`: point in time for the embedded cluster, by pgBackRest, and new photos as they come.

PostgreSQL hands each finished piece of its log (WAL) to pgBackRest, at the latest ARCHIVE_TIMEOUT after the first write
in it; a copy of the cluster is made once a day. Both go on by themselves; this process adds photos, keys and the days.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from gezhi.ground import backup_database, backup_media
from gezhi.ground.backup import keys_of, take_keys
from gezhi.ground.backup_manifest import KEYS, MEDIA, MEDIA_LIST, keep, photo_line, photos, said_plainly
from gezhi.ground.failure import Failure
from gezhi.ground.postgres import Cluster
from gezhi.ground.settings import Ground
from gezhi.http.problems import Problem
from gezhi.media import stores

STANZA = "gezhi"
CONFIG = "pgbackrest.conf"
REPOSITORY = "pgbackrest"
KEYS_LIST = "keys.json"
ARCHIVE_TIMEOUT = 45  # seconds: with the time to compress and copy 16 MB, 60 are kept
ROUND = 20.0  # seconds between two looks for new photos
DAY, WEEK = 86_400, 7 * 86_400
RESTART_PATIENCE = 120.0

_NOT_HANDED_OVER = """
select date_trunc('second', last_failed_time) from pg_stat_archiver
 where last_failed_time > coalesce(last_archived_time, '-infinity')
"""
_CONF = """\
[global]
repo1-path={repository}
repo1-retention-full=2
compress-type=zst
start-fast=y
log-level-console=warn
log-level-file=off
lock-path={lock}

[gezhi]
pg1-path={data}
pg1-socket-path={sockets}
pg1-user=postgres
pg1-database=postgres
"""


class Continuous:
    """The continuous backup of an embedded cluster in a folder: pgbackrest/, media/, media.jsonl, keys/, keys.json."""

    def __init__(self, ground: Ground, folder: Path) -> None:
        if ground.database_url:
            raise Failure(
                "A server that DATABASE_URL names is archived where it runs: see 'Point in time' in docs/operations.md."
                " 外部数据库请在它所在的机器上设置 pgBackRest，见运维手册。"
            )
        if not shutil.which("pgbackrest"):
            raise Failure("pgBackRest is missing 缺少软件包: apt-get install pgbackrest")
        self.ground, self.folder = ground, folder.absolute()
        self.cluster = Cluster(ground.var / "postgres", log=ground.log / "postgres.log")
        self._kept: set[tuple[str, int, str]] = set()

    def pgbackrest(self, *arguments: str) -> str:
        """Run one of its commands as the cluster's user; returns what it printed, raises Failure with it."""
        done = self.cluster.run(["pgbackrest", f"--config={self.folder / CONFIG}", f"--stanza={STANZA}", *arguments])
        if done.returncode:
            raise Failure(
                f"pgbackrest {arguments[-1]} ended with code {done.returncode}:\n{done.stdout.strip()[-2000:]}"
            )
        return done.stdout

    def configure(self) -> Path:
        """Write pgBackRest's settings for this cluster; returns the cluster's folder."""
        home = self.cluster.locate()
        owner = home.stat()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o711 if owner.st_uid != os.geteuid() else 0o700)
        repository = self.folder / REPOSITORY
        repository.mkdir(mode=0o700, exist_ok=True)
        os.chown(repository, owner.st_uid, owner.st_gid)
        sockets = self.cluster.url().partition("?host=")[2]
        values = {"repository": repository, "lock": home / "lock", "data": home / "data", "sockets": sockets}
        (self.folder / CONFIG).write_text(_CONF.format(**values))
        (self.folder / CONFIG).chmod(0o644)
        if self.cluster.run(["test", "-w", str(repository)]).returncode:
            raise Failure(
                f"The database's user cannot reach {repository}: a folder above it is closed. Open it (chmod o+x) or "
                "choose another one. 数据库用户进不了这个目录，请开放上级目录或换一个。"
            )
        return home

    def prepare(self) -> None:
        """Switch archiving on, which restarts PostgreSQL the first time, and make the first copy of the cluster.

        The cluster must run. Raises Failure.
        """
        home = self.configure()
        wanted = {
            "archive_mode": "on",
            "archive_command": f"pgbackrest --config={self.folder / CONFIG} --stanza={STANZA} archive-push %p",
            "archive_timeout": str(ARCHIVE_TIMEOUT),
        }
        with psycopg.connect(self.cluster.url("postgres"), autocommit=True) as server:
            for name, value in wanted.items():
                server.execute(f"alter system set {name} = {psycopg.sql.quote(value)}")
            server.execute("select pg_reload_conf()")
            row = server.execute("show archive_mode").fetchone()
        if row != ("on",):
            self._restart(home)
        self.pgbackrest("stanza-create")
        self.pgbackrest("check")

    def copies(self) -> list[dict[str, Any]]:
        """The copies of the cluster that there are, oldest first, as `pgbackrest info` tells."""
        told = json.loads(self.pgbackrest("--output=json", "info"))
        return [copy for stanza in told for copy in stanza["backup"]]

    def round(self) -> None:
        """What is due now: a copy of the cluster once a day, whole once a week; keys; new photos.

        Raises Failure when something cannot be done, or PostgreSQL cannot hand over its log.
        """
        self._take_keys()
        self._take_photos()
        copies = self.copies()
        ended = {kind: max((c["timestamp"]["stop"] for c in copies if kind in ("any", c["type"])), default=0)
                 for kind in ("any", "full")}  # fmt: skip
        if time.time() - ended["any"] >= DAY:
            self.pgbackrest(f"--type={'full' if time.time() - ended['full'] >= WEEK else 'diff'}", "backup")
            self._forget_photos()
        with psycopg.connect(self.cluster.url()) as server:
            row = server.execute(_NOT_HANDED_OVER).fetchone()
        if row:
            raise Failure(
                f"PostgreSQL cannot hand over its log since {row[0]} 日志无法归档; "
                f"see {self.ground.log / 'postgres.log'}"
            )

    def _take_keys(self) -> None:
        """Copy keys that are new. Those that were moved away from the backup stay away."""
        now = {name: file.sha256 for name, file in keys_of(self.ground.var).items()}
        if now != self.known_keys():
            take_keys(self.ground.var, self.folder / KEYS)
            keep(self.folder / KEYS_LIST, json.dumps(now).encode())

    def known_keys(self) -> dict[str, str]:
        """The SHA-256 of each key that belongs to this backup, by its path."""
        file = self.folder / KEYS_LIST
        return dict(json.loads(file.read_bytes())) if file.exists() else {}

    def _take_photos(self) -> None:
        """Copy what is new in the store; a store in S3 keeps its own copies."""
        if not backup_media.keeps_files():
            return
        listing = self.folder / MEDIA_LIST
        if not self._kept and listing.exists():
            self._kept = {(photo.path, photo.bytes, photo.mark) for photo in photos(self.folder)}
        _end_with_a_line(listing)
        with listing.open("a", encoding="utf-8") as lines:
            for kept in stores.listed():
                if kept in self._kept:
                    continue
                photo = backup_media.copy(kept, self.folder / MEDIA / kept.path)
                if photo:
                    lines.write(photo_line(photo))
                    lines.flush()
                    os.fsync(lines.fileno())
                    self._kept.add((photo.path, photo.bytes, photo.mark))

    def _forget_photos(self) -> None:
        """Remove copies of what neither the store has nor the database knows: it was erased, or its time was over."""
        if not backup_media.keeps_files():
            return
        with backup_database.calm(self.cluster.url()) as connection:
            wanted = backup_media.wanted(backup_media.expected(connection)) | {kept.path for kept in stores.listed()}
        listed = {photo.path: photo for photo in photos(self.folder)}
        for path in listed.keys() - wanted:
            (self.folder / MEDIA / path).unlink(missing_ok=True)
        left = [photo for path, photo in listed.items() if path in wanted]
        keep(self.folder / MEDIA_LIST, "".join(map(photo_line, left)).encode())
        self._kept = {(photo.path, photo.bytes, photo.mark) for photo in left}

    def _restart(self, home: Path) -> None:
        """Let PostgreSQL end; who started it starts it again."""
        pid = int((home / "data/postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + RESTART_PATIENCE
        while time.monotonic() < deadline:
            time.sleep(0.2)
            if not (home / "data/postmaster.pid").exists() or not backup_database.answers(self.cluster.url()):
                continue
            with psycopg.connect(self.cluster.url("postgres")) as server:
                if server.execute("show archive_mode").fetchone() == ("on",):
                    return
        raise Failure("PostgreSQL did not come back with archiving. Start Gezhi again, then this command.")


def _end_with_a_line(listing: Path) -> None:
    """Take away a last line that a full disk or a power cut has broken off; the next would be appended to it."""
    listing.touch(mode=0o600)
    with listing.open("rb+") as file:
        end = file.seek(0, os.SEEK_END)
        while end and (file.seek(end - 1), file.read(1))[1] != b"\n":
            end -= 1
        file.truncate(end)


def run(ground: Ground, folder: Path, stopping: Callable[[], bool], say: Callable[[str], None]) -> None:
    """Keep the backup going until `stopping`; a round that fails is told and tried again.

    Raises Failure when it cannot begin.
    """
    backup = Continuous(ground, folder)
    backup.cluster.locate()
    if not backup_database.answers(backup.cluster.url()):
        raise Failure("Gezhi does not run here. Start it first: scripts/up 请先启动系统")
    with said_plainly(), backup_database.database(ground):
        backup.prepare()
        backup.round()
        say(f"continuous backup in {folder}: at most 60 s are lost 连续备份已开始")
        due = time.monotonic() + ROUND
        while not stopping():
            if time.monotonic() < due:
                time.sleep(0.2)
                continue
            try:
                with said_plainly():
                    backup.round()
            except (Failure, Problem, psycopg.OperationalError) as failure:
                say(f"gezhi: {failure}; trying again 将重试")
            due = time.monotonic() + ROUND
