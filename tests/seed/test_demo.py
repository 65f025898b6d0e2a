"""The demo city: whole, repeatable, safe to stop, never mixed with a real one."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from gezhi import config, schema, seed
from gezhi.people.models import ROLES
from gezhi.people.passwords import verify

COUNTS = {4: 1, 6: 9, 9: 139, 12: 2_263, 15: 8_991}
HOME = "360102002001"
Conn = psycopg.Connection[Any]


def rows(conn: Conn, query: str) -> list[tuple[Any, ...]]:
    return conn.execute(query).fetchall()


def test_all_is_there_and_marked_as_made_up(conn: Conn) -> None:
    assert dict(rows(conn, "select level, count(*) from regions group by level")) == COUNTS
    for table in ("regions", "users", "units", "posts"):
        assert rows(conn, f"select count(*) from {table} where not demo") == [(0,)]
    assert rows(
        conn,
        "select p.role, p.region_code from posts p left join duty_hours d on d.post_id = p.id"
        " where d is null order by 2, 1",
    ) == [  # the desks below the city: on duty by shifts alone
        ("dispatcher", "360102"),
        ("duty_leader", "360102"),
        ("dispatcher", "360102002"),
        ("duty_leader", "360102002"),
        ("dispatcher", "360102002002"),
    ]


def test_every_grid_has_one_worker_and_no_worker_an_account_but_the_two_named(conn: Conn) -> None:
    assert rows(
        conn,
        "select count(*), count(distinct p.region_code), count(u.account) from posts p join users u on u.id = p.user_id"
        " where role = 'grid_worker'",
    ) == [(8_991, 8_991, 2)]
    assert rows(conn, "select count(*) from users where account is null and password_hash is not null") == [(0,)]


def test_units_are_about_a_hundred_and_twenty_and_every_one_has_its_region(conn: Conn) -> None:
    (total,) = rows(conn, "select count(*) from units")[0]
    assert 110 <= total <= 130
    per_district = rows(
        conn, "select region_code, count(*) from units where length(region_code) = 6 group by 1 order by 1"
    )
    assert [count for _, count in per_district] == [11, *[10] * 8]  # one contractor
    assert rows(conn, "select count(*) from units where name_en = '' or name like '%{%'") == [(0,)]


def test_every_role_has_an_account_in_its_place(conn: Conn) -> None:
    posts = rows(
        conn,
        "select u.account, p.role, p.region_code, n.function from users u join posts p on p.user_id = u.id"
        " left join units n on n.id = p.unit_id where u.account is not null",
    )
    assert {role for _, role, _, _ in posts} == set(ROLES)
    placed = {account: (region, function) for account, _, region, function in posts}
    assert placed["grid_worker"][0] == placed["grid_leader"][0]  # the leader verifies what the worker handled
    assert placed["grid_worker2"][0] != placed["grid_worker"][0]
    assert placed["grid_worker"][0][:12] == placed["grid_worker2"][0][:12] == HOME
    assert placed["handler"] == ("360102", "urban_management")
    assert placed["dispatcher"] == placed["duty_leader"] == ("3601", "centre")
    assert placed["district_dispatcher"] == placed["district_duty_leader"] == ("360102", "centre")
    assert placed["street_dispatcher"] == placed["street_duty_leader"] == ("360102002", "centre")
    assert placed["community_dispatcher"] == ("360102002002", "centre")  # not the community of the named worker


def test_C10_a_bureau_has_a_head_and_answers_for_its_squads_and_contractor(conn: Conn) -> None:
    head, squad, contractor = (
        rows(
            conn,
            "select n.id, n.parent_unit_id from users u join posts p on p.user_id = u.id"
            f" join units n on n.id = p.unit_id where u.account = '{account}'",
        )[0]
        for account in ("department_head", "squad", "contractor")
    )
    assert head[1] is None
    assert squad[1] == contractor[1] == head[0]
    assert rows(conn, "select count(*) from units where function <> 'urban_squad' and parent_unit_id is not null") == [
        (1,)
    ]


def test_the_maps_open_in_the_grid_of_the_named_worker(conn: Conn) -> None:
    (lng, lat) = rows(conn, "select st_x(point), st_y(point) from regions where code = '3601'")[0]
    found = conn.execute("select region_code from locate_v1('3601', %s, %s)", (lng, lat)).fetchone()
    assert found == rows(
        conn,
        "select region_code from posts p join users u on u.id = p.user_id where u.account = 'grid_worker'",
    )[0]  # fmt: skip


def test_P6_the_citys_desk_is_always_attended_and_the_desks_below_hand_up(conn: Conn) -> None:
    assert rows(
        conn,
        "select u.region_code, min(opens), max(closes), min(weekdays) from posts p join units u on u.id = p.unit_id"
        " join duty_hours d on d.post_id = p.id where p.role = 'dispatcher' group by 1",
    ) == [("3601", 0, 1440, 127)]
    for region in (HOME, "360102002002", "360104"):
        assert conn.execute("select attended_desk_v1('3601', %s, now_v1())", (region,)).fetchone() == ("3601",)


def test_P6_a_desk_below_is_attended_from_its_first_shift(conn: Conn) -> None:
    with conn.transaction(force_rollback=True):
        conn.execute(
            "insert into shifts select p.id, now_v1() - interval '1 hour', now_v1() + interval '1 hour'"
            " from posts p join users u on u.id = p.user_id where u.account = 'street_dispatcher'"
        )
        for region, desk in ((HOME, "360102002"), ("360102002002", "360102002"), ("360104", "3601")):
            assert conn.execute("select attended_desk_v1('3601', %s, now_v1())", (region,)).fetchone() == (desk,)


def test_the_listed_passwords_are_the_ones_in_the_database(conn: Conn, accounts: dict[str, dict[str, str]]) -> None:
    hashes = dict(rows(conn, "select account, password_hash from users where account is not null"))
    assert set(hashes) == set(accounts)
    for name in ("grid_worker", "auditor"):
        assert verify(hashes[name], accounts[name]["password"])
    assert len({account["password"] for account in accounts.values()}) == len(accounts)
    assert all(
        {*account} == {"role", "role_zh", "account", "password", "door", "name"} for account in accounts.values()
    )
    assert {account["door"] for account in accounts.values()} == {"/field", "/console"}
    assert rows(conn, "select count(*) from users where totp_required and account is not null") == [(0,)]


def test_only_the_owner_reads_the_passwords(var: Path, database: str) -> None:
    assert stat.S_IMODE((var / "demo-accounts.json").stat().st_mode) == 0o600


def test_a_second_seed_does_nothing_and_quickly(database: str, var: Path, conn: Conn) -> None:
    before = (var / "demo-accounts.json").read_text(), rows(conn, "select max(id::text), count(*) from posts")
    begun = time.process_time()
    seed.demo(config.settings())
    assert time.process_time() - begun < 0.5  # most of it one argon2
    assert ((var / "demo-accounts.json").read_text(), rows(conn, "select max(id::text), count(*) from posts")) == before


def test_lost_passwords_are_made_anew(database: str, tmp_path: Path, conn: Conn, var: Path) -> None:
    elsewhere = replace(config.settings(), var=tmp_path)
    kept = rows(conn, "select account, password_hash from users where account is not null")
    seed.demo(elsewhere)
    made = json.loads((tmp_path / "demo-accounts.json").read_text())
    hashes = dict(rows(conn, "select account, password_hash from users where account is not null"))
    assert verify(hashes["handler"], next(row["password"] for row in made if row["account"] == "handler"))
    with conn.cursor() as cursor:  # other tests sign in with the first ones
        cursor.executemany("update users set password_hash = %s where account = %s", [(h, a) for a, h in kept])


def test_places_imported_into_the_demo_do_not_stop_it_from_starting_again(database: str, conn: Conn) -> None:
    conn.execute("update regions set demo = false where code = '360103'")
    seed.demo(config.settings())
    assert rows(conn, "select demo from regions where code = '360103'") == [(False,)]
    conn.execute("update regions set demo = true where code = '360103'")


def test_another_citys_installation_is_refused_the_demo(database: str) -> None:
    with pytest.raises(seed.SeedRefused, match="3701"):
        seed.demo(replace(config.settings(), city="3701"))


@pytest.fixture
def empty(server: str, database: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of an installation whose database is migrated and empty."""
    here = os.environ["DATABASE_URL"]
    name = f"gezhi_empty_{os.getpid()}"
    url = urlsplit(server)._replace(path=f"/{name}").geturl()
    with psycopg.connect(here, autocommit=True) as admin:
        admin.execute(f"drop database if exists {name} with (force)")
        admin.execute(f"create database {name} template template0")
        os.environ["DATABASE_URL"] = url
        config.settings.cache_clear()
        schema.migrate()
        os.environ["DATABASE_URL"] = here
        config.settings.cache_clear()
        yield {**os.environ, "DATABASE_URL": url, "GEZHI_VAR": str(tmp_path)}
        admin.execute(f"drop database {name} with (force)")


