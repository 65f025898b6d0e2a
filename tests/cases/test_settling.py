"""即报即结: a grid worker reports in their own grid what they have settled at once; others look at it (C3)."""

from __future__ import annotations

from typing import Any

import pytest

from gezhi.cases import answers
from gezhi.cases.doctor import examine
from tests.cases.helpers import SECRET, SHA, photo, refused, report
from tests.cases.steps import course, do, may, seen

AFTER = "cd" * 32


def settled(grid: Any, *, settle: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    """A report of what its sender has settled."""
    how = {"outcome": "solved", "reply": "当场拧紧了", "note": "灯座松了", "photos": [AFTER], **(settle or {})}
    return {**report([SHA]), "place": grid.place, "settle": how, **changed}


def counted(conn: Any) -> tuple[Any, ...]:
    """How many rows there are that a report makes."""
    return tuple(
        conn.execute(f"select count(*) from {table}").fetchone()[0]
        for table in ("cases", "reports", "events", "event_bodies", "clocks", "commands", "tasks", "personal_data")
    )


def test_a_worker_settles_at_once_in_their_own_grid(worker: Any, mate: Any, grid: Any, desk: Any) -> None:
    before, after = worker.put_photo(photo()), worker.put_photo(photo())
    answer = worker.post("/reports", settled(grid, photos=[before], settle={"photos": [after]}))
    assert answer.status_code == 201, answer.json
    receipt = answer.json
    assert answers.Receipt().validate(receipt) == {}
    assert (receipt["state"], receipt["missing_photos"]) == ("handled", [])
    case = seen(desk, receipt["case_id"])
    assert [step["action"] for step in case["timeline"]] == ["report", "accept", "settle"]
    assert (case["assignee"]["post_id"], case["step"], case["version"]) == (str(worker.post_id), "verify", 3)
    assert {shown["sha256"]: shown["phase"] for shown in case["photos"]} == {before: "report", after: "handle"}
    assert mate.tasks()[receipt["case_id"]] == "verify"
    assert "verify_pass" not in may(worker, receipt["case_id"])


def test_settling_again_is_answered_again_and_done_once(worker: Any, grid: Any, conn: Any) -> None:
    sent = settled(grid)
    first = worker.post("/reports", sent)
    before = counted(conn)
    again = worker.post("/reports", sent)
    assert (first.status_code, again.status_code) == (201, 200)
    assert (again.json["case_id"], again.json["state"]) == (first.json["case_id"], "handled")
    assert counted(conn) == before
    refused(worker.post("/reports", settled(grid) | {"id": sent["id"]}), 422, "same_id_other_body")


@pytest.mark.parametrize("who", ["mate", "desk", "neighbour", "resident"])
def test_only_the_worker_of_the_grid_settles_and_a_refusal_stores_nothing(
    who: str, request: Any, grid: Any, grids: Any, enter: Any, conn: Any
) -> None:
    person = enter("grid_worker", next(grids).code) if who == "neighbour" else request.getfixturevalue(who)
    before = counted(conn)
    status, code = (401, "not_signed_in") if who == "resident" else (422, "not_your_grid")
    refused(person.post("/reports", settled(grid)), status, code)
    assert counted(conn) == before


def test_what_is_not_certain_is_not_settled(worker: Any, grid: Any, conn: Any) -> None:
    before = counted(conn)
    refused(worker.post("/reports", settled(grid, category="other")), 422, "settle_not_certain")
    nowhere = settled(grid, place=None, address="孺子路口", region=grid.code)
    assert worker.post("/reports", nowhere).status_code == 422
    assert counted(conn) == before


def test_C2_photos_before_and_after_as_the_matter_says(worker: Any, grid: Any, conn: Any) -> None:
    before = counted(conn)
    refused(worker.post("/reports", settled(grid, photos=[])), 422, "photo_required")
    refused(worker.post("/reports", settled(grid, settle={"photos": []})), 422, "photo_required")
    assert counted(conn) == before
    care = settled(
        grid, category=None, matter={"kind": "local", "code": "L3005"}, photos=[],
        settle={"outcome": "explained", "photos": []},
    )  # fmt: skip
    assert worker.post("/reports", care).json["state"] == "handled"


@pytest.mark.parametrize(
    "wrong",
    [{"outcome": "impossible"}, {"outcome": None}, {"reply": ""}, {"reply": "长" * 1001}, {"photos": ["x"]},
     {"note": ""}, {"photos": [AFTER] * 10}, {"secret": SECRET}],
)  # fmt: skip
def test_a_faulty_settlement_names_its_field_and_stores_nothing(
    wrong: dict[str, Any], worker: Any, grid: Any, conn: Any
) -> None:
    before = counted(conn)
    problem = refused(worker.post("/reports", settled(grid, settle=wrong)), 422, "invalid")
    assert [field.split(".")[0] for field in problem["fields"]] == ["settle"]
    assert next(iter(wrong)) in str(problem["fields"])
    assert counted(conn) == before


def test_P8_its_course_shows_the_reply_and_not_the_note(worker: Any, grid: Any, resident: Any) -> None:
    receipt = worker.post("/reports", settled(grid)).json
    told = course(resident, receipt["receipt_code"])
    assert [step["key"] for step in told["steps"]] == ["report", "accept", "settle"]
    assert (told["reply"], told["photos"]) == ("当场拧紧了", [])
    assert "灯座松了" not in str(told)


def test_C3_what_comes_back_goes_to_the_same_worker(worker: Any, mate: Any, grid: Any) -> None:
    case = worker.post("/reports", settled(grid)).json["case_id"]
    done = do(mate, case, "verify_fail", note="又松了")
    assert (done["state"], worker.tasks()[case]) == ("dispatched", "sign")


def test_a_queue_settles_too(worker: Any, grid: Any) -> None:
    body = worker.post("/commands", {"commands": [{"kind": "report", **settled(grid)}]}).json
    assert (body["results"][0]["status"], body["results"][0]["body"]["state"]) == (201, "handled")


def test_the_logs_of_all_these_cases_hold() -> None:
    assert examine() == []
