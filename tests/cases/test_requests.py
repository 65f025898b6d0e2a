"""Requests: more time, a suspension, an end; decided by a duty leader who did not ask; clocks that stand still (K1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gezhi.cases.clocks import sweep
from gezhi.cases.doctor import examine
from tests.cases.helpers import HANDLED, command, ok, refused
from tests.cases.steps import course, do, may, seen, task_of, tries, waiting

SECOND = timedelta(seconds=1)


def ahead(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def asks(kind: str, days: float = 20) -> dict[str, Any]:
    return {"request": kind, "reason": "等配件"} | ({} if kind == "void" else {"until": ahead(days)})


@pytest.fixture
def chief(enter: Any) -> Any:
    """The city's duty leader."""
    return enter("duty_leader", "3601", "centre")


@pytest.fixture
def suspended(signed: str, worker: Any, chief: Any) -> str:
    """A case in work that has been suspended for ten days."""
    do(worker, signed, "request", **asks("suspend", 10))
    do(chief, signed, "decide", task=task_of(chief, signed, "suspend"), granted=True, reason="同意挂账")
    return signed


@pytest.fixture
def clock(conn: Any) -> Any:
    """Reads the newest round of a step's clock: due, paused, and what is left in seconds."""

    def read(case: str, step: str) -> Any:
        return conn.execute(
            "select due_at, paused_at, due_left, working from clocks where case_id = %s and step = %s"
            " order by round desc limit 1",
            (case, step),
        ).fetchone()

    return read


# Who decides


@pytest.mark.parametrize("kind", ["extend", "suspend", "void"])
def test_a_duty_leader_decides_and_what_is_refused_leaves_the_case_as_it_was(
    kind: str, signed: str, worker: Any, chief: Any, desk: Any, row_of: Any
) -> None:
    do(worker, signed, "request", **asks(kind))
    before = row_of(signed)["row"]
    task = task_of(chief, signed, kind)
    assert chief.tasks()[signed] == kind
    assert "decide" not in may(desk, signed) | may(worker, signed)
    refused(tries(desk, signed, "decide", task=task, granted=True, reason="同意"), 409, "not_yours_to_do")
    done = do(chief, signed, "decide", task=task, granted=False, reason="再等等")
    step = done["case"]["timeline"][-1]
    assert (step["note"], step["detail"].split(" · ")[-1]) == ("再等等", "不同意")
    after = row_of(signed)["row"]
    assert after | {"seq": 0, "updated_at": 0} == before | {"seq": 0, "updated_at": 0}
    assert (waiting(desk, signed), signed in chief.tasks()) == ([], False)


def test_nobody_decides_what_they_have_asked_themselves(signed: str, chief: Any, centre: Any) -> None:
    street = centre(9, "duty_leader")
    do(street, signed, "request", **asks("void"))
    task = task_of(street, signed, "void")
    assert "decide" not in may(street, signed)
    refused(tries(street, signed, "decide", task=task, granted=True, reason="同意"), 409, "not_yours_to_do")
    assert do(chief, signed, "decide", task=task, granted=True, reason="重复录入")["state"] == "void"


def test_a_dispatcher_who_may_decide_a_correction_decides_no_request_beside_it(
    signed: str, worker: Any, desk: Any
) -> None:
    do(worker, signed, "correct", reason="更急", urgency="urgent")
    do(worker, signed, "request", **asks("void"))
    assert "decide" in may(desk, signed)
    problem = tries(desk, signed, "decide", task=task_of(desk, signed, "void"), granted=True, reason="同意")
    refused(problem, 422, "unknown_task")
    assert sorted(waiting(desk, signed)) == ["correction", "void"]


def test_a_duty_leader_below_does_not_decide_for_the_level_where_it_sits(
    signed: str, worker: Any, centre: Any, chief: Any
) -> None:
    community = centre(12, "duty_leader")
    do(worker, signed, "escalate", reason="社区解决不了")
    do(centre(9), signed, "request", **asks("suspend"))
    assert "decide" not in may(community, signed)
    assert "decide" in may(chief, signed)


def test_what_a_desk_was_to_decide_ends_when_the_case_leaves_its_level(
    signed: str, worker: Any, centre: Any, chief: Any
) -> None:
    community = centre(12, "duty_leader")
    do(worker, signed, "request", **asks("void"))
    do(worker, signed, "correct", reason="更急", urgency="urgent")
    task = task_of(community, signed, "void")
    do(worker, signed, "escalate", reason="社区解决不了")
    assert waiting(chief, signed) == []
    problem = tries(community, signed, "decide", task=task, granted=True, reason="同意")
    refused(problem, 409, "not_yours_to_do")
    assert seen(chief, signed)["state"] == "accepted"


def test_a_request_is_asked_once_and_decided_once(signed: str, worker: Any, chief: Any) -> None:
    do(worker, signed, "request", **asks("extend"))
    refused(tries(worker, signed, "request", **asks("extend")), 409, "already_asked")
    task = task_of(chief, signed, "extend")
    do(chief, signed, "decide", task=task, granted=False, reason="不同意")
    late = command("decide", None, task=task, granted=True, reason="同意")
    del late["version"]
    assert chief.act(signed, late).status_code == 409
    do(worker, signed, "request", **asks("extend"))


