"""Queues of phones that were away for up to 30 days: kept whole, in order, once, with both moments (C4, C5, C6, G2)."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gezhi.cases.doctor import examine
from tests.cases.helpers import HANDLED, SHA, command, ok, report
from tests.conftest import Caller

NOW = datetime.now(UTC).replace(microsecond=0)
AWAY = timedelta(days=30)


def uuid7_of(moment: datetime) -> str:
    """The id that a phone whose clock shows a moment makes."""
    value = int(moment.timestamp() * 1000) << 80 | random.getrandbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return str(uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62))


def made(moment: datetime, sent: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What a phone's outbox holds of something done when its clock showed a moment."""
    return {**sent, "id": uuid7_of(moment), "occurred_at": moment.isoformat(), **more}


def action(case: Any, name: str, moment: datetime, version: int | None = None, **more: Any) -> dict[str, Any]:
    return made(moment, {"kind": "action", "case_id": str(case), **command(name, version, **more)})


def results(caller: Any, *queue: dict[str, Any]) -> list[tuple[int, str | None]]:
    """Status and problem code of each, which must come in the queue's order."""
    answered = ok(caller.post("/commands", {"commands": list(queue)}))["results"]
    assert [row["id"] for row in answered] == [one["id"] for one in queue]
    return [(row["status"], row["body"].get("code") if row["status"] >= 400 else None) for row in answered]


OK, KNOWN, NEW = (200, None), (200, None), (201, None)


def events(conn: Any, case: Any) -> list[tuple[Any, ...]]:
    """(action, moment, arrival, claimed moment) of what a case's post did."""
    return conn.execute(
        "select action, occurred_at, at, (facts ->> 'claimed_at')::timestamptz from events"
        " where case_id = %s and actor_kind = 'post' order by seq",
        (case,),
    ).fetchall()


def test_C4_a_report_of_thirty_days_ago_is_kept_with_its_moment_and_its_arrival(app: Any, grid: Any, conn: Any) -> None:
    phone, then = Caller(app), NOW - AWAY
    sent = made(then, {"kind": "report", **report([SHA], place=grid.place)})
    assert results(phone, sent) == [NEW]
    assert results(phone, sent) == [KNOWN], "the answer was lost, so it came again"
    claimed, arrived, case = conn.execute(
        "select occurred_at, created_at, case_id from reports where id = %s", (sent["id"],)
    ).fetchone()
    assert claimed == then
    assert arrived > NOW - timedelta(minutes=5)
    assert conn.execute("select occurred_at, at from events where case_id = %s and seq = 1", (case,)).fetchone() == (
        then,
        arrived,
    )


def test_C4_C5_a_month_of_work_offline_arrives_in_order_once(worker: Any, send: Any, conn: Any) -> None:
    case = send()["case_id"]
    begun = NOW - AWAY
    sign = action(case, "sign", begun, 3)
    progress = [action(case, "progress", begun + timedelta(days=day), note=f"第 {day} 天") for day in (1, 2, 3)]
    for one in progress:
        del one["version"]
    handle = action(case, "handle", begun + timedelta(days=4), after=sign["id"], **HANDLED)
    queue = [sign, *progress, handle]
    assert results(worker, *queue) == [OK] * 5
    told = events(conn, case)
    assert [row[0] for row in told] == ["sign", "progress", "progress", "progress", "handle"]
    # Nothing but the phone's word bears out its clock: done is when it arrived, and what it claims is kept beside that.
    for (_, moment, arrival, claimed), one in zip(told, queue, strict=True):
        assert moment == arrival > NOW - timedelta(minutes=5)
        assert claimed == datetime.fromisoformat(one["occurred_at"])
    before = conn.execute("select count(*), max(seq) from events where case_id = %s", (case,)).fetchone()
    for _ in range(3):
        random.shuffle(queue)
        assert results(worker, *queue) == [KNOWN] * 5, "in any order they are known"
    assert conn.execute("select count(*), max(seq) from events where case_id = %s", (case,)).fetchone() == before


