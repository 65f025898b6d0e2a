"""Clocks and lights: when each step is due, which light is on, and the overdue event that is written once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from gezhi.cases.clocks import sweep
from gezhi.cases.doctor import examine
from tests.cases.helpers import HANDLED, command, ok
from tests.cases.steps import do, seen, task_of

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
OVERDUE = "select count(*) from events where case_id = %s and action = 'overdue'"


@pytest.fixture
def clock(conn: Any) -> Any:
    """Reads the newest round of a step's clock."""

    def read(case: Any, step: str) -> Any:
        return conn.execute(
            "select started_at, due_at, stopped_at, overdue_at from clocks where case_id = %s and step = %s"
            " order by round desc limit 1",
            (case, step),
        ).fetchone()

    return read


@pytest.fixture
def age(conn: Any) -> Any:
    """Moves a case and its clocks into the past, as if that much time had gone by."""

    def move(case: Any, by: timedelta) -> None:
        conn.execute(
            "update cases set created_at = created_at - %(by)s, step_started_at = step_started_at - %(by)s,"
            " due_at = due_at - %(by)s, warn_at = warn_at - %(by)s where id = %(case)s",
            {"by": by, "case": case},
        )
        conn.execute("update clocks set due_at = due_at - %s where case_id = %s", (by, case))

    return move


@pytest.mark.parametrize(
    ("what", "sign", "handle", "verify"),
    [
        ({"category": "street_light", "danger": True}, 5 * MINUTE, 2 * HOUR, 2 * HOUR),
        ({"category": "safety"}, 10 * MINUTE, 2 * HOUR, 4 * HOUR),  # 09012 is urgent, and has a limit of its own
        ({"category": "water"}, 10 * MINUTE, 4 * HOUR, 4 * HOUR),
        ({"category": None, "matter": {"kind": "local", "code": "L2004"}}, 10 * MINUTE, 8 * HOUR, 4 * HOUR),
    ],
)
def test_K1_each_step_is_due_as_matter_and_urgency_say(
    what: dict[str, Any], sign: timedelta, handle: timedelta, verify: timedelta,
    send: Any, worker: Any, hire: Any, grid: Any, clock: Any,
) -> None:  # fmt: skip
    hire("grid_leader", grid.code)
    receipt = send(**what)
    case = receipt["case_id"]
    started, due, stopped, _ = clock(case, "sign")
    assert (due - started, stopped) == (sign, None)
    assert datetime.fromisoformat(receipt["due_at"]) == pytest.approx(due, abs=timedelta(milliseconds=1))
    ok(worker.act(case, command("sign", 3)))
    assert clock(case, "sign")[2] is not None
    started, due, *_ = clock(case, "handle")
    assert due - started == handle
    ok(worker.act(case, command("handle", 4, **HANDLED)))
    started, due, *_ = clock(case, "verify")
    assert due - started == verify


def test_K1_an_ordinary_light_is_due_in_two_working_days(send: Any, worker: Any, clock: Any, conn: Any) -> None:
    case = send()["case_id"]
    started, due, *_ = clock(case, "sign")
    assert due - started == 30 * MINUTE
    ok(worker.act(case, command("sign", 3)))
    started, due, *_ = clock(case, "handle")
    # Two working days are 15 hours of working time, summed here span by span.
    worked = conn.execute(
        "select sum(least(ends_at, %(due)s) - greatest(starts_at, %(started)s)) from working_spans"
        " where city = '3601' and ends_at > %(started)s and starts_at < %(due)s",
        {"started": started, "due": due},
    ).fetchone()[0]
    assert worked == pytest.approx(15 * HOUR, abs=timedelta(seconds=1))


def test_K2_the_desk_has_one_minute_to_accept_and_three_to_dispatch_at_any_hour(
    send: Any, desk: Any, clock: Any
) -> None:
    case = send(place=None, address="八一广场旁", category="other", photos=[])["case_id"]
    started, due, stopped, _ = clock(case, "accept")
    assert (due - started, stopped) == (MINUTE, None)
    ok(desk.act(case, command("accept", 1, matter={"kind": "matter", "code": "01037"})))
    started, due, stopped, _ = clock(case, "dispatch")
    assert (due - started, stopped) == (3 * MINUTE, None)
    assert clock(case, "accept")[2] is not None
    ok(desk.act(case, command("dispatch", 2, assignee={"post_id": str(desk.post_id)})))
    assert clock(case, "dispatch")[2] is not None


