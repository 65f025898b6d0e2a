"""The API against its own description: schemathesis asks every operation as two people who may not see each other's
cases, with what the description allows and with what it does not."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gezhi.db import uuid7
from gezhi.http.cookies import cookie
from gezhi.http.openapi import document
from gezhi.people import sessions
from tests.cases.conftest import Grid, Person, grids  # noqa: F401
from tests.contract.wire import Processes, running
from tests.contract.world import World
from tests.scopes.table import OPERATIONS

# What breaks a rule between two members is refused although each member is as described: 422 is a fair answer to
# anything. What is described as wrong may meet any other refusal first.
# Whoever signs out is nobody for the rest of the run: that is left to nobody.
CONFIG = """
[headers]
X-Gezhi = "1"
X-Gezhi-Device = "{device}"
X-Gezhi-Secret = "{secret}"
[auth.wfc]
path = "{peers}"
peers = ["here", "there"]
[checks]
positive_data_acceptance.enabled = false
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 409, 413, 415, 422, 429]
[[operations]]
include-name = "DELETE /api/v1/session"
headers = {{ Cookie = "" }}
"""
MINE = {"case_id": "cases", "receipt": "receipts", "post": "posts", "rule": "rules", "code": "places"}
"""Parameters that are half the time something that exists, by the list that has it."""


@pytest.fixture
def processes(database: str, tmp_path: Path) -> Iterator[Processes]:
    with running(tmp_path, Processes) as started:
        yield started


def _peer(world: World, district: str, grid: str) -> Person:
    """Somebody with every kind of work in a district and for the city, but without a desk above the district."""
    user, unit = uuid7(), uuid7()
    world.conn.execute("insert into users (id, city, name) values (%s, '3601', '同事')", (user,))
    world.conn.execute(
        "insert into units (id, city, kind, function, region_code, name, name_en)"
        " values (%s, '3601', 'centre', 'centre', %s, '中心', 'Centre')",
        (unit, district),
    )
    places = {"dispatcher": district, "duty_leader": district, "admin": "3601", "grid_worker": grid}
    for role, region in places.items():
        post = uuid7()
        world.conn.execute(
            "insert into posts (id, city, user_id, role, unit_id, region_code, starts_on)"
            " values (%s, '3601', %s, %s, %s, %s, '2020-01-01')",
            (post, user, role, None if role == "grid_worker" else unit, region),
        )
    return Person(world.app, world.conn, user, post)


def _login(world: World, name: str, person: Person) -> dict[str, Any]:
    token = sessions.begin(world.conn, person.user, timedelta(hours=1))
    return {"name": name, "fixedHeaders": [{"name": "Cookie", "value": f"{cookie()[0]}={token}"}]}


def configured(folder: Path, world: World, other: Grid) -> Path:
    """The configuration of a run: two people, their cases, and what there is to ask for."""
    here, there = _peer(world, "360102", "360102002001001"), _peer(world, other.code[:6], other.code)
    receipts = [world.told(), world.seen(), world.told(place=other.place), world.told(place=other.place)]
    there_are = {
        "cases": [receipt["case_id"] for receipt in receipts],
        "receipts": [receipt["receipt_code"] for receipt in receipts],
        "posts": [str(here.post_id), str(there.post_id)],
        "rules": [world.rule()],
        "places": ["3601", "360102", "360102002001001", other.code],
    }
    peers = {"schemaVersion": "0.2.0", "auth": [_login(world, "here", here), _login(world, "there", there)]}
    (folder / "peers.json").write_text(json.dumps(peers))
    lists = [f"[dictionaries.{name}]\nvalues = {json.dumps(values)}" for name, values in there_are.items()]
    drawn = [f'"path.{name}" = {{ dictionary = "{of}", probability = 0.5 }}' for name, of in MINE.items()]
    head = CONFIG.format(device=uuid7(), secret=world.words.secret, peers=folder / "peers.json")
    file = folder / "schemathesis.toml"
    file.write_text("\n".join([head, *lists, "[parameters]", *drawn]))
    return file


def play(processes: Processes, config: Path, seconds: int) -> str:
    """Run schemathesis for so long; what it said. Fails with that when it found anything."""
    folder = config.parent
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
            *("run", f"http://127.0.0.1:{processes.port}/api/openapi.json", "--continue-on-failure"),
            *("--phases", "examples,coverage,fuzzing,stateful", "--max-time", str(seconds), "--max-examples", "20"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=seconds + 120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    return done.stdout


def statuses(processes: Processes) -> dict[str, set[int]]:
    """What each operation has answered, by the log of the server."""
    found: dict[str, set[int]] = {}
    for line in processes.said().splitlines():
        if line.startswith("{") and (told := json.loads(line)).get("event") == "request":
            found.setdefault(f"{told['method']} {told['rule']}", set()).add(told["status"])
    return found


def _keeps_to_it(processes: Processes, conn: psycopg.Connection[Any], folder: Path, other: Grid, seconds: int) -> None:
    print(play(processes, configured(folder, World(processes, conn), other), seconds)[-2000:])
    answered = statuses(processes)
    assert {name for name in OPERATIONS if "/v1/" in name and "/live" not in name} <= answered.keys()
    assert sum(bool(codes & {200, 201, 204}) for codes in answered.values()) > len(answered) / 2, answered


@pytest.mark.timeout(240)
def test_the_api_keeps_to_its_description(
    processes: Processes,
    conn: psycopg.Connection[Any],
    tmp_path: Path,
    grids: Iterator[Grid],  # noqa: F811
) -> None:
    _keeps_to_it(processes, conn, tmp_path, next(grids), 40)


@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_the_api_keeps_to_its_description_for_five_minutes(
    processes: Processes,
    conn: psycopg.Connection[Any],
    tmp_path: Path,
    grids: Iterator[Grid],  # noqa: F811
) -> None:
    _keeps_to_it(processes, conn, tmp_path, next(grids), 300)


def test_P7_the_description_and_the_table_of_permissions_agree_on_what_needs_no_session(app: Any) -> None:
    with app.app_context():
        described = {
            f"{method.upper()} {path}"
            for path, operations in document()["paths"].items()
            for method, operation in operations.items()
            if method != "parameters" and operation.get("security") == []
        }
    table = {
        name.replace("<uuid:", "<").replace("<", "{").replace(">", "}")
        for name, row in OPERATIONS.items()
        if row.reach in ("anybody", "link", "receipt") and "/v1/" in name
    }
    assert described == table
