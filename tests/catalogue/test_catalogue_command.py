"""`gezhi catalogue load`: a city's own catalogue, and holidays published since."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from gezhi.cli import main

Conn = psycopg.Connection[Any]
ACCEPT = "select amount, unit from limits where city = '3601' and profile = 'standard' and step = 'accept'"


@pytest.fixture(autouse=True)
def _database(database: str) -> None:
    """Every command works on this module's database."""


def load(folder: Path) -> Result:
    return CliRunner().invoke(main, ["catalogue", "load", str(folder)])


def test_a_folder_replaces_the_citys_catalogue_but_not_the_days_it_edited(conn: Conn, folder: Path) -> None:
    conn.execute("update calendar_days set working = true, edited = true where city = '3601' and day = '2026-12-26'")
    conn.execute("update calendar_days set working = false where city = '3601' and day = '2026-12-25'")
    limits = folder / "limits.csv"
    limits.write_text(
        limits.read_text().replace("standard,*,*,*,*,accept,1,minute", "standard,*,*,*,*,accept,5,minute")
    )
    ran = load(folder)
    assert ran.exit_code == 0, ran.output
    assert conn.execute(ACCEPT).fetchall() == [(5, "minute")]
    days = conn.execute(
        "select working from calendar_days where city = '3601' and day in ('2026-12-25', '2026-12-26') order by day"
    ).fetchall()
    assert days == [(True,), (True,)]


@pytest.mark.parametrize(("file", "told"), [("limits.csv", "limits.csv line 2"), ("calendar.json", "calendar.json")])
def test_a_faulty_folder_changes_nothing_and_says_where(conn: Conn, folder: Path, file: str, told: str) -> None:
    before = conn.execute(ACCEPT).fetchall()
    if file == "limits.csv":
        text = (folder / file).read_text()
        (folder / file).write_text(text.replace("accept,1,minute", "accept,0,minute", 1))
    else:
        (folder / file).unlink()
        (folder / "limits.csv").write_text((folder / "limits.csv").read_text().replace("accept,1,", "accept,9,", 1))
    ran = load(folder)
    assert ran.exit_code == 1
    assert told in ran.output
    assert "Nothing was loaded" in ran.output
    assert "Traceback" not in ran.output
    assert conn.execute(ACCEPT).fetchall() == before
