"""A backup is whole or no backup, and a restored installation is the one that was saved (G6)."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from moto.server import ThreadedMotoServer

from gezhi.config import settings
from gezhi.ground import backup, backup_database, backup_manifest
from gezhi.ground.backup_manifest import DUMP, KEYS, MANIFEST, MEDIA, photos, read
from gezhi.ground.failure import Failure
from gezhi.ground.restore import Wish, finish, restore
from gezhi.ground.settings import Ground
from gezhi.installation import sync_epoch
from gezhi.media import cleaning, stores
from gezhi.people import vault
from tests.cases.helpers import photo, report
from tests.conftest import forget_settings, renamed

EVENTS = "select jsonb_agg(to_jsonb(e) - 'xid' - 'position' order by case_id, seq) from events e"
UNREAD = """
select e.case_id, e.seq from events e join consumers r using (city) where r.name = 'reader'
   and (e.xid, e.position) > (r.xid, r.position) order by e.xid, e.position
"""


def quiet(_text: str) -> None:
    """Says nothing."""


def ground_of(url: str, var: Path) -> Ground:
    """An installation of its own."""
    return Ground(var=var, port=8080, database_url=url)


@pytest.fixture(scope="module")
def full(app: Any, var: Path) -> list[str]:
    """The module's demo city with two reports, three photos, one not cleaned yet, and a name in the vault."""
    from tests.conftest import Caller

    caller = Caller(app)
    hashes = [caller.put_photo(photo()) for _ in range(3)]
    for sha in hashes[:2]:
        cleaning.clean("3601", sha)
        answer = caller.post("/reports", report([sha]))
        assert answer.status_code == 201, answer.json
    with psycopg.connect(settings().database_url, autocommit=True) as connection:
        vault.keep(connection, "王建国", "13812345678")
        # A cluster that has given far more numbers than the new one will; the log's order is not that of positions.
        connection.execute("update events set xid = (5000000000000 - position)::text::xid8")
        connection.execute(
            "insert into consumers select city, 'reader', xid, position from events order by xid offset 3 limit 1"
        )
    return hashes