def test_K2_what_is_certain_is_accepted_and_dispatched_at_once(send: Any, clock: Any) -> None:
    case = send()["case_id"]
    for step in ("accept", "dispatch"):
        started, due, stopped, _ = clock(case, step)
        assert started == stopped < due


@pytest.mark.parametrize(
    ("gone", "light"),
    [(0.0, "green"), (0.79, "green"), (0.81, "yellow"), (0.99, "yellow"), (1.01, "red"), (9.0, "red")],
)
def test_K1_the_light_is_yellow_from_80_percent_and_red_past_the_limit(
    gone: float, light: str, send: Any, desk: Any, worker: Any, age: Any
) -> None:
    case = send()["case_id"]
    age(case, 30 * MINUTE * gone)
    assert desk.get(f"/cases/{case}").json["light"] == light
    lights = ("green", "yellow", "red", "grey")
    found = [one for one in lights if case in str(worker.get(f"/cases?light={one}").json)]
    assert found == [light]


def test_K1_a_suspended_case_is_grey_and_a_closed_one_has_no_light(
    closed: Any, case: str, desk: Any, enter: Any, conn: Any
) -> None:
    assert desk.get(f"/cases/{closed['case_id']}").json["light"] is None
    leader, day = enter("duty_leader", "3601", "centre"), datetime.now(UTC) + timedelta(days=1)
    do(desk, case, "request", request="suspend", reason="缺件", until=day.isoformat())
    task = task_of(leader, case, "suspend")
    do(leader, case, "decide", task=task, granted=True, reason="同意")
    assert desk.get(f"/cases/{case}").json["light"] == "grey"
    sweep(conn, "3601")
    assert conn.execute(OVERDUE, (case,)).fetchone() == (0,)


@pytest.fixture
def swept(conn: Any) -> Any:
    """What other tests have left overdue is written already; nothing but the step's own clock runs meanwhile."""
    sweep(conn, "3601")
    arrive = conn.execute("delete from limits where step = 'arrive' returning *").fetchall()
    yield
    for row in arrive:
        conn.execute(f"insert into limits values ({', '.join(['%s'] * len(row))})", row)


@pytest.mark.usefixtures("swept")
def test_K3_an_overdue_step_is_written_once_and_again_in_its_next_round(
    send: Any, worker: Any, desk: Any, age: Any, conn: Any, clock: Any
) -> None:
    case = send()["case_id"]
    assert sweep(conn, "3601") == 0
    age(case, HOUR)
    version = desk.get(f"/cases/{case}").json["version"]
    assert [sweep(conn, "3601") for _ in range(3)] == [1, 0, 0]
    seen = desk.get(f"/cases/{case}").json
    assert (seen["version"], seen["seq"], seen["state"]) == (version, 4, "dispatched"), "it is a note, no move"
    assert clock(case, "sign")[3] is not None
    (audience,) = conn.execute("select audience from events where case_id = %s and seq = 4", (case,)).fetchone()
    assert f"post:{worker.post_id}" in audience
    fields = {"assignee": {"post_id": str(worker.post_id)}, "reason": "重派"}
    ok(desk.act(case, command("reassign", 3, **fields)))
    assert sweep(conn, "3601") == 0
    age(case, HOUR)
    assert sweep(conn, "3601") == 1
    ok(worker.act(case, command("sign", 4)))
    assert conn.execute(OVERDUE, (case,)).fetchone() == (2,)


@pytest.mark.usefixtures("swept")
def test_K3_sweeps_at_the_same_time_write_each_overdue_event_once(
    send: Any, age: Any, conn: Any, database: str
) -> None:
    cases = [send()["case_id"] for _ in range(24)]
    for case in cases:
        age(case, HOUR)
    start = threading.Barrier(4)

    def run(_: int) -> int:
        with psycopg.connect(database, autocommit=True) as own:
            start.wait()
            return sweep(own, "3601")

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(run, range(4))) + sweep(conn, "3601") == len(cases)
    assert {conn.execute(OVERDUE, (case,)).fetchone() for case in cases} == {(1,)}


