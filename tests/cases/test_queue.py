"""A phone's queue (POST /commands): in order, each command for itself, nothing lost between them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gezhi.cases import answers
from gezhi.cases.doctor import examine
from gezhi.db import uuid7
from tests.cases.helpers import HANDLED, SECRET, SHA, command, here, ok, refused, report
from tests.conftest import Caller


def queue(caller: Any, *commands: Any) -> list[dict[str, Any]]:
    """The results of a queue, which must be in its order and of the documented shape."""
    body = ok(caller.post("/commands", {"commands": list(commands)}))
    assert answers.CommandResults().validate(body) == {}
    assert [row["id"] for row in body["results"]] == [one.get("id") for one in commands]
    results: list[dict[str, Any]] = body["results"]
    return results


def statuses(results: list[dict[str, Any]]) -> list[Any]:
    """Status, and the problem's code where there is one."""
    return [row["status"] if row["status"] < 400 else (row["status"], row["body"]["code"]) for row in results]


def sent_report(**changed: Any) -> dict[str, Any]:
    return {"kind": "report", **report(**{"photos": [SHA], **changed})}


def on(case: Any, action: str, version: int | None = None, **more: Any) -> dict[str, Any]:
    """An action of a queue."""
    return {"kind": "action", "case_id": str(case), **command(action, version, **more)}


def test_C4_each_command_of_a_queue_is_taken_for_itself_and_answered_in_order(app: Any, grid: Any, conn: Any) -> None:
    phone, good = Caller(app), sent_report(place=grid.place)
    mixed = [
        good,
        sent_report(place={"lng": 116.4, "lat": 39.9, "origin": "pin"}),
        sent_report(photos=[]),
        {"kind": "report", "id": "x"},
        good,
        good | {"text": "别的"},
        on(uuid7(), "sign", 1),
        {"kind": "note", "receipt_code": "NOSUCHCD", "secret": SECRET, "id": str(uuid7()), "action": "rate",
         "occurred_at": good["occurred_at"], "stars": 5, "satisfaction": "satisfied"},
        {"kind": "spell", "id": "abc"},
        {"id": "kindless"},
        sent_report(place=grid.place),
    ]  # fmt: skip
    results = queue(phone, *mixed)
    assert statuses(results) == [
        201, (422, "outside_city"), (422, "photo_required"), (422, "invalid"), 200, (422, "same_id_other_body"),
        (401, "not_signed_in"), (404, "not_found"), (422, "invalid"), (422, "invalid"), 201,
    ]  # fmt: skip
    assert results[0]["body"] == results[4]["body"]
    assert answers.Receipt().validate(results[0]["body"]) == {}
    ids = [one["id"] for one in mixed if one["id"] != "x"]
    kept = conn.execute("select count(*) from reports where id::text = any (%s)", (ids,)).fetchone()
    assert kept == (2,)


def test_reports_pass_while_actions_of_somebody_signed_out_wait(app: Any, worker: Any, send: Any, row_of: Any) -> None:
    case = send()["case_id"]
    before = row_of(case)
    assert worker.call("DELETE", "/session").status_code == 204
    results = queue(worker, sent_report(), on(case, "sign", 3), sent_report())
    assert statuses(results) == [201, (401, "not_signed_in"), 201]
    assert row_of(case) == before


def test_C4_a_queue_made_offline_follows_itself(send: Any, worker: Any, hire: Any, grid: Any, conn: Any) -> None:
    mate = hire("grid_leader", grid.code)
    case = send()["case_id"]
    sign = on(case, "sign", 3)
    handle = on(case, "handle", after=sign["id"], **HANDLED)
    results = queue(worker, sign, handle)
    assert statuses(results) == [200, 200]
    assert [row["body"]["version"] for row in results] == [4, 5]
    assert statuses(queue(worker, sign, handle)) == [200, 200], "sent again, done once"
    assert conn.execute("select count(*) from events where case_id = %s", (case,)).fetchone() == (5,)
    failed = on(case, "verify_fail", 5, note="不亮", position=here(grid.lng, grid.lat))
    assert statuses(queue(mate, failed)) == [200]
    # A later queue may follow a command of an earlier one only while nobody else has moved the case since.
    assert statuses(queue(worker, on(case, "sign", after=handle["id"]))) == [(409, "stale_version")]
    assert statuses(queue(worker, on(case, "sign", 6))) == [200]