def test_C5_a_clock_borne_out_by_the_phones_counter_is_believed(worker: Any, send: Any, conn: Any) -> None:
    case = send()["case_id"]
    conn.execute("update cases set step_started_at = now() - interval '2 hours' where id = %s", (case,))
    hour = timedelta(hours=1)
    moment = datetime.now(UTC) - hour
    assert results(worker, action(case, "sign", moment, 3, elapsed_ms=3_600_000)) == [OK]
    ((_, done, arrival, claimed),) = events(conn, case)
    assert abs(done - moment) < timedelta(seconds=1)
    assert arrival - done > timedelta(minutes=59)
    assert claimed is None, "nothing else was claimed"


@pytest.mark.parametrize("year", [1970, 1999, 2038, 2199])
def test_C5_a_clock_that_is_years_off_loses_nothing(
    worker: Any, app: Any, grid: Any, send: Any, conn: Any, year: int
) -> None:
    wrong = datetime(year, 6, 1, 8, tzinfo=UTC)
    assert results(Caller(app), made(wrong, {"kind": "report", **report([SHA], place=grid.place)})) == [NEW]
    case = send()["case_id"]
    sign = action(case, "sign", wrong, 3)
    handle = action(case, "handle", wrong + timedelta(minutes=9), after=sign["id"], elapsed_ms=60_000, **HANDLED)
    assert results(worker, sign, handle) == [OK, OK]
    for (_, moment, arrival, claimed), one in zip(events(conn, case), (sign, handle), strict=True):
        assert moment == arrival
        assert abs(arrival - datetime.now(UTC)) < timedelta(minutes=5)
        assert claimed == datetime.fromisoformat(one["occurred_at"])


def test_C4_C6_what_overtook_what_it_follows_is_kept_and_a_fresh_id_replaces_it(
    worker: Any, send: Any, conn: Any
) -> None:
    case = send()["case_id"]
    sign = action(case, "sign", NOW - AWAY, 3)
    handle = action(case, "handle", NOW - AWAY + timedelta(hours=1), after=sign["id"], **HANDLED)
    assert results(worker, handle, sign) == [(409, "not_allowed_now"), OK]
    assert results(worker, handle, sign) == [(409, "not_allowed_now"), KNOWN], "the answer to an id never changes"
    kept = conn.execute("select refused, content ->> 'reply' from commands where id = %s", (handle["id"],)).fetchone()
    assert kept == ("not_allowed_now", HANDLED["reply"])
    assert results(worker, {**handle, "id": uuid7_of(NOW)}) == [OK]


def test_C6_work_on_a_case_that_moved_on_meanwhile_is_kept_as_not_adopted(
    worker: Any, mate: Any, desk: Any, send: Any, conn: Any
) -> None:
    case = send()["case_id"]
    sign = action(case, "sign", NOW - AWAY, 3)
    handle = action(case, "handle", NOW - AWAY + timedelta(hours=1), after=sign["id"], **HANDLED)
    ok(desk.act(case, command("reassign", 3, assignee={"post_id": str(mate.post_id)}, reason="本人休假")))
    ok(mate.act(case, command("sign", 4)))
    assert [status for status, _ in results(worker, sign, handle)] == [409, 409]
    told = ok(worker.get("/sync"))["manifest"]
    assert [row["id"] for row in told["not_adopted"]] == [sign["id"], handle["id"]]
    assert [row["note"] for row in ok(desk.get(f"/cases/{case}/not-adopted"))["items"]] == [None, HANDLED["reply"]]


def test_C4_ids_of_one_phone_never_meet_those_of_another(app: Any, worker: Any, grid: Any, send: Any) -> None:
    sent = made(NOW - AWAY, {"kind": "report", **report([SHA], place=grid.place)})
    assert [results(phone, sent) for phone in (Caller(app), Caller(app))] == [[NEW], [NEW]]
    case = send()["case_id"]
    sign = action(case, "sign", NOW - AWAY, 3)
    assert results(worker, sign, {**sign, "occurred_at": NOW.isoformat()}) == [OK, (422, "same_id_other_body")]


def test_the_logs_of_all_these_cases_hold(conn: Any) -> None:
    assert examine() == []