@pytest.mark.usefixtures("swept")
def test_K3_a_slow_sweep_does_not_repeat_what_a_faster_one_has_written(
    send: Any, age: Any, conn: Any, database: str
) -> None:
    """The slow one stops at its first case; what it has not locked yet is swept meanwhile by the other."""
    cases = [send()["case_id"] for _ in range(24)]
    for place, case in enumerate(cases):
        age(case, HOUR * (30 - place))
    with ThreadPoolExecutor(1) as threads, psycopg.connect(database) as brake:
        brake.execute("select from clocks where case_id = %s for update", (cases[0],))
        with psycopg.connect(database, autocommit=True) as slow:
            running = threads.submit(sweep, slow, "3601")
            waiting = "select 1 from pg_stat_activity where pid = %s and wait_event_type = 'Lock'"
            while not (running.done() or conn.execute(waiting, (slow.info.backend_pid,)).fetchone()):
                time.sleep(0.01)
            fast = sweep(conn, "3601")
            brake.rollback()
            total = fast + running.result(timeout=10)
    assert 0 < fast < len(cases)
    assert {conn.execute(OVERDUE, (case,)).fetchone() for case in cases} == {(1,)}
    assert total == len(cases)


@pytest.mark.usefixtures("swept")
def test_K3_a_case_that_somebody_is_working_on_is_left_to_the_next_sweep(
    send: Any, age: Any, conn: Any, database: str
) -> None:
    case = send()["case_id"]
    age(case, HOUR)
    with psycopg.connect(database) as other:
        other.execute("select from cases where id = %s for update", (case,))
        assert sweep(conn, "3601") == 0
        other.rollback()
    assert sweep(conn, "3601") == 1


def test_K2_K3_an_overdue_arrival_is_written_once_beside_the_step_and_the_log_holds(
    send: Any, desk: Any, conn: Any
) -> None:
    case = send()["case_id"]
    conn.execute(
        "update clocks set due_at = now() - interval '1 minute' where case_id = %s and step = 'arrive'", (case,)
    )
    assert [sweep(conn, "3601") for _ in range(2)][1] == 0
    step = seen(desk, case)["timeline"][-1]
    assert (step["action"], step["detail"], seen(desk, case)["step"]) == ("overdue", "到场", "sign")
    assert not [fault for fault in examine() if str(case) in fault]


def test_K1_a_limit_of_working_time_turns_yellow_after_80_percent_of_that_time(
    signed: str, desk: Any, conn: Any, at: Any
) -> None:
    started, warn, due = conn.execute(
        "select started_at, warn_at, due_at from clocks where case_id = %s and step = 'handle'", (signed,)
    ).fetchone()
    expected = "select after_v1('3601', %(from)s, 12 * 3600, true), after_v1('3601', %(from)s, 15 * 3600, true)"
    assert conn.execute(expected, {"from": started}).fetchone() == (warn, due)
    lights = []
    for moment in (warn - MINUTE, warn + MINUTE, due - MINUTE, due + MINUTE):
        at(moment)
        lights.append(seen(desk, signed)["light"])
    assert lights == ["green", "yellow", "yellow", "red"]
    listed = desk.get("/cases?view=scope&light=red&limit=100").json["items"]
    assert signed in [item["id"] for item in listed]


def test_K3_C5_an_overdue_event_that_a_late_sweep_writes_is_no_offline_work(
    case: str, desk: Any, conn: Any, at: Any
) -> None:
    due = datetime.fromisoformat(seen(desk, case)["due_at"])
    at(due + HOUR)
    sweep(conn, "3601")
    (step,) = [step for step in seen(desk, case)["timeline"] if step["detail"] == "签收"]
    assert (step["action"], step["offline"]) == ("overdue", False)
    assert datetime.fromisoformat(step["occurred_at"]) == due
    assert datetime.fromisoformat(step["at"]) == pytest.approx(due + HOUR, abs=timedelta(seconds=1))


def test_K2_contact_and_arrival_run_on_while_the_case_is_suspended(
    send: Any, worker: Any, enter: Any, conn: Any, at: Any, desk: Any
) -> None:
    case = send(reporter={"phone": "13870003333"})["case_id"]
    leader, day = enter("duty_leader", "3601", "centre"), datetime.now(UTC) + timedelta(days=1)
    do(worker, case, "request", request="suspend", reason="缺件", until=day.isoformat())
    do(leader, case, "decide", task=task_of(leader, case, "suspend"), granted=True, reason="同意")
    at(datetime.now(UTC) + HOUR)
    sweep(conn, "3601")
    late = {step["detail"] for step in seen(desk, case)["timeline"] if step["action"] == "overdue"}
    assert late == {"联系反映人", "到场"}


def test_the_logs_of_all_these_cases_hold_but_for_their_moved_clocks(conn: Any) -> None:
    assert [fault for fault in examine() if "due_at" not in fault and "warn_at" not in fault] == []
