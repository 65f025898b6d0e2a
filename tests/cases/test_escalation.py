"""Going up: one level, once refused at most; ownerless cases to the district, whose decision becomes a rule (C10)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gezhi.cases.clocks import sweep
from gezhi.cases.doctor import examine
from tests.cases.helpers import command, ok, refused, report
from tests.cases.steps import course, do, may, seen, tries, waiting

UP = {"reason": "社区解决不了"}


def test_a_case_goes_up_level_by_level_to_the_city_and_no_further(
    signed: str, worker: Any, centre: Any, desk: Any
) -> None:
    community, street, district = centre(12), centre(9), centre(6)
    done = do(worker, signed, "escalate", **UP)
    assert (done["state"], done["case"]["level"], done["case"]["assignee"]) == ("accepted", 9, None)
    assert done["case"]["loop_name"] == "小循环（街道）"
    assert "dispatch" not in may(community, signed)
    assert community.sees(signed)
    assert {"dispatch", "escalate", "refuse_escalation"} <= may(street, signed)
    for person, level in ((street, 6), (district, 4)):
        assert do(person, signed, "escalate", **UP)["case"]["level"] == level
        assert "dispatch" not in may(person, signed)
    refused(tries(desk, signed, "escalate", **UP), 409, "no_level_above")
    assert seen(desk, signed)["level"] == 4


def test_C10_who_sent_it_up_keeps_the_place_until_another_signs(
    signed: str, worker: Any, centre: Any, mate: Any
) -> None:
    street = centre(9)
    do(worker, signed, "escalate", **UP)
    assert {"contact", "arrive", "progress"} <= may(worker, signed)
    do(street, signed, "dispatch", assignee={"post_id": str(mate.post_id)})
    assert "progress" in may(worker, signed)
    do(mate, signed, "sign")
    assert "progress" not in may(worker, signed)


def test_an_escalation_is_refused_once_back_to_who_had_it(signed: str, worker: Any, centre: Any) -> None:
    community, street = centre(12), centre(9)
    do(worker, signed, "escalate", **UP)
    assert "refuse_escalation" not in may(community, signed)
    done = do(street, signed, "refuse_escalation", reason="社区能解决")
    assert (done["state"], done["case"]["level"]) == ("dispatched", 12)
    assert done["case"]["assignee"]["post_id"] == str(worker.post_id)
    do(worker, signed, "sign")
    do(worker, signed, "escalate", **UP)
    assert "refuse_escalation" not in may(street, signed)
    refused(tries(street, signed, "refuse_escalation", reason="再试试"), 409, "not_yours_to_do")
    assert seen(street, signed)["state"] == "accepted"


def test_what_a_desk_sent_up_before_anybody_had_it_comes_back_to_that_desk(desk: Any, centre: Any, grid: Any) -> None:
    community, street = centre(12), centre(9)
    told = report(place=None, address="象山路口", region=grid.code[:12], channel="phone", category="other")
    case = desk.post("/reports", told).json["case_id"]
    assert do(community, case, "accept", matter={"kind": "matter", "code": "01037"})["state"] == "accepted"
    do(community, case, "escalate", **UP)
    done = do(street, case, "refuse_escalation", reason="社区能解决")
    assert (done["state"], done["case"]["level"], done["case"]["assignee"]) == ("accepted", 12, None)
    assert "dispatch" in may(community, case)


def test_the_upper_desk_may_take_it_on_by_sending_it_to_whom_it_likes(
    signed: str, worker: Any, centre: Any, hire: Any, unit: Any, grid: Any
) -> None:
    street, squad = centre(9), unit(grid.code[:9], "team", "street_squad")
    responder = hire("responder", grid.code[:9], squad)
    do(worker, signed, "escalate", **UP)
    done = do(street, signed, "dispatch", assignee={"unit_id": str(squad)})
    assert (done["case"]["level"], responder.tasks()[signed]) == (9, "sign")
    assert "refuse_escalation" not in may(street, signed)


# Down again (下派), and inside the level


def test_a_desk_sends_a_case_down_to_a_desk_below(signed: str, worker: Any, centre: Any, conn: Any, desk: Any) -> None:
    community, street = centre(12), centre(9)
    do(worker, signed, "escalate", **UP)
    (below,) = conn.execute("select unit_id from posts where id = %s", (community.post_id,)).fetchone()
    done = do(street, signed, "dispatch", assignee={"unit_id": str(below)})
    assert (done["state"], done["case"]["level"]) == ("dispatched", 12)
    assert community.tasks()[signed] == "sign"
    do(community, signed, "sign")
    done = do(community, signed, "reassign", assignee={"post_id": str(worker.post_id)}, reason="就近")
    assert (done["case"]["level"], worker.tasks()[signed]) == (12, "sign")
    assert {person["by"]["name"] for person in done["case"]["timeline"] if person["by"]} >= {"新人"}


def test_C9_a_desk_hands_a_case_neither_up_nor_aside(
    case: str, worker: Any, centre: Any, unit: Any, grid: Any, row_of: Any, conn: Any
) -> None:
    community = centre(12)
    do(worker, case, "return", reason="不是我的")
    above = conn.execute("select unit_id from posts where id = %s", (centre(9).post_id,)).fetchone()[0]
    aside = unit("360102002001")
    before = row_of(case)
    for office in (above, aside):
        wrong = tries(community, case, "dispatch", assignee={"unit_id": str(office)})
        assert "提级办理" in refused(wrong, 422, "not_a_desk_below")["action"]
    assert row_of(case) == before


def test_a_unit_of_a_level_above_takes_the_case_up_with_it(signed: str, desk: Any, enter: Any) -> None:
    bureau = enter("handler", "360103", "urban_management")
    unit = next(
        one["unit_id"] for one in ok(desk.get(f"/cases/{signed}/assignees"))["items"]
        if one["name"].endswith("城市管理局")
    )  # fmt: skip
    done = do(desk, signed, "reassign", assignee={"unit_id": unit}, reason="归口管理")
    assert (done["case"]["level"], done["case"]["loop_name"]) == (6, "大循环（县区）")
    assert bureau.tasks()[signed] == "sign"


# Ownerless (C10)


@pytest.fixture
def ownerless(signed: str, worker: Any, conn: Any) -> Iterator[str]:
    """A case whose worker says that nobody knows whose it is; the rule made of it is taken back afterwards."""
    do(worker, signed, "escalate", reason="两家都说不归自己管", cause="ownerless")
    yield signed
    conn.execute("delete from routing_rules where source_case_id = %s", (signed,))


def test_C10_an_ownerless_case_goes_straight_to_the_district_with_a_deadline(
    ownerless: str, centre: Any, desk: Any, conn: Any
) -> None:
    street, district = centre(9), centre(6)
    case = seen(desk, ownerless)
    assert (case["level"], case["ownerless"], case["state"]) == (6, True, "accepted")
    assert case["timeline"][-1]["detail"] == "权属不清"
    (due,) = conn.execute(
        "select after_v1('3601', started_at, 2 * 27000, true) from clocks"
        " where case_id = %s and step = 'dispatch' order by round desc limit 1",
        (ownerless,),
    ).fetchone()
    assert datetime.fromisoformat(case["due_at"]) == pytest.approx(due, abs=timedelta(milliseconds=1))
    assert "dispatch" not in may(street, ownerless)
    assert "dispatch" in may(district, ownerless)
    assert "refuse_escalation" not in may(district, ownerless) | may(desk, ownerless)


def test_C10_it_is_never_left_with_community_or_grid(
    ownerless: str, worker: Any, centre: Any, unit: Any, grid: Any
) -> None:
    district = centre(6)
    for assignee in ({"post_id": str(worker.post_id)}, {"unit_id": str(unit(grid.code[:12]))}):
        refused(tries(district, ownerless, "dispatch", assignee=assignee), 422, "ownerless_needs_unit")
    fixed = do(district, ownerless, "correct", reason="是公共设施", matter={"kind": "local", "code": "L3008"})
    assert (fixed["state"], fixed["case"]["ownerless"]) == ("accepted", True), "no route gives it back to the grid"


def test_C10_the_district_consults_and_its_decision_becomes_a_rule(
    ownerless: str, centre: Any, enter: Any, conn: Any, send: Any, hire: Any, unit: Any
) -> None:
    district, lights = centre(6), unit("360103", "enterprise", "lights")
    keeper, bureau = hire("handler", "360103", lights), enter("handler", "360103", "urban_management")
    (urban,) = conn.execute("select unit_id from posts where id = %s", (bureau.post_id,)).fetchone()
    do(district, ownerless, "consult", lead_unit=str(urban), units=[str(lights)])
    assert bureau.sees(ownerless)
    assert keeper.sees(ownerless)
    do(district, ownerless, "consult", lead_unit=str(urban), minutes="由路灯公司负责")
    assert waiting(district, ownerless) == []
    done = do(district, ownerless, "dispatch", assignee={"unit_id": str(lights)})
    assert (done["case"]["ownerless"], done["case"]["level"]) == (False, 6)
    rule = conn.execute(
        "select place, matter_kind, matter_code, to_unit_id, active from routing_rules where source_case_id = %s",
        (ownerless,),
    ).fetchall()
    assert rule == [("360103", "matter", "01037", lights, True)]
    next_one = send()
    assert next_one["why"] == "按本市的分派规则"
    assert keeper.tasks()[next_one["case_id"]] == "sign"


def test_C10_K3_past_its_deadline_the_district_is_reminded_once(ownerless: str, desk: Any, at: Any, conn: Any) -> None:
    at(datetime.fromisoformat(seen(desk, ownerless)["due_at"]) + timedelta(minutes=1))
    sweep(conn, "3601")
    sweep(conn, "3601")
    late = [step["detail"] for step in seen(desk, ownerless)["timeline"] if step["action"] == "overdue"]
    assert late.count("派遣") == 1
    assert (seen(desk, ownerless)["light"], seen(desk, ownerless)["state"]) == ("red", "accepted")


def test_C10_the_district_may_ask_the_city_and_it_stays_ownerless(
    ownerless: str, worker: Any, centre: Any, desk: Any
) -> None:
    done = do(centre(6), ownerless, "escalate", reason="跨县区")
    assert (done["case"]["level"], done["case"]["ownerless"]) == (4, True)
    to_grid = tries(desk, ownerless, "dispatch", assignee={"post_id": str(worker.post_id)})
    refused(to_grid, 422, "ownerless_needs_unit")


def test_C10_a_suspended_ownerless_case_gets_the_rest_of_its_working_time_back(
    ownerless: str, centre: Any, at: Any, conn: Any
) -> None:
    district, chief = centre(6), centre(6, "duty_leader")
    before = datetime.fromisoformat(seen(district, ownerless)["due_at"])
    until = datetime.now(UTC) + timedelta(days=30)
    do(district, ownerless, "request", request="suspend", reason="等图纸", until=until.isoformat())
    (task,) = seen(district, ownerless)["tasks"]
    do(chief, ownerless, "decide", task=task["id"], granted=True, reason="同意")
    (paused, left) = conn.execute(
        "select paused_at, due_left from clocks where case_id = %s and step = 'dispatch' and stopped_at is null",
        (ownerless,),
    ).fetchone()
    (worked,) = conn.execute("select seconds_between_v1('3601', %s, %s, true)", (paused, before)).fetchone()
    assert left == pytest.approx(worked, abs=1)


# Who may, and what it needs


@pytest.mark.parametrize("who", ["mate", "outsider"])
def test_only_who_has_it_or_its_desk_sends_it_up(who: str, signed: str, request: Any, enter: Any) -> None:
    if who == "outsider":
        refused(enter("grid_worker", "360102002001001").act(signed, command("escalate", 4, **UP)), 404, "not_found")
        return
    refused(tries(request.getfixturevalue(who), signed, "escalate", **UP), 409, "not_yours_to_do")


def test_a_handled_case_goes_up_no_more(handled: str, worker: Any, desk: Any) -> None:
    for person in (worker, desk):
        refused(tries(person, handled, "escalate", **UP), 409, "not_allowed_now")


def test_P8_residents_read_that_it_went_up_and_not_why(send: Any, worker: Any, centre: Any, resident: Any) -> None:
    receipt, street = send(), centre(9)
    do(worker, receipt["case_id"], "escalate", reason="业主太凶")
    do(street, receipt["case_id"], "refuse_escalation", reason="再去一次")
    told = course(resident, receipt["receipt_code"])
    assert [step["name"] for step in told["steps"]][-2:] == ["提交上一级办理", "由网格员继续办"]
    assert "业主太凶" not in str(told)
    assert "再去一次" not in str(told)


def test_the_logs_of_all_these_cases_hold() -> None:
    assert examine() == []