def test_C4_C6_refusing_a_command_refuses_those_after_it_and_keeps_them_all(
    send: Any, worker: Any, row_of: Any, conn: Any
) -> None:
    case = send()["case_id"]
    before = row_of(case)
    sign = on(case, "sign", 2)
    handle = on(case, "handle", after=sign["id"], **HANDLED)
    again = on(case, "handle", after=handle["id"], **HANDLED)
    other = on(send()["case_id"], "sign", 3)
    results = queue(worker, sign, handle, other, again)
    assert [row["status"] for row in results] == [409, 409, 200, 409]
    assert row_of(case) == before
    kept = conn.execute("select id::text, content from commands where case_id = %s and refused is not null", (case,))
    assert {row[0]: (row[1] or {}).get("reply") for row in kept} == {
        sign["id"]: None, handle["id"]: "修好了", again["id"]: "修好了",
    }  # fmt: skip


def test_C4_after_names_an_own_command_on_the_same_case(
    send: Any, worker: Any, desk: Any, enter: Any, row_of: Any
) -> None:
    one, other = send()["case_id"], send()["case_id"]
    sign, elsewhere = on(one, "sign", 3), on(other, "sign", 3)
    assert statuses(queue(worker, sign, elsewhere)) == [200, 200]
    before = row_of(one)
    results = queue(
        worker,
        on(one, "handle", after=elsewhere["id"], **HANDLED),
        on(one, "handle", after=str(uuid7()), **HANDLED),
    )
    assert statuses(results) == [(409, "stale_version")] * 2
    reassign = {"assignee": {"post_id": str(worker.post_id)}, "reason": "重派"}
    assert statuses(queue(desk, on(one, "reassign", after=sign["id"], **reassign))) == [(409, "stale_version")]
    assert row_of(one) == before


@pytest.mark.parametrize("count", [0, 51])
def test_a_queue_has_one_to_fifty_commands(resident: Any, count: int) -> None:
    problem = refused(resident.post("/commands", {"commands": [sent_report()] * count}), 422, "invalid")
    assert list(problem["fields"]) == ["commands"]


def test_fifty_reports_are_taken_at_once(resident: Any) -> None:
    assert statuses(queue(resident, *[sent_report() for _ in range(50)])) == [201] * 50


@pytest.mark.parametrize(
    "body", [{}, {"commands": {}}, {"commands": None}, {"commands": [1]}, {"commands": [], "colour": "red"}]
)
def test_what_is_no_queue_is_refused_whole(resident: Any, body: Any) -> None:
    refused(resident.post("/commands", body), 422, "invalid")


def test_a_queue_without_device_or_session_is_refused_whole(app: Any) -> None:
    answer = Caller(app, "x").post("/commands", {"commands": [sent_report()]})
    refused(answer, 403, "missing_header")


def test_a_note_of_a_queue_rates_and_answers_with_the_course(closed: Any, app: Any) -> None:
    code, phone = closed["receipt_code"], Caller(app)
    note = {"kind": "note", "receipt_code": code, "secret": SECRET, **command("rate", None), "stars": 4,
            "satisfaction": "satisfied"}  # fmt: skip
    del note["version"]
    wrong = note | {"secret": "t" * 43, "id": str(uuid7())}
    results = queue(phone, wrong, note, note)
    assert statuses(results) == [(404, "not_found"), 200, 200]
    assert answers.Course().validate(results[1]["body"]) == {}
    assert results[1]["body"]["rating"]["given"]["stars"] == 4


def test_C7_two_queues_over_the_same_cases_in_opposite_order_end_without_a_failure(
    send: Any, desk: Any, enter: Any, worker: Any
) -> None:
    cases = [send()["case_id"] for _ in range(6)]
    leader = enter("duty_leader", "3601", "centre")
    start = threading.Barrier(2)

    def move(person: Any, order: list[str]) -> list[int]:
        fields = {"assignee": {"post_id": str(worker.post_id)}, "reason": "重派"}
        start.wait()
        answer = person.post("/commands", {"commands": [on(case, "reassign", 3, **fields) for case in order]})
        assert answer.status_code == 200, answer.json
        return [row["status"] for row in answer.json["results"]]

    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(move, desk, cases)
        other = threads.submit(move, leader, cases[::-1])
        results = [*zip(one.result(), other.result()[::-1], strict=True)]
    assert all(sorted(pair) in ([200, 409], [409, 409]) for pair in results), results


def test_the_logs_of_all_these_cases_hold(conn: Any) -> None:
    assert examine() == []