def test_a_task_of_another_case_is_not_decided_here(send: Any, worker: Any, chief: Any, signed: str) -> None:
    other = send()["case_id"]
    do(worker, signed, "request", **asks("void"))
    do(worker, other, "request", **asks("void"))
    task = task_of(chief, other, "void")
    refused(tries(chief, signed, "decide", task=task, granted=True, reason="同意"), 422, "unknown_task")


# More time


def test_K1_more_time_moves_the_limit_and_its_light(
    signed: str, worker: Any, chief: Any, desk: Any, clock: Any, at: Any
) -> None:
    fields = asks("extend")
    do(worker, signed, "request", **fields)
    assert seen(chief, signed)["tasks"][0]["reason"] == "等配件"
    assert seen(chief, signed)["tasks"][0]["until"][:16] == fields["until"][:16]
    done = do(chief, signed, "decide", task=task_of(chief, signed, "extend"), granted=True, reason="同意")
    until = datetime.fromisoformat(fields["until"])
    assert clock(signed, "handle")[0] == until
    assert datetime.fromisoformat(done["case"]["due_at"]) == pytest.approx(until, abs=SECOND)
    at(until - timedelta(hours=1))
    assert seen(desk, signed)["light"] == "yellow"
    at(until + timedelta(hours=1))
    assert seen(desk, signed)["light"] == "red"


def test_more_time_ends_after_the_present_limit(signed: str, worker: Any, desk: Any, row_of: Any) -> None:
    due = datetime.fromisoformat(seen(desk, signed)["due_at"])
    for until in (due - timedelta(minutes=1), datetime.now(UTC) - timedelta(days=1)):
        fields = {"request": "extend", "reason": "不够", "until": until.isoformat()}
        before = row_of(signed)
        refused(tries(worker, signed, "request", **fields), 422, "until_past")
        assert row_of(signed) == before


def test_more_time_is_asked_while_it_is_in_work_and_no_longer_waits_when_it_is_handled(
    case: str, worker: Any, desk: Any, mate: Any, chief: Any
) -> None:
    refused(tries(worker, case, "request", **asks("extend")), 409, "not_allowed_now")
    do(worker, case, "sign")
    do(worker, case, "request", **asks("extend"))
    do(worker, case, "request", **asks("suspend"))
    do(worker, case, "handle", **HANDLED)
    assert waiting(desk, case) == []
    assert case not in chief.tasks()


def test_what_was_asked_until_a_day_that_has_gone_by_is_not_granted_any_more(
    signed: str, worker: Any, chief: Any, at: Any
) -> None:
    do(worker, signed, "request", **asks("extend", 20))
    task = task_of(chief, signed, "extend")
    at(datetime.now(UTC) + timedelta(days=21))
    refused(tries(chief, signed, "decide", task=task, granted=True, reason="同意"), 422, "until_past")
    assert do(chief, signed, "decide", task=task, granted=False, reason="晚了")["state"] == "signed"


# Suspended


def test_K1_while_suspended_the_clock_stands_still_and_goes_on_with_what_was_left(
    signed: str, worker: Any, chief: Any, desk: Any, clock: Any, at: Any, conn: Any
) -> None:
    until = datetime.now(UTC) + timedelta(days=10)
    do(worker, signed, "request", request="suspend", reason="等配件", until=until.isoformat())
    done = do(chief, signed, "decide", task=task_of(chief, signed, "suspend"), granted=True, reason="同意")
    assert (done["state"], done["case"]["light"]) == ("suspended", "grey")
    assert datetime.fromisoformat(done["case"]["due_at"]) == pytest.approx(until, abs=SECOND)
    due, paused, left, working = clock(signed, "handle")
    assert working
    assert left == conn.execute("select seconds_between_v1('3601', %s, %s, true)", (paused, due)).fetchone()[0]
    at(until - timedelta(hours=1))
    sweep(conn, "3601")
    assert seen(desk, signed)["state"] == "suspended"
    at(until + timedelta(minutes=1))
    sweep(conn, "3601")
    after = seen(desk, signed)
    assert (after["state"], after["step"], after["timeline"][-1]["by"]["name"]) == ("signed", "handle", "系统")
    (expected,) = conn.execute(
        "select after_v1('3601', at, %s, true) from events where case_id = %s and action = 'resume'", (left, signed)
    ).fetchone()
    assert datetime.fromisoformat(after["due_at"]) == pytest.approx(expected, abs=SECOND)
    assert clock(signed, "handle")[1:3] == (None, None)
    assert worker.tasks()[signed] == "handle"


