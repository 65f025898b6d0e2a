"""What a sync costs: bytes on a phone's bill and statements on the server, whatever the number of tasks."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from gezhi.db import uuid7
from gezhi.media import cleaning
from tests.cases.helpers import command, ok, photo, report
from tests.conftest import Caller

LIMIT = 30_000  # bytes, compressed as Caddy does
TEXTS = ("路灯整夜不亮，老人小孩晚上出门看不清路，请尽快来修", "路口的垃圾三天没有清运，味道很大，苍蝇多")


@pytest.fixture
def reported(app: Any, grid: Any) -> Any:
    """Makes that many cases of the worker's grid, each with two cleaned photos."""

    def make(count: int) -> list[str]:
        made = []
        for number in range(count):
            phone = Caller(app)
            shas = [phone.put_photo(photo()) for _ in range(2)]
            for sha in shas:
                cleaning.clean("3601", sha)
            said = {"text": f"{TEXTS[number % 2]}（{number} 号楼）", "address": f"民德路 {number} 号"}
            taken = phone.post("/reports", report(shas, place=grid.place, **said))
            made.append(taken.json["case_id"])
        return made

    return make


def test_a_days_sync_of_a_worker_with_twenty_tasks_is_small(worker: Any, reported: Any, conn: Any, settle: Any) -> None:
    told = {"id": "", "action": "progress", "occurred_at": "", "note": "已到现场，等配件"}
    for case in reported(20)[:10]:
        sign = command("sign", 3)
        ok(worker.act(case, sign))
        ok(worker.act(case, told | {"id": str(uuid7()), "occurred_at": sign["occurred_at"]}))
    conn.execute(
        "insert into commands (city, author, id, case_id, action, body_hmac, seq, version, created_at)"
        " select '3601', %s, gen_random_uuid(), gen_random_uuid(), 'sign', '', 4, 4, now() - n * interval '2 hours'"
        " from generate_series(1, 400) n",
        (f"user:{worker.user}",),
    )
    settle()
    answer = worker.get("/sync")
    assert [len([one for one in body["photos"] if one["url"]]) for body in answer.json["cases"]] == [2] * 20
    assert len(answer.json["manifest"]["commands"]) == 420
    again = worker.get(f"/sync?cursor={answer.json['cursor']}")
    whole, quiet = (len(gzip.compress(one.data, 5)) for one in (answer, again))
    print(f"20 tasks: {whole:,} bytes, then {quiet:,}")
    assert whole + 5 * quiet < LIMIT, "told once, and asked again all day"


def test_statements_do_not_grow_with_the_tasks(worker: Any, reported: Any, statements: list[Any]) -> None:
    def ran(cursor: str) -> int:
        statements.clear()
        ok(worker.get(f"/sync{cursor}"))
        return len(statements)

    reported(2)
    ok(worker.get("/sync"))
    few, held = ran(""), ok(worker.get("/sync"))["cursor"]
    reported(8)
    assert ran("") == few <= 14
    assert ran(f"?cursor={held}") <= few + 2  # what has moved, and what was erased
