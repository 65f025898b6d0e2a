"""Point in time: what was written a moment before the cluster was lost is there again (G6). Needs pgBackRest."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gezhi import schema
from gezhi.ground import backup_continuous, postgres
from gezhi.ground.backup_continuous import Continuous
from gezhi.ground.backup_database import database
from gezhi.ground.failure import Failure
from gezhi.ground.postgres import Cluster
from gezhi.ground.restore import Wish, restore
from gezhi.ground.settings import Ground
from gezhi.media import stores
from tests.conftest import forget_settings

needs_pgbackrest = pytest.mark.skipif(not shutil.which("pgbackrest"), reason="apt-get install pgbackrest")
PHOTO = "3601/full/ab/" + "ab" * 32 + ".jpg"


@pytest.fixture
def ground(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    """An installation with a cluster of its own, in a folder that the database's user can reach."""
    monkeypatch.setattr(postgres, "SETTINGS", {**postgres.SETTINGS, "fsync": "off"})
    before = {key: os.environ.get(key) for key in ("DATABASE_URL", "GEZHI_VAR")}
    place = Path(tempfile.mkdtemp(prefix="gz-"))
    place.chmod(0o755)
    (place / "var").mkdir(mode=0o711)
    yield Ground(var=place / "var", port=8080, database_url="")
    os.environ |= {key: value for key, value in before.items() if value is not None}
    forget_settings()
    shutil.rmtree(place)


def upload(connection: psycopg.Connection[Any], state: str) -> None:
    connection.execute(
        "insert into uploads (city, sha256, author, content_type, bytes, state)"
        " values ('3601', decode(repeat('ab', 32), 'hex'), 'device:x', 'image/jpeg', 5, %s)",
        (state,),
    )


@needs_pgbackrest
def test_G6_a_lost_cluster_comes_back_to_the_newest_moment_or_to_an_earlier_one(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = ground.var.parent / "backup"
    cluster = Cluster(ground.var / "postgres")
    child = cluster.start()
    with database(ground):
        schema.migrate()
        backup = Continuous(ground, folder)
        monkeypatch.setattr(Continuous, "_restart", lambda *_: (cluster.stop(), cluster.start()))  # as the supervisor
        backup.prepare()
        child = cluster._child
        (ground.var / "secret.key").write_text("ab" * 32)
        stores.put(PHOTO, b"photo")
        stores.put(PHOTO.replace("full", "thumb"), b"thumb")
        with psycopg.connect(cluster.url(), autocommit=True) as connection:
            upload(connection, "ready")
            backup.round()
            connection.execute("create table moments as select 'first' as said")
            time.sleep(1.1)  # pgBackRest looks for a copy that ended before the moment in whole seconds
            between = datetime.now(UTC)
            time.sleep(0.2)
            connection.execute("insert into moments values ('second')")
            connection.execute("select pg_switch_wal()")
            connection.execute("insert into moments values ('never kept')")
            while connection.execute("select last_archived_time > %s from pg_stat_archiver", (between,)).fetchone() != (
                True,
            ):
                time.sleep(0.1)
        with psycopg.connect(cluster.url(), autocommit=True) as connection:
            connection.execute("alter system set archive_command = 'false'")
            connection.execute("select pg_reload_conf(), pg_switch_wal()")
            while connection.execute("select failed_count from pg_stat_archiver").fetchone() == (0,):
                time.sleep(0.1)
            with pytest.raises(Failure, match="cannot hand over its log"):
                backup.round()
    assert [copy["type"] for copy in backup.copies()] == ["full"]
    _lose(cluster, child, ground)

    assert restore(ground, Wish(folder, folder / "keys"), print) == []
    assert _said(cluster) == ["first", "second"]
    assert (ground.var / "media" / PHOTO).read_bytes() == b"photo"
    assert (ground.var / "secret.key").read_text() == "ab" * 32

    with pytest.raises(Failure, match="--replace"):
        restore(ground, Wish(folder, folder / "keys"), print)
    assert restore(ground, Wish(folder, folder / "keys", replace=True, until=between), print) == []
    assert _said(cluster) == ["first"]


def _lose(cluster: Cluster, child: postgres.Child, ground: Ground) -> None:
    data = cluster.locate() / "data"
    while pids := postgres._users(data, postgres._account()):
        for pid in pids:
            os.kill(pid, 9)
    child.end()
    shutil.rmtree(ground.var)
    ground.var.mkdir(mode=0o711)


def _said(cluster: Cluster) -> list[str]:
    with cluster as url, psycopg.connect(url) as connection:
        assert connection.execute("show archive_mode").fetchone() == ("off",)
        return [row[0] for row in connection.execute("select said from moments order by said")]


@needs_pgbackrest
def test_keys_that_were_moved_away_stay_away_and_are_asked_for(ground: Ground) -> None:
    folder, safe = ground.var.parent / "backup", ground.var.parent / "safe"
    backup = Continuous(ground, folder)
    backup.configure()
    (ground.var / "secret.key").write_text("ab" * 32)
    backup._take_keys()
    (folder / "keys").rename(safe)
    backup._take_keys()
    assert not (folder / "keys").exists()
    assert (safe / "secret.key").read_text() == "ab" * 32
    (ground.var / "vapid.pem").write_text("new")
    backup._take_keys()
    assert (folder / "keys/vapid.pem").read_text() == "new"


def test_a_server_elsewhere_is_archived_where_it_runs(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="where it runs"):
        Continuous(Ground(var=tmp_path, port=8080, database_url="postgresql://db.example/gezhi"), tmp_path)


@needs_pgbackrest
@pytest.mark.skipif(os.geteuid() != 0, reason="only root's database runs as another user, whom a folder can shut out")
def test_a_folder_that_the_database_cannot_reach_is_refused(ground: Ground) -> None:
    closed = ground.var.parent / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(Failure, match="cannot reach"):
        Continuous(ground, closed / "backup").configure()


@needs_pgbackrest
def test_copies_of_what_was_erased_go_with_the_next_copy_of_the_cluster(ground: Ground) -> None:
    folder = ground.var.parent / "backup"
    with database(ground) as url:
        schema.migrate()
        backup = Continuous(ground, folder)
        backup.configure()
        other = PHOTO.replace("ab", "cd")
        for path in (PHOTO, other):
            stores.put(path, b"photo")
        backup._take_photos()
        with (folder / "media.jsonl").open("a") as broken_off:
            broken_off.write('{"bytes": 5, "sha')
        third = PHOTO.replace("ab", "ef")
        stores.put(third, b"photo")
        backup._take_photos()
        assert {photo.path for photo in backup_continuous.photos(folder)} == {PHOTO, other, third}
        stores.delete(PHOTO, other, third)  # one was lost, two erased: the database knows
        with psycopg.connect(url, autocommit=True) as connection:
            upload(connection, "ready")
        backup._forget_photos()
        assert (folder / "media" / PHOTO).read_bytes() == b"photo"
        assert not (folder / "media" / other).exists()
        assert [photo.path for photo in backup_continuous.photos(folder)] == [PHOTO]
