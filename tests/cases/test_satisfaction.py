"""Rating, and the ladder of dissatisfaction: again by another's eyes, one level up, a third party's last word (C8)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gezhi.cases.doctor import examine
from tests.cases.helpers import HANDLED, SECRET, SHA, ok, refused
from tests.cases.steps import course, do, joins, may, says, seen, task_of, tries, waiting
from tests.conftest import Caller

PASSED = {"photos": [SHA]}
BAD = {"stars": 1, "satisfaction": "dissatisfied", "comment": "晚上还是黑的"}


@pytest.fixture
def rate(resident: Any, closed: Any) -> Any:
    """Rates the closed case."""
    return lambda **fields: ok(says(resident, closed["receipt_code"], "rate", **{**BAD, **fields}))


@pytest.fixture
def once_more(worker: Any, hire: Any, grid: Any) -> Any:
    """Works a case that has been given to the worker again, up to its end; somebody new verifies it."""

    def work(case: str) -> None:
        verifier = hire("grid_leader", grid.code)
        do(worker, case, "sign")
        do(worker, case, "handle", **HANDLED)
        do(verifier, case, "verify_pass", **PASSED)

    return work


@pytest.fixture
def twice(closed: Any, rate: Any, once_more: Any) -> str:
    """A case whose reporter was dissatisfied twice: it waits one level up."""
    rate()
    once_more(closed["case_id"])
    rate()
    return str(closed["case_id"])


@pytest.fixture
def thrice(twice: str, rate: Any, once_more: Any, worker: Any, desk: Any) -> str:
    """A case whose reporter was dissatisfied for the third time."""
    do(desk, twice, "dispatch", assignee={"post_id": str(worker.post_id)})
    once_more(twice)
    rate()
    return twice


@pytest.mark.parametrize("satisfaction", ["satisfied", "basically"])
def test_a_satisfied_reporter_ends_it(satisfaction: str, rate: Any, closed: Any, desk: Any) -> None:
    told = rate(stars=4, satisfaction=satisfaction)
    assert (told["state"], told["rating"]["open"]) == ("closed", False)
    assert seen(desk, closed["case_id"])["timeline"][-1]["action"] == "rate"


def test_C8_dissatisfied_first_it_is_worked_again_at_the_same_level_by_the_same_people(
    rate: Any, closed: Any, worker: Any, desk: Any
) -> None:
    case = closed["case_id"]
    told = rate()
    assert (told["state"], [step["key"] for step in told["steps"]][-3:]) == (
        "dispatched", ["rate", "reopen", "dispatch"],
    )  # fmt: skip
    now_ = seen(desk, case)
    assert (now_["level"], now_["assignee"]["post_id"]) == (12, str(worker.post_id))
    assert now_["why"] == "反映人不满意，请原办理人再办一次"
    assert [(step["action"], step["by"]["name"]) for step in now_["timeline"][-2:]] == [
        ("reopen", "系统"), ("dispatch", "系统"),
    ]  # fmt: skip
    assert worker.tasks()[case] == "sign"


def test_C8_when_the_worker_has_left_meanwhile_the_grids_new_one_works_it_again(
    rate: Any, closed: Any, worker: Any, hire: Any, grid: Any, conn: Any
) -> None:
    new = hire("grid_worker", grid.code)
    conn.execute("update posts set ends_on = '2020-12-31' where id = %s", (worker.post_id,))
    assert rate()["state"] == "dispatched"
    assert new.tasks()[closed["case_id"]] == "sign"


def test_C8_another_verifier_than_before_looks_the_second_time(
    send: Any, worker: Any, mate: Any, resident: Any, hire: Any, grid: Any
) -> None:
    receipt = send()
    case = receipt["case_id"]
    other = hire("assistant", grid.code)
    do(worker, case, "sign")
    do(worker, case, "handle", **HANDLED)
    do(mate, case, "verify_pass", **PASSED)  # the grid's leader comes first
    ok(says(resident, receipt["receipt_code"], "rate", **BAD))
    do(worker, case, "sign")
    do(worker, case, "handle", **HANDLED)
    assert "verify_pass" not in may(mate, case)
    refused(tries(mate, case, "verify_pass", **PASSED), 409, "not_yours_to_do")
    assert do(other, case, "verify_pass", **PASSED)["state"] == "closed"


@pytest.mark.usefixtures("alone")
def test_C8_what_a_desk_has_passed_is_looked_at_by_the_desk_above_the_second_time(
    send: Any, worker: Any, resident: Any, centre: Any
) -> None:
    community, street = centre(12), centre(9)
    receipt = send()
    case = receipt["case_id"]
    do(worker, case, "sign")
    do(worker, case, "handle", **HANDLED)
    assert "verify_pass" in may(community, case) & may(street, case)
    do(community, case, "verify_pass", **PASSED)
    ok(says(resident, receipt["receipt_code"], "rate", **BAD))
    do(worker, case, "sign")
    do(worker, case, "handle", **HANDLED)
    assert "verify_pass" not in may(community, case)
    assert do(street, case, "verify_pass", **PASSED)["state"] == "closed"


def test_C8_dissatisfied_again_it_goes_one_level_up(twice: str, centre: Any, desk: Any, worker: Any) -> None:
    community, street = centre(12), centre(9)
    case = seen(desk, twice)
    assert (case["state"], case["level"], case["assignee"]) == ("accepted", 9, None)
    assert "dispatch" in may(street, twice)
    assert "dispatch" not in may(community, twice)
    assert "sign" not in may(worker, twice)


def test_C8_the_third_time_a_third_party_evaluates(thrice: str, centre: Any, desk: Any, rate: Any) -> None:
    street, district = centre(9), centre(6)
    assert seen(desk, thrice)["state"] == "closed"
    assert waiting(desk, thrice) == ["evaluation"]
    assert "evaluate" not in may(street, thrice)
    assert "evaluate" in may(district, thrice) & may(desk, thrice)


def test_C8_the_third_partys_result_is_final(thrice: str, desk: Any, resident: Any, closed: Any) -> None:
    done = do(desk, thrice, "evaluate", organisation="市社情民意调查中心", evaluation="solved", note="现场已修复")
    assert (done["state"], waiting(desk, thrice)) == ("closed", [])
    step = done["case"]["timeline"][-1]
    assert (step["detail"], step["note"]) == ("已解决 · 市社情民意调查中心", "现场已修复")
    refused(says(resident, closed["receipt_code"], "rate", **BAD), 422, "already_rated")
    told = course(resident, closed["receipt_code"], SECRET)
    assert (told["rating"]["open"], told["steps"][-1]["name"]) == (False, "第三方已评价，结果为最终结果")
    assert "现场已修复" not in str(told)
    refused(tries(desk, thrice, "evaluate", organisation="x", evaluation="solved", note="再来"), 409, "not_yours_to_do")


def test_C8_what_the_third_party_finds_unsolved_is_worked_once_more_and_rated_no_more(
    thrice: str, desk: Any, worker: Any, resident: Any, closed: Any, once_more: Any
) -> None:
    done = do(desk, thrice, "evaluate", organisation="调查中心", evaluation="not_solved", note="仍不亮")
    assert (done["state"], done["case"]["timeline"][-1]["action"]) == ("accepted", "reopen")
    do(desk, thrice, "dispatch", assignee={"post_id": str(worker.post_id)})
    once_more(thrice)
    refused(says(resident, closed["receipt_code"], "rate", **BAD), 422, "rating_not_open")
    assert course(resident, closed["receipt_code"], SECRET)["rating"]["open"] is False


def test_C8_a_case_of_the_city_stays_there_when_it_cannot_go_up(
    closed: Any, rate: Any, desk: Any, worker: Any, once_more: Any
) -> None:
    case = closed["case_id"]
    do(desk, case, "reopen", reason="全市统一办")
    for _ in range(3):
        do(desk, case, "escalate", reason="全市统一办")
    for state in ("dispatched", "accepted"):  # again by the same people, then the desk
        if state == "dispatched":
            do(desk, case, "dispatch", assignee={"post_id": str(worker.post_id)})
        once_more(case)
        assert rate()["state"] == state
        assert seen(desk, case)["level"] == 4


# Who rates, and when


@pytest.fixture
def joined(resident: Any, case: str) -> str:
    """The receipt of somebody who met the same problem."""
    return joins(resident, case, "j" * 43)


def test_C8_who_met_it_too_does_not_rate(joined: str, case: str, worker: Any, mate: Any, resident: Any) -> None:
    do(worker, case, "sign")
    do(worker, case, "handle", **HANDLED)
    do(mate, case, "verify_pass", **PASSED)
    refused(says(resident, joined, "rate", "j" * 43, **BAD), 409, "not_yours_to_do")
    assert "rate" not in {row["action"] for row in course(resident, joined, "j" * 43)["allowed"]}


def test_the_rating_is_open_for_14_days_after_each_end(
    closed: Any, resident: Any, at: Any, rate: Any, once_more: Any
) -> None:
    rate()
    once_more(closed["case_id"])
    end = datetime.now(UTC)
    at(end + timedelta(days=14, minutes=1))
    refused(says(resident, closed["receipt_code"], "rate", **BAD), 422, "rating_not_open")
    at(end + timedelta(days=13, hours=23))
    assert ok(says(resident, closed["receipt_code"], "rate", **BAD))["state"] == "accepted"


def test_each_round_is_rated_by_itself_and_its_reply_is_the_newest(
    closed: Any, rate: Any, resident: Any, worker: Any, desk: Any, hire: Any, grid: Any
) -> None:
    case, code = closed["case_id"], closed["receipt_code"]
    rate()
    do(worker, case, "sign")
    other = hire("assistant", grid.code)
    do(worker, case, "handle", **HANDLED | {"reply": "换了整盏灯"})
    do(other, case, "verify_pass", **PASSED)
    before = course(resident, code, SECRET)
    assert (before["reply"], before["rating"]["open"], before["rating"]["given"]) == ("换了整盏灯", True, None)
    told = rate(stars=5, satisfaction="satisfied", comment="这次好了")
    assert told["rating"]["given"]["comment"] == "这次好了"
    assert seen(desk, case)["state"] == "closed"


# The desk asks again (回访), and reopens


def test_the_desk_asks_the_reporter_again_and_notes_what_they_say(closed: Any, desk: Any, worker: Any) -> None:
    case = closed["case_id"]
    refused(tries(worker, case, "revisit", note="问过了"), 409, "not_yours_to_do")
    done = do(desk, case, "revisit", note="说已经亮了", satisfaction="basically")
    assert (done["state"], done["case"]["timeline"][-1]["detail"]) == ("closed", "基本满意")


def test_the_desk_reopens_what_was_closed_too_early(closed: Any, desk: Any, worker: Any, conn: Any) -> None:
    case = closed["case_id"]
    refused(tries(worker, case, "reopen", reason="又坏了"), 409, "not_yours_to_do")
    done = do(desk, case, "reopen", reason="回访说又灭了")
    assert (done["state"], done["case"]["level"]) == ("accepted", 12)
    row = conn.execute("select closed_at, stars, dissatisfactions from cases where id = %s", (case,)).fetchone()
    assert row == (None, None, 0)
    assert {"escalate", "dispatch"} <= may(desk, case)


def test_P8_a_stranger_with_the_code_alone_reads_no_comment(rate: Any, closed: Any, app: Any) -> None:
    rate()
    told = course(Caller(app), closed["receipt_code"])
    assert (told["mine"], told["allowed"]) == (False, [])
    assert BAD["comment"] not in str(told)


def test_the_evaluation_waits_at_the_districts_desk_with_a_limit_of_its_own(
    thrice: str, desk: Any, centre: Any
) -> None:
    (task,) = seen(desk, thrice)["tasks"]
    assert task["id"] == task_of(desk, thrice, "evaluation")
    assert datetime.fromisoformat(task["due_at"]) > datetime.now(UTC) + timedelta(days=7)
    assert centre(6).tasks()[thrice] == "evaluation"


def test_the_logs_of_all_these_cases_hold() -> None:
    assert examine() == []