SEED = [sys.executable, "-c", "from gezhi import config, seed; seed.demo(config.settings())"]


def test_killed_at_any_moment_it_comes_right_the_next_time_even_by_two_at_once(empty: dict[str, str]) -> None:
    for line in (b"demo places", b"demo catalogue"):  # killed after the first transaction, and within the second
        with subprocess.Popen(SEED, env=empty, stdout=subprocess.PIPE) as running:
            assert running.stdout is not None
            for told in running.stdout:
                if told.startswith(line):
                    break
            running.kill()
        with psycopg.connect(empty["DATABASE_URL"], autocommit=True) as conn:
            assert rows(conn, "select count(*) from users") == [(0,)]
    begun = time.perf_counter()
    both = [subprocess.Popen(SEED, env=empty, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert time.perf_counter() - begun < 60
    assert sum("demo city ready" in output for output in outputs) == 1
    with psycopg.connect(empty["DATABASE_URL"], autocommit=True) as conn:
        assert dict(rows(conn, "select level, count(*) from regions group by level")) == COUNTS
        assert rows(conn, "select count(*) from posts where role = 'grid_worker'") == [(8_991,)]
        listed = json.loads((Path(empty["GEZHI_VAR"]) / "demo-accounts.json").read_text())
        hashes = dict(rows(conn, "select account, password_hash from users where account is not null"))
        assert all(verify(hashes[row["account"]], row["password"]) for row in listed)


def test_a_real_city_is_never_mixed_with_the_demo(empty: dict[str, str]) -> None:
    with psycopg.connect(empty["DATABASE_URL"], autocommit=True) as conn:
        conn.execute(
            "insert into regions (code, level, name, source, geom, point) select '3601', 4, '南昌市', 'real',"
            " ST_Multi(ST_MakeEnvelope(115, 28, 116, 29, 4326)), ST_SetSRID(ST_Point(115.5, 28.5), 4326)"
        )
        command = [sys.executable, "-c", "from gezhi.cli import main; main()", "seed", "--demo"]
        ran = subprocess.run(command, env=empty, capture_output=True, text=True, check=False, timeout=60)
        assert ran.returncode == 1
        assert "a city that is not the demo" in ran.stderr
        assert "Traceback" not in ran.stderr
        assert rows(conn, "select code, source from regions") == [("3601", "real")]
        assert rows(conn, "select count(*) from users") == [(0,)]