@pytest.fixture(scope="module")
def saved(full: list[str], database: str, var: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of it, not to be changed."""
    return backup.make(ground_of(database, var), tmp_path_factory.mktemp("backups"))[0]


@pytest.fixture
def copied(saved: Path, tmp_path: Path) -> Path:
    """A copy of the backup, to be damaged."""
    return Path(shutil.copytree(saved, tmp_path / "copy"))


@contextmanager
def another(server: str, var: Path) -> Iterator[Ground]:
    """An empty database and an empty folder for another installation."""
    name = f"gezhi_restored_{uuid.uuid4().hex[:12]}"
    before = {key: os.environ[key] for key in ("DATABASE_URL", "GEZHI_VAR")}
    with psycopg.connect(renamed(server, "postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name} template template0")
        yield ground_of(renamed(server, name), var)
        os.environ |= before
        forget_settings()
        admin.execute(f"drop database {name} with (force)")


@pytest.fixture
def empty(server: str, database: str, tmp_path: Path) -> Iterator[Ground]:
    """An installation to restore into."""
    with another(server, tmp_path / "var") as ground:
        yield ground


@pytest.fixture(scope="module")
def twin(server: str, saved: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """The backup as it was restored, for looking."""
    with another(server, tmp_path_factory.mktemp("twin") / "var") as ground:
        assert restored(saved, ground) == []
        yield ground


def restored(folder: Path, empty: Ground, **more: Any) -> list[str]:
    return restore(empty, Wish(folder, more.pop("keys", folder / KEYS), **more), quiet)


def nothing_in(empty: Ground) -> bool:
    with backup_database.calm(empty.database_url) as connection:
        return backup_database.is_empty(connection)


def test_G6_what_is_restored_is_what_was_saved_row_by_row(saved: Path, twin: Ground, database: str, var: Path) -> None:
    with backup_database.calm(database) as old, backup_database.calm(twin.database_url) as new:
        before, after = backup_database.digests(old), backup_database.digests(new)
        assert before["cases"]["rows"] == 2
        assert {name for name in before if before[name] != after[name]} == {
            "installation",
            "events",
            "consumers",
        }
        assert old.execute(EVENTS).fetchone() == new.execute(EVENTS).fetchone()
    # Photos, byte by byte; the keys, without which the vault is noise.
    assert {p.path: (twin.var / MEDIA / p.path).read_bytes() for p in photos(saved)} == {
        str(file.relative_to(var / MEDIA)): file.read_bytes() for file in (var / MEDIA).rglob("*") if file.is_file()
    }
    assert len(list(photos(saved))) == 5
    for key in ("secret.key", "vapid.pem"):
        assert (twin.var / key).read_bytes() == (var / key).read_bytes()
        assert (twin.var / key).stat().st_mode & 0o077 == 0


def test_a_restore_begins_a_new_epoch_so_that_phones_ask_for_everything(twin: Ground, database: str) -> None:
    with psycopg.connect(database) as old, psycopg.connect(twin.database_url) as new:
        first = sync_epoch(new)
        assert uuid.UUID(first) != uuid.UUID(sync_epoch(old))
    assert finish(twin, quiet) == []  # PostgreSQL was restored by other means
    with psycopg.connect(twin.database_url) as new:
        assert sync_epoch(new) != first


def test_consumers_go_on_where_they_were_and_see_what_happens_next(twin: Ground, database: str) -> None:
    with psycopg.connect(database) as old, psycopg.connect(twin.database_url, autocommit=True) as new:
        unread = old.execute(UNREAD).fetchall()
        assert len(unread) >= 2
        assert new.execute(UNREAD).fetchall() == unread
        new.execute(
            "insert into events (city, case_id, seq, at, occurred_at, action, actor_kind, version, state, facts,"
            " audience, digest) select city, case_id, 99, at, occurred_at, action, actor_kind, version, state, facts,"
            " audience, digest from events limit 1"
        )
        assert [row[1] for row in new.execute(UNREAD).fetchall()] == [row[1] for row in unread] + [99]
        future = "select count(*) from events where xid > pg_current_xact_id()"
        assert new.execute(future).fetchone() == (0,)
        new.execute("delete from events where seq = 99")


@pytest.mark.parametrize("file", [DUMP, "media.jsonl", f"{KEYS}/secret.key", MANIFEST, "a photo"])
def test_one_changed_byte_is_found_and_nothing_is_restored(copied: Path, empty: Ground, file: str) -> None:
    place = copied / file if file != "a photo" else next(p for p in (copied / MEDIA).rglob("*.jpg"))
    content = bytearray(place.read_bytes())
    content[len(content) // 2] ^= 1
    place.write_bytes(content)
    with pytest.raises(Failure, match="damaged") as failure:
        restored(copied, empty)
    assert place.name in str(failure.value)
    assert nothing_in(empty)
    assert not (empty.var / "secret.key").exists()


@pytest.mark.parametrize("file", [DUMP, "media.jsonl", f"{KEYS}/vapid.pem"])
def test_a_file_that_is_gone_is_found(copied: Path, empty: Ground, file: str) -> None:
    (copied / file).unlink()
    with pytest.raises(Failure, match=Path(file).name):
        restored(copied, empty)
    assert nothing_in(empty)


def test_half_a_backup_is_none(copied: Path, empty: Ground) -> None:
    (copied / MANIFEST).unlink()
    with pytest.raises(Failure, match="no whole backup"):
        restored(copied, empty)
    assert nothing_in(empty)


def test_a_backup_killed_in_the_middle_is_none(full: list[str], database: str, var: Path, tmp_path: Path) -> None:
    script = f"""
import os, signal
from pathlib import Path
from gezhi.ground import backup
from gezhi.ground.settings import Ground
backup.take_keys = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
backup.make(Ground(Path({str(var)!r}), 8080, {database!r}), Path({str(tmp_path)!r}))
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert ended.returncode == -9, ended.stderr
    (half,) = tmp_path.iterdir()
    assert (half / DUMP).stat().st_size > 1000
    with pytest.raises(Failure, match="no whole backup"):
        read(half)


def test_a_full_disk_is_said_and_leaves_no_half_backup(
    full: list[str], database: str, var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() == 0 and _mounted(tmp_path, "2M"):
        try:
            with pytest.raises(Failure, match="disk is full"):
                backup.make(ground_of(database, var), tmp_path)
            assert list(tmp_path.iterdir()) == []
        finally:
            subprocess.run(["umount", str(tmp_path)], check=True)

    def full_disk(*_: Any) -> None:  # in the last step of all, where no file system of ours can be made
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path))

    monkeypatch.setattr(backup, "write", full_disk)
    with pytest.raises(Failure, match="disk is full"):
        backup.make(ground_of(database, var), tmp_path)
    assert list(tmp_path.iterdir()) == []


