"""Cases of the same problem: merged by a desk, never by machine; their receipts go on with the main case (C11)."""

from __future__ import annotations

from typing import Any

import pytest

from gezhi.cases.doctor import examine
from gezhi.db import uuid7
from tests.cases.helpers import HANDLED, SECRET, SHA, ok, refused
from tests.cases.steps import course, do, may, says, seen, tries


@pytest.fixture
def open_report(send: Any) -> Any:
    """Sends something that nobody is certain about: it waits at the desk."""
    return lambda: send(category="other", photos=[])


@pytest.fixture
def main(send: Any) -> Any:
    """The receipt of the case that others repeat; with its worker."""
    return send()


@pytest.fixture
def merged(open_report: Any, main: Any, desk: Any) -> Any:
    """The receipt of a case that has been merged into the main one."""
    receipt = open_report()
    do(desk, receipt["case_id"], "merge", main_case=main["case_id"])
    return receipt


def test_a_desk_merges_what_repeats_another_case(open_report: Any, main: Any, desk: Any, conn: Any) -> None:
    case = open_report()["case_id"]
    done = do(desk, case, "merge", main_case=main["case_id"])
    assert (done["state"], done["case"]["main_case_id"], done["case"]["light"]) == ("merged", main["case_id"], None)
    assert may(desk, case) == {"unmerge"}
    running = conn.execute("select count(*) from clocks where case_id = %s and stopped_at is null", (case,))
    assert running.fetchone() == (0,)


def test_what_has_been_returned_is_merged_too_and_only_before_somebody_has_it(
    main: Any, case: str, worker: Any, desk: Any
) -> None:
    refused(tries(desk, case, "merge", main_case=main["case_id"]), 409, "not_allowed_now")
    do(worker, case, "return", reason="和前面那件是同一盏灯")
    assert do(desk, case, "merge", main_case=main["case_id"])["state"] == "merged"
    assert "progress" not in may(worker, case)


def test_the_receipt_of_a_merged_case_shows_the_main_cases_course(
    merged: Any, main: Any, worker: Any, mate: Any, resident: Any
) -> None:
    case = main["case_id"]
    do(worker, case, "sign")
    ok(says(resident, main["receipt_code"], "add", text="我叫王小明"))
    do(worker, case, "handle", **HANDLED)
    do(mate, case, "verify_pass", photos=[SHA])
    ok(says(resident, main["receipt_code"], "rate", stars=5, satisfaction="satisfied", comment="谢谢"))
    told = course(resident, merged["receipt_code"], SECRET)
    assert [step["key"] for step in told["steps"]] == ["report", "merge", "sign", "handle", "verify_pass"]
    assert (told["state_name"], told["reply"], told["photos"]) == ("和一件相同的并在一起办", "修好了", [])
    assert told["allowed"] == []
    for words in ("王小明", "谢谢"):
        assert words not in str(told), "what the other reporter said (P8)"


def test_a_main_case_that_is_merged_in_turn_is_still_followed(
    merged: Any, open_report: Any, send: Any, desk: Any, worker: Any, resident: Any
) -> None:
    middle, last = open_report(), send()
    first = open_report()
    do(desk, first["case_id"], "merge", main_case=middle["case_id"])
    do(desk, middle["case_id"], "merge", main_case=last["case_id"])
    do(worker, last["case_id"], "sign")
    told = course(resident, first["receipt_code"])
    assert [step["key"] for step in told["steps"]] == ["report", "merge", "merge", "sign"]


def test_what_was_merged_by_mistake_goes_on_where_it_was(merged: Any, desk: Any, resident: Any) -> None:
    case = merged["case_id"]
    done = do(desk, case, "unmerge", reason="不是同一处")
    assert (done["state"], done["case"]["main_case_id"], done["case"]["step"]) == ("reported", None, "accept")
    told = course(resident, merged["receipt_code"])
    assert told["steps"][-1]["name"] == "改为单独办理"
    assert "不是同一处" not in str(told)
    assert do(desk, case, "accept", matter={"kind": "matter", "code": "01037"})["state"] == "dispatched"


def test_C11_the_main_case_is_another_open_one_and_not_merged_itself(
    open_report: Any, merged: Any, closed: Any, main: Any, desk: Any, row_of: Any
) -> None:
    case = open_report()["case_id"]
    before = row_of(case)
    for wrong in (case, merged["case_id"], closed["case_id"], str(uuid7())):
        refused(tries(desk, case, "merge", main_case=wrong), 422, "unknown_case")
    assert row_of(case) == before


def test_C11_two_desks_that_merge_crosswise_end_with_one_main_case(open_report: Any, desk: Any) -> None:
    one, other = open_report()["case_id"], open_report()["case_id"]
    do(desk, one, "merge", main_case=other)
    refused(tries(desk, other, "merge", main_case=one), 422, "unknown_case")
    assert seen(desk, other)["state"] == "reported"


def test_only_the_desk_merges(case: str, main: Any, worker: Any, desk: Any) -> None:
    do(worker, case, "return", reason="和前面那件是同一盏灯")
    refused(tries(worker, case, "merge", main_case=main["case_id"]), 409, "not_yours_to_do")
    do(desk, case, "merge", main_case=main["case_id"])
    refused(tries(worker, case, "unmerge", reason="不同"), 409, "not_yours_to_do")


def test_the_logs_of_all_these_cases_hold() -> None:
    assert examine() == []