def test_the_desk_takes_it_up_again_before_its_day(suspended: str, desk: Any, worker: Any) -> None:
    assert may(worker, suspended) == {"contact", "progress", "ask_expert", "request"}
    refused(tries(worker, suspended, "resume"), 409, "not_yours_to_do")
    done = do(desk, suspended, "resume", reason="配件到了")
    assert (done["state"], done["case"]["assignee"]["post_id"]) == ("signed", str(worker.post_id))
    do(worker, suspended, "handle", **HANDLED)


@pytest.mark.parametrize("state", ["accepted", "dispatched"])
def test_a_case_goes_on_in_the_state_where_it_was_suspended(
    state: str, case: str, worker: Any, desk: Any, chief: Any
) -> None:
    if state == "accepted":
        do(worker, case, "return", reason="不是我的")
    do(desk, case, "request", **asks("suspend"))
    do(chief, case, "decide", task=task_of(chief, case, "suspend"), granted=True, reason="同意")
    done = do(desk, case, "resume")
    assert done["state"] == state
    assert done["case"]["due_at"] is not None


def test_K2_the_rapid_limit_of_dispatching_never_stands_still(
    case: str, worker: Any, desk: Any, chief: Any, clock: Any
) -> None:
    do(worker, case, "return", reason="不是我的")
    due = clock(case, "dispatch")[0]
    do(desk, case, "request", **asks("suspend"))
    do(chief, case, "decide", task=task_of(chief, case, "suspend"), granted=True, reason="同意")
    do(desk, case, "resume")
    assert clock(case, "dispatch")[0] == due


def test_more_time_that_waits_while_it_is_suspended_does_not_change_the_day(
    signed: str, worker: Any, chief: Any, desk: Any
) -> None:
    do(worker, signed, "request", **asks("extend", 30))
    do(worker, signed, "request", **asks("suspend", 10))
    do(chief, signed, "decide", task=task_of(chief, signed, "suspend"), granted=True, reason="同意")
    assert waiting(desk, signed) == []


@pytest.mark.parametrize("state", ["handled", "suspended"])
def test_what_is_handled_or_suspended_already_is_not_suspended(
    state: str, request: Any, desk: Any, row_of: Any
) -> None:
    case = request.getfixturevalue(state)
    before = row_of(case)
    refused(tries(desk, case, "request", **asks("suspend")), 409, "not_allowed_now")
    assert row_of(case) == before


# An end


@pytest.mark.parametrize("state", ["case", "signed", "handled", "suspended"])
def test_a_case_is_void_when_it_is_granted_whatever_open_state_it_is_in(
    state: str, request: Any, desk: Any, chief: Any, worker: Any, conn: Any
) -> None:
    case = request.getfixturevalue(state)
    do(desk, case, "request", **asks("void"))
    done = do(chief, case, "decide", task=task_of(chief, case, "void"), granted=True, reason="测试数据")
    assert (done["state"], done["case"]["light"], done["case"]["step"]) == ("void", None, None)
    assert (waiting(desk, case), case in worker.tasks()) == ([], False)
    assert may(desk, case) == set()
    running = conn.execute("select count(*) from clocks where case_id = %s and stopped_at is null", (case,))
    assert running.fetchone() == (0,)


def test_P8_residents_read_that_it_waits_or_is_void_and_nothing_of_the_request(
    send: Any, worker: Any, chief: Any, desk: Any, resident: Any
) -> None:
    receipt = send()
    case, code = receipt["case_id"], receipt["receipt_code"]
    do(worker, case, "request", request="suspend", reason="要等上级拨款", until=ahead(5))
    assert [step["key"] for step in course(resident, code)["steps"]] == ["report", "accept", "dispatch"]
    do(chief, case, "decide", task=task_of(chief, case, "suspend"), granted=True, reason="情况属实")
    told = course(resident, code)
    assert (told["state_name"], told["steps"][-1]["name"]) == ("暂时办不了，会再看", "暂时办不了，到期再看")
    for words in ("要等上级拨款", "情况属实"):
        assert words not in str(told)


def test_K3_a_request_that_nobody_decides_is_overdue_once(
    signed: str, worker: Any, chief: Any, desk: Any, at: Any, conn: Any
) -> None:
    do(worker, signed, "request", **asks("void"))
    (task,) = seen(chief, signed)["tasks"]
    at(datetime.fromisoformat(task["due_at"]) + timedelta(minutes=1))
    sweep(conn, "3601")
    sweep(conn, "3601")
    late = [step["detail"] for step in seen(desk, signed)["timeline"] if step["action"] == "overdue"]
    assert late.count("申请作废") == 1


@pytest.mark.parametrize("who", ["mate", "outsider"])
def test_only_the_assignee_and_the_desk_ask(who: str, signed: str, request: Any, enter: Any) -> None:
    if who == "mate":
        refused(tries(request.getfixturevalue("mate"), signed, "request", **asks("void")), 409, "not_yours_to_do")
    else:
        stranger = enter("grid_worker", "360102002001001")
        refused(tries(stranger, signed, "request", **asks("void")), 404, "not_found")
        assert ok(stranger.get("/cases"))["items"] == []


def test_the_logs_of_all_these_cases_hold() -> None:
    assert examine() == []