def _mounted(place: Path, size: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_database_with_something_in_it_is_replaced_only_when_asked_for(copied: Path, empty: Ground) -> None:
    with psycopg.connect(empty.database_url, autocommit=True) as connection:
        connection.execute("create table theirs as select 1 as n; create type mood as enum ('fine')")
    with pytest.raises(Failure, match="not empty"):
        restored(copied, empty)
    with psycopg.connect(empty.database_url, autocommit=True) as connection:
        assert connection.execute("select n from theirs").fetchone() == (1,)
    assert restored(copied, empty, replace=True) == []
    with psycopg.connect(empty.database_url, autocommit=True) as connection:
        assert connection.execute("select to_regclass('theirs'), to_regtype('mood')").fetchone() == (None, None)
        connection.execute("delete from clocks")
        connection.execute("delete from reports")
    assert restored(copied, empty, replace=True) == []
    with psycopg.connect(empty.database_url) as connection:
        assert connection.execute("select count(*) from reports").fetchone() == (2,)


def test_a_dump_that_breaks_off_leaves_the_database_as_it_was(copied: Path, empty: Ground) -> None:
    with psycopg.connect(empty.database_url, autocommit=True) as connection:
        connection.execute("create table theirs as select 1 as n")
    dump = (copied / DUMP).read_bytes()
    (copied / DUMP).write_bytes(dump[: len(dump) * 2 // 3])
    with pytest.raises(Failure, match="as it was"):
        backup_database.load(empty.database_url, copied / DUMP, 15, replace=True)
    with backup_database.calm(empty.database_url) as connection:
        assert backup_database.digests(connection).keys() == {"theirs"}


def test_a_database_in_use_is_left_alone(saved: Path, empty: Ground) -> None:
    with psycopg.connect(empty.database_url), pytest.raises(Failure, match="Stop Gezhi first"):
        restored(saved, empty)


def test_keys_lie_elsewhere_and_others_are_not_overwritten(copied: Path, empty: Ground, tmp_path: Path) -> None:
    safe = tmp_path / "safe"
    (copied / KEYS).rename(safe)
    with pytest.raises(Failure, match=r"secret\.key"):
        restored(copied, empty)
    empty.var.mkdir(exist_ok=True)
    (empty.var / "secret.key").write_text("0" * 64)
    with pytest.raises(Failure, match="other keys"):
        restored(copied, empty, keys=safe)
    assert nothing_in(empty)
    assert restored(copied, empty, keys=safe, replace=True) == []
    assert (empty.var / "secret.key").read_bytes() == (safe / "secret.key").read_bytes()
    (aside,) = empty.var.glob("secret.key.before-*")
    assert aside.read_text() == "0" * 64


def test_the_vault_opens_after_a_restore(twin: Ground) -> None:
    before = {key: os.environ[key] for key in ("DATABASE_URL", "GEZHI_VAR")}
    os.environ |= {"DATABASE_URL": twin.database_url, "GEZHI_VAR": str(twin.var)}
    forget_settings()
    try:
        with psycopg.connect(twin.database_url) as connection:
            row = connection.execute("select id from personal_data where phone_hmac is not null").fetchone()
            assert row is not None
            assert vault.reveal(connection, row[0]) == {"name": "王建国", "phone": "13812345678"}
    finally:
        os.environ |= before
        forget_settings()


def test_a_photo_that_the_store_lost_is_named_and_the_backup_is_whole_all_the_same(
    full: list[str], database: str, var: Path, tmp_path: Path, empty: Ground
) -> None:
    lost = var / MEDIA / stores.cleaned("3601", full[0], "full")
    content = lost.read_bytes()
    lost.unlink()
    try:
        folder, manifest = backup.make(ground_of(database, var), tmp_path / "backups")
    finally:
        lost.write_bytes(content)
    assert manifest.missing == [str(lost.relative_to(var / MEDIA))]
    assert restored(folder, empty) == [f"photo {manifest.missing[0]} is missing 缺少照片"]


def test_rows_that_differ_from_the_manifest_are_named(copied: Path, empty: Ground) -> None:
    told = json.loads((copied / MANIFEST).read_text())["manifest"]
    told["tables"]["reports"]["rows"] += 1
    digest = backup_manifest._digest(told)
    (copied / MANIFEST).write_text(json.dumps({"manifest": told, "sha256": digest}))
    (fault,) = restored(copied, empty)
    assert fault.startswith("table reports: {'rows': 2")


def test_the_next_backup_links_what_the_one_before_has_and_copies_what_was_damaged_there(
    saved: Path, database: str, var: Path, tmp_path: Path
) -> None:
    first = Path(shutil.copytree(saved, tmp_path / saved.name))
    first.rename(tmp_path / "gezhi-20000101T000000Z")
    first = tmp_path / "gezhi-20000101T000000Z"
    damaged, sound, *_ = sorted(first.rglob("*.jpg"))
    damaged.write_bytes(b"x")
    second, _ = backup.make(ground_of(database, var), tmp_path)
    assert (second / sound.relative_to(first)).stat().st_ino == sound.stat().st_ino
    assert (second / damaged.relative_to(first)).read_bytes() == (var / damaged.relative_to(first)).read_bytes()
    assert backup_manifest.damaged(second, read(second), second / KEYS) == []


def test_photos_in_s3_are_listed_checked_and_compared(
    full: list[str], database: str, var: Path, tmp_path: Path, empty: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/backups", method="PUT")).close()
    for name, value in {"MEDIA_URL": "s3://backups/gezhi", "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "test",
                        "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    try:
        kept = [file for file in (var / MEDIA).rglob("*") if file.is_file()]
        for file in kept[1:]:
            stores.put(str(file.relative_to(var / MEDIA)), file)
        folder, manifest = backup.make(ground_of(database, var), tmp_path / "backups")
        assert not manifest.copied
        assert not (folder / MEDIA).exists()
        assert manifest.photos == len(kept) - 1
        assert set(manifest.missing) == set(backup_media_missing(kept[0], var))
        assert {p.path: p.sha256 for p in photos(folder)} == {
            str(file.relative_to(var / MEDIA)): backup_manifest.measured(file).sha256 for file in kept[1:]
        }
        stores.put(str(kept[1].relative_to(var / MEDIA)), b"another")
        faults = restored(folder, empty)
        assert f"photo {kept[1].relative_to(var / MEDIA)} is not as it was 照片与备份不一致" in faults
    finally:
        monkeypatch.undo()
        settings.cache_clear()
        server.stop()


def backup_media_missing(file: Path, var: Path) -> list[str]:
    """What is missing when a file of the store is: for an upload that is not cleaned, the cleaned ones."""
    path = file.relative_to(var / MEDIA)
    if path.parts[1] != "incoming":
        return [str(path)]
    return [stores.cleaned("3601", path.name, size) for size in ("full", "thumb")]


def test_a_password_is_never_in_a_command_line() -> None:
    env = backup_database._environment("postgresql://gezhi:s3cret@db.example:5433/city?sslmode=require")
    assert (env["PGPASSWORD"], env["PGHOST"], env["PGPORT"]) == ("s3cret", "db.example", "5433")
    with pytest.raises(Failure, match="not known here"):
        backup_database._environment("postgresql://db.example/city?target_session_attrs=any")


def test_an_older_program_is_refused_by_name() -> None:
    with pytest.raises(Failure, match="postgresql-client-99"):
        backup_database.program("pg_dump", 99)
