"""Giving a case back: in time, to the desk; twice, to the duty leader; kept safe until somebody has signed (C10)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gezhi.cases.doctor import examine
from tests.cases.helpers import HANDLED, command, here, ok, refused
from tests.cases.steps import do, may, says, seen, tries

WHY = {"reason": "不是我的职责"}


def to(person: Any) -> dict[str, str]:
    return {"post_id": str(person.post_id)}


@pytest.fixture
def returned(case: str, worker: Any) -> str:
    """A case that its worker has given back."""
    do(worker, case, "return", **WHY)
    return case


def test_C10_a_returned_case_waits_at_its_desk_with_a_new_clock(
    case: str, worker: Any, desk: Any, centre: Any, conn: Any
) -> None:
    community = centre(12)
    done = do(worker, case, "return", **WHY)
    assert (done["state"], done["version"], done["case"]["assignee"]) == ("accepted", 4, None)
    assert seen(desk, case)["timeline"][-1]["note"] == WHY["reason"]
    assert {"dispatch", "escalate", "transfer"} <= may(community, case) & may(desk, case)
    rounds = "select count(*) from clocks where case_id = %s and step = 'dispatch' and stopped_at is null"
    assert conn.execute(rounds, (case,)).fetchone() == (1,)


def test_C10_who_received_it_first_keeps_the_place_safe_until_another_has_signed(
    returned: str, worker: Any, desk: Any, hire: Any, grid: Any
) -> None:
    leader = hire("grid_leader", grid.code)
    assert worker.sees(returned)
    assert may(worker, returned) == {"contact", "arrive", "progress", "check", "correct"}
    do(worker, returned, "arrive", position=here(grid.lng, grid.lat))
    do(desk, returned, "dispatch", assignee=to(leader))
    do(worker, returned, "progress", note="围挡好了")
    assert "sign" not in may(worker, returned)
    do(leader, returned, "sign")
    assert {"arrive", "contact", "progress"}.isdisjoint(may(worker, returned))
    refused(tries(worker, returned, "progress", note="还在看着"), 409, "not_yours_to_do")


def test_C10_the_first_receiver_stays_the_keeper_when_the_second_gives_it_back_too(
    returned: str, worker: Any, desk: Any, hire: Any, grid: Any
) -> None:
    second = hire("grid_leader", grid.code)
    do(desk, returned, "dispatch", assignee=to(second))
    do(second, returned, "return", **WHY)
    assert "contact" in may(worker, returned)
    assert "contact" not in may(second, returned)


def test_C10_a_unit_that_had_it_keeps_it(case: str, desk: Any, hire: Any, unit: Any) -> None:
    bureau = unit("360103", "department", "lamps")
    handler, colleague = hire("handler", "360103", bureau), hire("handler", "360103", bureau)
    do(desk, case, "reassign", assignee={"unit_id": str(bureau)}, reason="归口")
    # The worker was first, so theirs is the place; the unit is told so when it gives the case back.
    do(handler, case, "return", **WHY)
    assert "contact" not in may(colleague, case)


@pytest.mark.parametrize("signed_first", [False, True])
def test_C10_the_second_return_goes_to_the_duty_leader_whose_choice_stays(
    signed_first: bool, returned: str, worker: Any, desk: Any, centre: Any, hire: Any, grid: Any
) -> None:
    second, chief = hire("grid_leader", grid.code), centre(9, "duty_leader")
    do(desk, returned, "dispatch", assignee=to(second))
    if signed_first:
        do(second, returned, "sign")
    do(second, returned, "return", **WHY)
    assert "dispatch" not in may(desk, returned)
    refused(tries(desk, returned, "dispatch", assignee=to(worker)), 409, "duty_leader_decides")
    done = do(chief, returned, "dispatch", assignee=to(worker))
    assert (done["state"], done["case"]["pinned"]) == ("dispatched", True)
    assert "return" not in may(worker, returned)
    refused(tries(worker, returned, "return", **WHY), 409, "assignment_pinned")
    assert "reassign" not in may(desk, returned)
    refused(tries(desk, returned, "reassign", assignee=to(second), **WHY), 409, "duty_leader_decides")
    do(worker, returned, "sign")
    refused(tries(worker, returned, "return", **WHY), 409, "assignment_pinned")
    assert do(worker, returned, "handle", **HANDLED)["state"] == "handled"


def test_C10_no_correction_of_the_desk_takes_the_decision_from_the_duty_leader(
    returned: str, desk: Any, hire: Any, grid: Any
) -> None:
    second = hire("grid_leader", grid.code)
    do(desk, returned, "dispatch", assignee=to(second))
    do(second, returned, "return", **WHY)
    fields = {"reason": "其实是积水", "matter": {"kind": "local", "code": "L3007"}}
    assert do(desk, returned, "correct", **fields)["state"] == "accepted"


def test_C10_a_return_has_a_limit_of_working_hours_from_the_dispatch(
    send: Any, worker: Any, desk: Any, at: Any, conn: Any
) -> None:
    case = str(send()["case_id"])
    given = conn.execute("select started_at from clocks where case_id = %s and step = 'sign'", (case,)).fetchone()[0]
    (limit,) = conn.execute("select after_v1('3601', %s, 4 * 3600, true)", (given,)).fetchone()
    at(limit + timedelta(minutes=1))
    do(desk, case, "contact", note="催一下")  # what is noted meanwhile gives no more time
    refused(tries(worker, case, "return", **WHY), 409, "return_too_late")
    at(limit - timedelta(minutes=1))
    assert do(worker, case, "return", **WHY)["state"] == "accepted"


def test_C10_who_is_given_it_anew_has_the_whole_limit_again(
    case: str, worker: Any, desk: Any, at: Any, hire: Any, grid: Any
) -> None:
    late = datetime.now(UTC) + timedelta(days=20)
    leader = hire("grid_leader", grid.code)
    at(late)
    do(desk, case, "reassign", assignee=to(leader), reason="换人")
    assert do(leader, case, "return", **WHY)["state"] == "accepted"


@pytest.mark.parametrize("who", ["desk", "mate", "outsider"])
def test_only_who_has_it_gives_it_back(who: str, case: str, request: Any, enter: Any) -> None:
    if who == "outsider":
        refused(enter("grid_worker", "360102002001003").act(case, command("return", 3, **WHY)), 404, "not_found")
        return
    refused(tries(request.getfixturevalue(who), case, "return", **WHY), 409, "not_yours_to_do")


def test_P8_the_reporter_reads_that_somebody_else_is_found_and_not_why(send: Any, worker: Any, resident: Any) -> None:
    receipt = send()
    do(worker, receipt["case_id"], "return", reason="不想去")
    told = ok(says(resident, receipt["receipt_code"], "remind"))
    step = next(step for step in told["steps"] if step["key"] == "return")
    assert (step["name"], step["note"]) == ("退回受理台，重新安排", None)
    assert "不想去" not in str(told)


def test_the_logs_of_all_these_cases_hold() -> None:
    assert examine() == []
