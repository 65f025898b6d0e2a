"""The demo's catalogue, and loading of catalogues."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gezhi.catalogue import loader
from gezhi.catalogue.tables import CatalogueRefused, read_rows
from tests.catalogue.conftest import DEMO, DIRECTORY

Conn = psycopg.Connection[Any]


def count(conn: Conn, query: str) -> int:
    row = conn.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def test_the_national_list_is_whole_and_the_local_one_beside_it(conn: Conn) -> None:
    kinds = dict(conn.execute("select kind, count(*) from matters group by kind").fetchall())
    assert kinds == {"part": 153, "matter": 250, "local": 23}


def test_sixty_matters_are_on_in_three_groups_under_fourteen_categories(conn: Conn) -> None:
    assert count(conn, "select count(*) from city_matters where city = '3601'") == 60
    groups = conn.execute("select name from matter_groups where city = '3601' order by position").fetchall()
    assert groups == [("综合治理",), ("城市管理",), ("公共服务",)]
    assert count(conn, "select count(*) from resident_categories where city = '3601'") == 14
    nameless = "select count(*) from city_matters join matters using (kind, code) where coalesce(name_en, '') = ''"
    assert count(conn, nameless) == 0
    stray = (
        "select count(*) from city_matters m where not exists"
        " (select from resident_categories c where (c.city, c.key) = (m.city, m.category_key))"
    )
    assert count(conn, stray) == 0


def test_every_matter_has_somebody_responsible_in_every_district(conn: Conn) -> None:
    """A grid (only for what grid workers are admitted to), or a unit that exists for each of the nine districts."""
    missing = conn.execute(
        "select m.name, d.code from city_matters c join matters m using (kind, code)"
        " cross join (select code from regions where level = 6 and code like '3601%') d"
        " where not exists (select from responsibilities r"
        "  where (r.city, r.kind, r.code) = (c.city, c.kind, c.code) and ("
        "   (r.level = 15 and r.function = 'grid' and c.admitted = 'admitted')"
        "   or (r.level in (4, 6) and exists (select from units u"
        "       where u.function = r.function and u.region_code = left(d.code, r.level)))))"
    ).fetchall()
    assert missing == []


def test_grid_workers_have_a_department_behind_them(conn: Conn) -> None:
    """What is the grid's work has a unit further up, for when it is more than a grid worker can do."""
    alone = conn.execute(
        "select kind, code from responsibilities where city = '3601' group by kind, code"
        " having bool_or(function = 'grid') and not bool_or(function <> 'grid')"
    ).fetchall()
    assert alone == []


def test_residents_certain_categories_reach_a_grid_or_the_districts_department(conn: Conn) -> None:
    rows = dict(
        conn.execute(
            "select key, (select function from responsibilities r"
            " where (r.city, r.kind, r.code) = (c.city, c.matter_kind, c.matter_code) order by level desc limit 1)"
            " from resident_categories c where city = '3601'"
        ).fetchall()
    )
    assert {key for key, function in rows.items() if function is None} == {"other", "dispute", "livelihood"}
    assert {rows[key] for key in ("street_light", "rubbish", "parking", "safety", "facility")} == {"grid"}
    assert rows["building"] == "urban_management"


def test_what_is_mediated_is_marked_as_a_dispute(conn: Conn) -> None:
    """Violence and tip-offs are never mediated."""
    disputes = conn.execute("select code from city_matters where city = '3601' and dispute order by code").fetchall()
    assert [code for (code,) in disputes] == ["L1001", "L1002", "L1004", "L1005", "L1006", "L4001", "L5002"]


def test_P8_disputes_violence_and_tip_offs_are_sensitive(conn: Conn) -> None:
    named = dict(
        conn.execute(
            "select name, confidentiality from city_matters join matters using (kind, code) where kind = 'local'"
        ).fetchall()
    )
    assert {name for name, how in named.items() if how == "sensitive"} >= {
        "邻里纠纷", "婚姻家庭纠纷", "家庭暴力", "保密举报", "拖欠工资"
    }  # fmt: skip
    admitted = "select admitted from city_matters join matters using (kind, code) where name = %s"
    for name in ("家庭暴力", "保密举报"):
        assert conn.execute(admitted, (name,)).fetchone() == ("refused",)


def change(path: Path, edit: Callable[[list[dict[str, str]]], Any]) -> None:
    rows = read_rows(path)
    edit(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def everything(conn: Conn) -> list[Any]:
    tables = (
        "matters", "matter_groups", "city_matters", "resident_categories", "responsibilities", "limits",
        "region_profiles", "calendar_days", "working_hours", "working_spans",
    )  # fmt: skip
    return [sorted(map(repr, conn.execute(f"select * from {table}").fetchall())) for table in tables]


def test_loading_twice_changes_nothing(conn: Conn, folder: Path) -> None:
    before = everything(conn)
    loader.load(conn, "3601", folder, DIRECTORY)
    assert everything(conn) == before


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda rows: rows[0].update(code="L9999"), "L9999"),
        (lambda rows: rows[0].update(name="别的名字"), "别的名字"),
        (lambda rows: rows[2].update(responsible="15:grid"), "家庭暴力"),
    ],
)
def test_a_catalogue_that_contradicts_itself_is_refused_whole(
    conn: Conn, folder: Path, edit: Callable[[list[dict[str, str]]], Any], said: str
) -> None:
    before = everything(conn)
    change(folder / "city_matters.csv", edit)
    with pytest.raises(CatalogueRefused, match=said):
        loader.load(conn, "3601", folder, DIRECTORY)
    assert everything(conn) == before


def test_a_matter_turned_off_goes_with_its_responsibilities_and_stays_in_the_list(conn: Conn, folder: Path) -> None:
    change(folder / "city_matters.csv", lambda rows: rows.pop())
    loader.load(conn, "3601", folder, DIRECTORY)
    assert count(conn, "select count(*) from city_matters where city = '3601'") == 59
    assert count(conn, "select count(*) from responsibilities where (kind, code) = ('matter', '09003')") == 0
    assert count(conn, "select count(*) from matters where (kind, code) = ('matter', '09003')") == 1
    loader.load(conn, "3601", DEMO / "catalogue", DIRECTORY)


def test_the_second_city_has_a_catalogue_of_its_own(conn: Conn, folder: Path) -> None:
    change(folder / "profiles.csv", lambda rows: rows[0].update(region_code="370112"))
    loader.load(conn, "3701", folder, DIRECTORY)
    both = conn.execute("select city, count(*) from city_matters group by city order by city").fetchall()
    assert both == [("3601", 60), ("3701", 60)]
