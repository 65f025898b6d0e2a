"""Correcting matter, place, address and urgency: by the desk at once, by others as a proposal that a desk decides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gezhi.cases.doctor import examine
from tests.cases.helpers import HANDLED, SECRET, refused
from tests.cases.steps import course, do, may, seen, task_of, tries, waiting

WATER = {"kind": "local", "code": "L3007"}  # worked by the grid, urgent, public
WELL = {"kind": "matter", "code": "06013"}  # worked by the district's bureau


@pytest.fixture
def elsewhere(grids: Any) -> Any:
    """Another grid."""
    return next(grids)


def test_the_desk_corrects_at_once_and_what_is_certain_goes_to_whom_it_concerns(
    signed: str, desk: Any, worker: Any, enter: Any
) -> None:
    done = do(desk, signed, "correct", reason="是井盖", matter=WELL)
    assert (done["state"], done["case"]["matter"]["code"], done["case"]["level"]) == ("dispatched", "06013", 6)
    assert done["case"]["why"] == "事项或地点更正后，责任人变了"
    assert [(step["action"], (step["by"] or {}).get("name")) for step in done["case"]["timeline"]][-1] == (
        "reassign", "系统",
    )  # fmt: skip
    assert enter("handler", "360103", "urban_management").tasks()[signed] == "sign"
    assert signed not in worker.tasks()


def test_C10_who_had_it_before_the_correction_keeps_the_place_until_another_signs(
    signed: str, desk: Any, worker: Any, enter: Any
) -> None:
    do(desk, signed, "correct", reason="是井盖", matter=WELL)
    assert {"arrive", "contact", "progress"} <= may(worker, signed)
    do(enter("handler", "360103", "urban_management"), signed, "sign")
    assert "progress" not in may(worker, signed)


def test_a_correction_that_changes_nobody_leaves_it_in_the_same_hands_with_its_new_limits(
    signed: str, desk: Any, worker: Any, conn: Any
) -> None:
    version = seen(desk, signed)["version"]
    done = do(desk, signed, "correct", reason="是积水", matter=WATER)
    assert (done["state"], done["version"], done["case"]["urgency"]) == ("signed", version, "urgent")
    due, started = conn.execute(
        "select due_at, started_at from clocks where case_id = %s and step = 'handle'", (signed,)
    ).fetchone()
    assert due - started == timedelta(hours=4)
    assert datetime.fromisoformat(done["case"]["due_at"]) == pytest.approx(due, abs=timedelta(milliseconds=1))
    do(worker, signed, "handle", **HANDLED)


def test_P3_a_corrected_place_moves_the_case_to_its_grid_and_the_log_keeps_the_old_one(
    case: str, desk: Any, worker: Any, elsewhere: Any, enter: Any, grid: Any, conn: Any
) -> None:
    done = do(desk, case, "correct", reason="点偏了", place=elsewhere.place)
    assert (done["case"]["place"]["code"], done["state"]) == (elsewhere.code, "dispatched")
    assert enter("grid_worker", elsewhere.code).tasks()[case] == "sign"
    facts = conn.execute("select facts from events where case_id = %s and action = 'correct'", (case,)).fetchone()[0]
    assert (facts["previous_region"], facts["region"]) == (grid.code, elsewhere.code)
    assert (facts["lng"], facts["lat"]) == (elsewhere.lng, elsewhere.lat)
    assert case not in worker.tasks()


def test_P4_a_corrected_point_in_gcj02_is_kept_in_wgs84(case: str, desk: Any, grid: Any) -> None:
    sent = {**grid.place, "system": "gcj02", "origin": "pin"}
    shown = do(desk, case, "correct", reason="高德上的点", place=sent)["case"]["place"]["point"]
    assert abs(shown[0] - grid.lng) > 0.003, "some 500 m"


def test_P3_a_place_outside_the_city_is_refused(case: str, desk: Any, row_of: Any) -> None:
    before = row_of(case)
    far = {"lng": 116.4, "lat": 39.9, "origin": "pin"}
    problem = refused(tries(desk, case, "correct", reason="在北京", place=far), 422, "outside_city")
    assert "南昌市" in problem["detail"]
    refused(tries(desk, case, "correct", reason="没有", matter={"kind": "local", "code": "X9"}), 422, "unknown_matter")
    assert row_of(case) == before


def test_an_address_and_an_urgency_are_corrected_without_moving_anybody(
    case: str, desk: Any, worker: Any, conn: Any
) -> None:
    done = do(desk, case, "correct", reason="来电更正", address="孺子路 12 号门口", urgency="critical")
    assert (done["case"]["address"], done["case"]["urgency"], done["version"]) == ("孺子路 12 号门口", "critical", 3)
    due, started = conn.execute(
        "select due_at, started_at from clocks where case_id = %s and step = 'sign'", (case,)
    ).fetchone()
    assert due - started == timedelta(minutes=5)
    facts = conn.execute("select facts::text from events where case_id = %s order by seq desc limit 1", (case,))
    assert "孺子路" not in facts.fetchone()[0], "an address is free text: it can be erased"


def test_P8_a_danger_tap_outlives_a_matter_and_a_new_matter_brings_its_confidentiality(
    send: Any, desk: Any, worker: Any, mate: Any
) -> None:
    case = send(danger=True)["case_id"]
    assert do(desk, case, "correct", reason="是积水", matter=WATER)["case"]["urgency"] == "critical"
    assert mate.sees(case)
    do(desk, case, "correct", reason="是邻里纠纷", matter={"kind": "local", "code": "L1001"})
    assert not mate.sees(case)
    assert worker.sees(case)


def test_a_worker_proposes_and_a_desk_of_its_level_decides(
    signed: str, worker: Any, centre: Any, desk: Any, enter: Any
) -> None:
    community = centre(12)
    done = do(worker, signed, "correct", reason="是井盖不是路灯", matter=WELL, address="灯杆旁第二个井盖")
    assert (done["case"]["matter"]["code"], done["case"]["address"]) == ("01037", None)
    assert done["case"]["timeline"][-1]["detail"] == "建议"
    assert (waiting(desk, signed), community.tasks()[signed]) == (["correction"], "correction")
    assert "decide" not in may(worker, signed)
    task = task_of(community, signed, "correction")
    done = do(community, signed, "decide", task=task, granted=True, reason="照片能看出来")
    assert (done["case"]["matter"]["code"], done["case"]["address"]) == ("06013", "灯杆旁第二个井盖")
    assert (done["state"], waiting(desk, signed)) == ("dispatched", [])
    assert enter("handler", "360103", "urban_management").tasks()[signed] == "sign"


def test_a_refused_proposal_changes_nothing_but_is_answered(signed: str, mate: Any, desk: Any, row_of: Any) -> None:
    do(mate, signed, "correct", reason="更急", urgency="urgent")
    before = row_of(signed)["row"]
    do(desk, signed, "decide", task=task_of(desk, signed, "correction"), granted=False, reason="不急")
    after = row_of(signed)["row"]
    assert after | {"seq": 0, "updated_at": 0} == before | {"seq": 0, "updated_at": 0}


def test_what_cannot_be_is_not_even_proposed(signed: str, worker: Any, row_of: Any) -> None:
    before = row_of(signed)
    far = {"lng": 116.4, "lat": 39.9, "origin": "pin"}
    refused(tries(worker, signed, "correct", reason="在北京", place=far), 422, "outside_city")
    assert row_of(signed) == before


def test_the_desks_own_correction_answers_the_proposals(signed: str, worker: Any, desk: Any) -> None:
    do(worker, signed, "correct", reason="更急", urgency="urgent")
    do(desk, signed, "correct", reason="确实", urgency="critical")
    assert waiting(desk, signed) == []


def test_what_waits_at_the_desk_is_corrected_and_then_dispatched_by_the_system(
    case: str, worker: Any, desk: Any, enter: Any
) -> None:
    do(worker, case, "return", reason="是井盖")
    done = do(desk, case, "correct", reason="网格员说是井盖", matter=WELL)
    assert done["state"] == "dispatched"
    assert enter("handler", "360103", "urban_management").tasks()[case] == "sign"


def test_what_came_without_a_matter_is_corrected_before_it_is_accepted(send: Any, desk: Any) -> None:
    case = send(category="other", photos=[])["case_id"]
    done = do(desk, case, "correct", reason="补地址", address="孺子路")
    assert (done["state"], done["case"]["address"]) == ("reported", "孺子路")


def test_a_deadline_set_by_the_desk_outlives_a_correction(case: str, worker: Any, desk: Any) -> None:
    do(worker, case, "return", reason="约个时间")
    end = datetime.now(UTC) + timedelta(days=90)
    do(desk, case, "dispatch", assignee={"post_id": str(worker.post_id)}, deadline=end.isoformat())
    do(worker, case, "sign")
    due = do(desk, case, "correct", reason="更急", urgency="urgent")["case"]["due_at"]
    assert datetime.fromisoformat(due) == pytest.approx(end, abs=timedelta(milliseconds=1))


@pytest.mark.parametrize("state", ["handled", "closed"])
def test_what_has_been_done_is_not_corrected(state: str, request: Any, desk: Any, worker: Any) -> None:
    case = request.getfixturevalue(state)
    case = case if isinstance(case, str) else case["case_id"]
    refused(tries(desk, case, "correct", reason="晚了", urgency="urgent"), 409, "not_allowed_now")


def test_P8_the_course_tells_nothing_of_a_correction_but_where_it_went(
    send: Any, worker: Any, desk: Any, resident: Any
) -> None:
    receipt = send()
    do(worker, receipt["case_id"], "correct", reason="报错了", matter=WELL)
    do(desk, receipt["case_id"], "decide", granted=True, reason="属实",
       task=task_of(desk, receipt["case_id"], "correction"))  # fmt: skip
    told = course(resident, receipt["receipt_code"], SECRET)
    assert [step["key"] for step in told["steps"]] == ["report", "accept", "dispatch", "reassign"]
    assert told["steps"][-1]["name"] == "转给了西湖区城市管理局"
    for words in ("报错了", "属实"):
        assert words not in str(told)


def test_the_logs_of_all_these_cases_hold() -> None:
    assert examine() == []
