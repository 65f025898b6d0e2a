"""Beside the seven steps: who is called, asked, watched or told; what they then see and may do, and how long (P7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gezhi.cases.clocks import sweep
from gezhi.cases.doctor import examine
from gezhi.db import uuid7
from tests.cases.helpers import HANDLED, SECRET, SHA, here, ok, photo, refused, report
from tests.cases.steps import course, do, may, says, seen, task_of, tries, waiting
from tests.conftest import Caller


@pytest.fixture
def bureau(hire: Any, unit: Any) -> Any:
    """Makes somebody of a new bureau of the district; `of` is their unit."""

    def make(role: str = "handler", of: Any = None) -> Any:
        of = of or unit("360103", "department", f"bureau_{uuid7().hex[-6:]}")
        person = hire(role, "360103", of)
        person.of = str(of)
        return person

    return make


# Whistle (吹哨报到)


def test_a_worker_asks_for_a_whistle_and_the_streets_desk_issues_it(
    signed: str, worker: Any, centre: Any, bureau: Any
) -> None:
    community, street, parks, roads = centre(12), centre(9), bureau(), bureau()
    do(worker, signed, "whistle", reason="要园林和市政一起来", units=[parks.of, roads.of])
    assert waiting(street, signed) == ["whistle_request"]
    assert street.tasks()[signed] == "whistle_request"
    assert "whistle" not in may(community, signed)
    assert not parks.sees(signed)
    do(street, signed, "whistle", reason="请半小时内到场", units=[parks.of, roads.of])
    assert sorted(waiting(street, signed)) == ["whistle", "whistle"]
    for called in (parks, roads):
        assert called.tasks()[signed] == "whistle"
        assert may(called, signed) == {"whistle_answer", "arrive", "progress"}


def test_each_unit_called_answers_for_itself_and_sees_the_case_until_then(
    signed: str, centre: Any, bureau: Any, grid: Any, desk: Any
) -> None:
    street, parks, roads = centre(9), bureau(), bureau()
    do(street, signed, "whistle", reason="请到场", units=[parks.of, roads.of])
    do(parks, signed, "arrive", position=here(grid.lng, grid.lat))
    do(parks, signed, "whistle_answer", note="已派两人", photos=[SHA])
    assert waiting(desk, signed) == ["whistle"]
    assert (parks.sees(signed), roads.sees(signed)) == (False, True)
    late = tries(parks, signed, "progress", note="还在")
    problem = refused(late, 409, "no_longer_yours")
    assert set(problem["current"]) == {"state", "state_name"}


def test_K3_a_unit_that_does_not_answer_within_its_limit_is_overdue_once(
    signed: str, centre: Any, bureau: Any, desk: Any, at: Any, conn: Any
) -> None:
    do(centre(9), signed, "whistle", reason="请到场", units=[bureau().of])
    due = datetime.fromisoformat(seen(desk, signed)["tasks"][0]["due_at"])
    assert due - datetime.now(UTC) == pytest.approx(timedelta(hours=2), abs=timedelta(minutes=1))
    at(due + timedelta(minutes=1))
    sweep(conn, "3601")
    sweep(conn, "3601")
    late = [step["detail"] for step in seen(desk, signed)["timeline"] if step["action"] == "overdue"]
    assert late.count("吹哨报到") == 1


def test_a_whistle_says_whom_it_calls(signed: str, centre: Any, row_of: Any) -> None:
    street, before = centre(9), row_of(signed)
    refused(tries(street, signed, "whistle", reason="来人"), 422, "units_needed")
    refused(tries(street, signed, "whistle", reason="来人", units=[str(uuid7())]), 422, "unknown_assignee")
    assert row_of(signed) == before


def test_a_whistle_that_is_no_longer_needed_ends_with_the_case(
    signed: str, worker: Any, mate: Any, centre: Any, bureau: Any
) -> None:
    parks = bureau()
    do(centre(9), signed, "whistle", reason="请到场", units=[parks.of])
    do(worker, signed, "handle", **HANDLED)
    assert may(parks, signed) == {"whistle_answer"}
    do(mate, signed, "verify_pass", photos=[SHA])
    assert (parks.sees(signed), signed in parks.tasks()) == (False, False)


# Supervision (督办)


def test_whoever_has_the_case_replies_to_its_supervision(signed: str, worker: Any, desk: Any, enter: Any) -> None:
    leader = enter("leader", "3601", "centre")
    do(leader, signed, "supervise", reason="群众催了三次")
    assert worker.tasks()[signed] == "handle"
    assert "supervise_reply" in may(worker, signed)
    assert "supervise_reply" not in may(desk, signed)
    (task,) = seen(desk, signed)["tasks"]
    assert (task["kind"], task["reason"]) == ("supervise", "群众催了三次")
    do(worker, signed, "supervise_reply", note="今晚修好")
    assert waiting(desk, signed) == []


def test_a_supervision_stays_with_whom_it_was_sent_to_and_each_replies_for_themselves(
    signed: str, worker: Any, mate: Any, desk: Any
) -> None:
    do(desk, signed, "supervise", reason="快一点")
    do(desk, signed, "reassign", assignee={"post_id": str(mate.post_id)}, reason="换人")
    do(mate, signed, "sign")
    assert "supervise_reply" in may(worker, signed)
    assert "supervise_reply" not in may(mate, signed)
    do(desk, signed, "supervise", reason="换了人也要快")
    do(worker, signed, "supervise_reply", note="已移交")
    assert waiting(desk, signed) == ["supervise"]
    do(mate, signed, "supervise_reply", note="今天修好")
    assert waiting(desk, signed) == []


def test_while_nobody_has_it_the_desk_replies(send: Any, centre: Any, enter: Any) -> None:
    case, community = send(category="other", photos=[])["case_id"], centre(12)
    do(enter("leader", "3601", "centre"), case, "supervise", reason="怎么还没受理")
    assert community.tasks()[case] == "supervise"
    do(community, case, "supervise_reply", note="正在核实")
    assert waiting(community, case) == []


def test_a_supervisions_deadline_lies_ahead(signed: str, desk: Any, row_of: Any) -> None:
    before = row_of(signed)
    gone = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    refused(tries(desk, signed, "supervise", reason="快", deadline=gone), 422, "until_past")
    assert row_of(signed) == before
    end = (datetime.now(UTC) + timedelta(hours=5)).isoformat()
    do(desk, signed, "supervise", reason="快", deadline=end)
    assert seen(desk, signed)["tasks"][0]["due_at"][:16] == end[:16]


# A leader's own (包案, 销号)


def test_a_leader_owns_a_case_until_it_is_struck_off_even_after_its_end(
    signed: str, worker: Any, mate: Any, centre: Any, desk: Any
) -> None:
    leader, other = centre(9, "leader"), centre(6, "leader")
    assert "own" not in may(desk, signed) | may(worker, signed)
    do(leader, signed, "own", note="我来盯")
    assert leader.tasks()[signed] == "own"
    refused(tries(other, signed, "own"), 409, "already_asked")
    assert "strike_off" not in may(other, signed)
    do(worker, signed, "handle", **HANDLED)
    do(mate, signed, "verify_pass", photos=[SHA])
    assert waiting(desk, signed) == ["own"]
    do(leader, signed, "strike_off", note="现场看过")
    assert (waiting(desk, signed), signed in leader.tasks()) == ([], False)


# Consultation (会商), experts, co-handlers


def test_units_consulted_look_on_until_the_minutes_are_there(signed: str, desk: Any, bureau: Any) -> None:
    lead, other = bureau(), bureau()
    do(desk, signed, "consult", lead_unit=lead.of, units=[other.of])
    assert waiting(desk, signed) == ["consult", "consult"]
    assert (lead.tasks()[signed], may(lead, signed), may(other, signed)) == ("consult", set(), set())
    do(desk, signed, "consult", lead_unit=lead.of, units=[other.of], minutes="由住建牵头")
    assert (waiting(desk, signed), lead.sees(signed)) == ([], False)
    assert seen(desk, signed)["timeline"][-1]["note"] == "由住建牵头"


def test_an_expert_advises_once_asked(signed: str, worker: Any, hire: Any, desk: Any, mate: Any) -> None:
    expert, second = hire("expert", "3601"), hire("expert", "3601")
    refused(tries(worker, signed, "ask_expert", expert=str(mate.post_id), note="怎么修"), 422, "unknown_assignee")
    assert not expert.sees(signed)
    do(worker, signed, "ask_expert", expert=str(expert.post_id), note="这种灯怎么修")
    assert (expert.tasks()[signed], may(expert, signed)) == ("expert", {"expert_answer"})
    assert not second.sees(signed)
    do(expert, signed, "expert_answer", note="先断电")
    assert (expert.sees(signed), waiting(desk, signed)) == (False, [])
    assert seen(worker, signed)["timeline"][-1]["note"] == "先断电"


def test_co_handlers_work_beside_the_lead_and_do_not_move_the_case(
    case: str, worker: Any, desk: Any, bureau: Any, hire: Any, grid: Any
) -> None:
    parks, volunteer = bureau(), hire("volunteer", grid.code)
    do(worker, case, "return", reason="要有人帮忙")
    helpers = [{"unit_id": parks.of}, {"post_id": str(volunteer.post_id)}]
    do(desk, case, "dispatch", assignee={"post_id": str(worker.post_id)}, co_handlers=helpers)
    assert waiting(desk, case) == ["co", "co"]
    for person in (parks, volunteer):
        assert {"arrive", "contact", "progress", "mediate"} <= may(person, case)
        assert {"sign", "handle", "return"}.isdisjoint(may(person, case))
        assert person.tasks()[case] == "co"
    do(worker, case, "sign")
    do(parks, case, "progress", note="树枝锯掉了", photos=[SHA])
    do(worker, case, "handle", **HANDLED)
    assert parks.sees(case)


def test_new_co_handlers_take_the_place_of_those_before(
    case: str, worker: Any, desk: Any, enter: Any, bureau: Any
) -> None:
    one, other = bureau(), bureau()
    to = {"assignee": {"post_id": str(worker.post_id)}}
    do(worker, case, "return", reason="要帮手")
    do(desk, case, "dispatch", **to, co_handlers=[{"unit_id": one.of}])
    do(worker, case, "return", reason="要别的帮手")
    assert one.sees(case)
    chief = enter("duty_leader", "3601", "centre")  # the second return is theirs
    do(chief, case, "dispatch", **to, co_handlers=[{"unit_id": other.of}])
    assert (one.sees(case), other.tasks()[case]) == (False, "co")


def test_the_desks_deadline_stands_for_the_limit_of_handling(
    case: str, worker: Any, desk: Any, row_of: Any, at: Any
) -> None:
    do(worker, case, "return", reason="约个时间")
    to = {"assignee": {"post_id": str(worker.post_id)}}
    before = row_of(case)
    gone = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    refused(tries(desk, case, "dispatch", **to, deadline=gone), 422, "until_past")
    assert row_of(case) == before
    end = datetime.now(UTC) + timedelta(hours=30)
    do(desk, case, "dispatch", **to, deadline=end.isoformat())
    done = do(worker, case, "sign")
    assert datetime.fromisoformat(done["case"]["due_at"]) == pytest.approx(end, abs=timedelta(seconds=1))


# Delegation inside a unit (内部指派)


def test_the_head_of_a_unit_delegates_to_its_posts_squads_and_contractors(
    signed: str, desk: Any, bureau: Any, hire: Any, unit: Any, conn: Any
) -> None:
    handler = bureau()
    head, colleague = bureau("leader", handler.of), bureau("handler", handler.of)
    squad = unit("360103", "team", f"squad_{uuid7().hex[-6:]}")
    conn.execute("update units set parent_unit_id = %s where id = %s", (handler.of, squad))
    man, stranger = hire("responder", "360103", squad), bureau()
    do(desk, signed, "reassign", assignee={"unit_id": handler.of}, reason="归口")
    do(handler, signed, "sign")
    assert "delegate" in may(head, signed)
    assert "delegate" not in may(handler, signed) | may(desk, signed)
    for wrong in ({"unit_id": stranger.of}, {"post_id": str(stranger.post_id)}, {"unit_id": handler.of}):
        refused(tries(head, signed, "delegate", assignee=wrong), 422, "not_of_the_unit")
    done = do(head, signed, "delegate", assignee={"post_id": str(colleague.post_id)})
    assert (done["state"], done["case"]["why"]) == ("dispatched", "由承办单位内部指派")
    do(colleague, signed, "sign")
    done = do(head, signed, "delegate", assignee={"unit_id": str(squad)}, note="请中队去")
    assert (done["case"]["level"], man.tasks()[signed]) == (6, "sign")
    do(man, signed, "sign")
    assert "delegate" in may(head, signed), "the squad is the bureau's"
    do(man, signed, "handle", **HANDLED)


def test_what_may_be_chosen_follows_the_purpose(signed: str, desk: Any, bureau: Any, unit: Any, conn: Any) -> None:
    head = bureau("leader")
    handler = bureau("handler", head.of)
    squad = unit("360103", "team", f"squad_{uuid7().hex[-6:]}")
    conn.execute("update units set parent_unit_id = %s where id = %s", (head.of, squad))
    do(desk, signed, "reassign", assignee={"unit_id": head.of}, reason="归口")
    do(handler, signed, "sign")

    def offered(person: Any, purpose: str) -> list[dict[str, Any]]:
        return list(ok(person.get(f"/cases/{signed}/assignees?purpose={purpose}"))["items"])

    found = {one["post_id"] or one["unit_id"] for one in offered(head, "delegate")}
    assert found == {str(head.post_id), str(handler.post_id), str(squad)}
    assert {one["role_name"] for one in offered(desk, "expert")} == {"专家"}
    assert all(one["unit_id"] and not one["post_id"] for one in offered(desk, "units"))
    assert all(one["post_id"] for one in offered(desk, "offer"))
    refused(desk.get(f"/cases/{signed}/assignees?purpose=all"), 422, "invalid")


# Offers (转请)


def test_C7_what_is_offered_is_the_first_ones_who_signs(
    case: str, desk: Any, worker: Any, hire: Any, grid: Any
) -> None:
    one, other = hire("grid_leader", grid.code), hire("assistant", grid.code)
    do(desk, case, "offer", posts=[str(one.post_id), str(other.post_id)], reason="网格员在开会")
    assert worker.tasks()[case] == "sign", "responsibility stays until somebody signs"
    assert (one.tasks()[case], other.tasks()[case]) == ("offer", "offer")
    done = do(one, case, "sign")
    assert done["case"]["assignee"]["post_id"] == str(one.post_id)
    refused(tries(other, case, "sign"), 409, "not_allowed_now")
    assert (waiting(desk, case), case in other.tasks()) == ([], False)


# Contact, arrival, facts


def test_K2_the_first_contact_stops_its_clock(send: Any, desk: Any, worker: Any, conn: Any) -> None:
    case = send(reporter={"phone": "13870001111"})["case_id"]
    clock = "select due_at - started_at, stopped_at is not null from clocks where case_id = %s and step = 'contact'"
    assert conn.execute(clock, (case,)).fetchall() == [(timedelta(minutes=2), False)]
    do(worker, case, "contact", note="说在东门")
    assert conn.execute(clock, (case,)).fetchall() == [(timedelta(minutes=2), True)]
    stopped = conn.execute("select stopped_at from clocks where case_id = %s and step = 'contact'", (case,)).fetchone()
    do(desk, case, "contact", note="再问一次")
    again = conn.execute("select stopped_at from clocks where case_id = %s and step = 'contact'", (case,)).fetchone()
    assert again == stopped


def test_K2_C2_arrival_stops_its_clock_wherever_the_worker_stands(
    signed: str, worker: Any, desk: Any, conn: Any
) -> None:
    clock = "select stopped_at is not null from clocks where case_id = %s and step = 'arrive'"
    assert conn.execute(clock, (signed,)).fetchall() == [(False,)]
    done = do(worker, signed, "arrive", position={"lng": 115.9, "lat": 28.9, "accuracy_m": 500.0})
    position = done["case"]["timeline"][-1]["position"]
    assert (position["doubtful"], position["accuracy_m"], position["distance_m"] > 10_000) == (True, 500, True)
    assert conn.execute(clock, (signed,)).fetchall() == [(True,)]
    doubtful = conn.execute("select count(*) from doubtful_positions where case_id = %s", (signed,)).fetchone()
    assert doubtful == (1,)


def test_the_grids_people_check_the_facts_before_it_is_dispatched(
    case: str, worker: Any, mate: Any, grid: Any, enter: Any
) -> None:
    neighbour = enter("grid_worker", "360102002001001")
    refused(tries(worker, case, "check", note="去看了"), 409, "not_allowed_now")
    do(worker, case, "return", reason="不是我的")
    do(mate, case, "check", note="灯杆是物业的", photos=[SHA], position=here(grid.lng, grid.lat))
    assert seen(mate, case)["timeline"][-1]["photos"][0]["phase"] == "report"
    refused(tries(neighbour, case, "check", note="我也看了"), 404, "not_found")


# Released photos (P8)


def test_P8_a_photo_is_public_only_after_the_desk_has_released_it(app: Any, grid: Any, desk: Any, worker: Any) -> None:
    phone, stranger = Caller(app), Caller(app)
    sha = phone.put_photo(photo())
    receipt = phone.post("/reports", report([sha], place=grid.place)).json
    case, code = receipt["case_id"], receipt["receipt_code"]
    assert course(stranger, code)["photos"] == []
    assert "release" not in may(worker, case)
    refused(tries(worker, case, "release", photos=[sha]), 409, "not_yours_to_do")
    do(desk, case, "release", photos=[sha])
    (shown,) = course(stranger, code)["photos"]
    assert (shown["sha256"], shown["phase"]) == (sha, "report")
    assert seen(desk, case)["photos"][0]["phase"] == "report"


def test_P8_only_photos_of_the_case_are_released(signed: str, desk: Any, row_of: Any) -> None:
    before = row_of(signed)
    for photos in (["ef" * 32], []):
        refused(tries(desk, signed, "release", photos=photos), 422, "unknown_photo")
    assert row_of(signed) == before


def test_P8_nothing_of_the_side_tracks_is_in_the_public_course(
    send: Any, worker: Any, desk: Any, bureau: Any, hire: Any, centre: Any, resident: Any
) -> None:
    receipt = send()
    case, parks, expert = receipt["case_id"], bureau(), hire("expert", "3601")
    do(worker, case, "sign")
    before = course(resident, receipt["receipt_code"], SECRET)
    do(centre(9), case, "whistle", reason="内部一", units=[parks.of])
    do(parks, case, "whistle_answer", note="内部二", photos=[SHA])
    do(desk, case, "supervise", reason="内部三")
    do(worker, case, "supervise_reply", note="内部四")
    do(worker, case, "ask_expert", expert=str(expert.post_id), note="内部五")
    do(expert, case, "expert_answer", note="内部六")
    do(desk, case, "consult", lead_unit=parks.of, minutes="内部七")
    do(worker, case, "contact", note="内部八")
    do(worker, case, "progress", note="内部九", photos=["cd" * 32])
    assert course(resident, receipt["receipt_code"], SECRET) == before
    ok(says(resident, receipt["receipt_code"], "remind"))


@pytest.mark.parametrize(
    "action", ["whistle_answer", "supervise_reply", "strike_off", "expert_answer", "evaluate", "decide"]
)
def test_who_was_not_asked_answers_nothing(action: str, signed: str, worker: Any, desk: Any) -> None:
    fields = {
        "evaluate": {"organisation": "x", "evaluation": "solved", "note": "y"},
        "decide": {"task": str(uuid7()), "granted": True, "reason": "y"},
    }.get(action, {"note": "y"})
    for person in (worker, desk):
        assert tries(person, signed, action, **fields).status_code == 409
        assert action not in may(person, signed)


def test_a_task_is_named_for_whom_it_waits(signed: str, worker: Any, desk: Any, bureau: Any, centre: Any) -> None:
    parks = bureau()
    do(centre(9), signed, "whistle", reason="请到场", units=[parks.of])
    do(worker, signed, "request", request="void", reason="重复")
    assert {task["kind"]: task["who"] for task in seen(desk, signed)["tasks"]} == {
        "whistle": "新单位", "void": "受理台",
    }  # fmt: skip
    assert task_of(desk, signed, "void")
    english = ok(desk.get(f"/cases/{signed}", Accept_Language="en"))["tasks"]
    assert {task["name"] for task in english} == {"Whistled, to answer", "Asks to void"}


def test_the_logs_of_all_these_cases_hold() -> None:
    assert examine() == []
