"""Working a case: who wins, who is too late, what was done offline, what a desk decides."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from gezhi.cases.doctor import examine
from gezhi.db import uuid7
from tests.cases.helpers import HANDLED, command, ok, photo, refused

# Signing, and being too late


def test_C7_of_two_posts_of_a_unit_the_first_to_sign_has_it(
    case: str, desk: Any, hire: Any, unit: Any, grid: Any, row_of: Any
) -> None:
    bureau = unit("360103", "department", "lamps")
    first, second = hire("handler", "360103", bureau), hire("responder", "360103", bureau)
    ok(desk.act(case, command("reassign", 3, assignee={"unit_id": str(bureau)}, reason="归口")))
    assert first.tasks()[case] == second.tasks()[case] == "sign"
    done = ok(first.act(case, command("sign", 4)))
    assert done["case"]["assignee"]["post_id"] == str(first.post_id)
    late = refused(second.act(case, command("sign", 4)), 409, "not_allowed_now")
    assert (late["current"]["state"], late["current"]["version"], late["current"]["allowed"]) == ("signed", 5, [])
    assert second.sees(case)
    assert (case in first.tasks(), case in second.tasks()) == (True, False)


def test_C4_C6_a_stale_version_is_told_what_is_so_now_and_its_content_is_kept(
    signed: str, worker: Any, row_of: Any, conn: Any
) -> None:
    sha = worker.put_photo(photo())
    before = row_of(signed)
    sent = command("handle", 3, **HANDLED | {"photos": [sha], "note": "换了灯泡"})
    problem = refused(worker.act(signed, sent), 409, "stale_version")
    assert (problem["current"]["state"], problem["current"]["version"]) == ("signed", 4)
    assert problem["current"]["allowed"][0]["action"] == "handle"
    after = row_of(signed)
    assert after.pop("photos") == [sha], "the photo is kept with the case, for the desk to see"
    assert before | {"photos": None} == after | {"photos": None}
    kept = conn.execute("select refused, content, seq from commands where id = %s", (sent["id"],)).fetchone()
    assert kept == (
        "stale_version",
        {"outcome": "solved", "reply": "修好了", "note": "换了灯泡", "photos": [sha]},
        None,
    )
    assert worker.act(signed, sent).json == problem


def test_C4_the_same_command_again_is_answered_again_and_done_once(
    signed: str, worker: Any, mate: Any, conn: Any
) -> None:
    sent = command("handle", 4, **HANDLED)
    first, again = ok(worker.act(signed, sent)), ok(worker.act(signed, sent))
    assert {k: v for k, v in again.items() if k != "case"} == {k: v for k, v in first.items() if k != "case"}
    assert conn.execute("select count(*) from events where case_id = %s", (signed,)).fetchone() == (5,)
    for other in ({"reply": "别的"}, {"version": 5}, {"action": "sign"}):
        changed = {k: v for k, v in (sent | other).items() if other != {"action": "sign"} or k not in HANDLED}
        refused(worker.act(signed, changed), 422, "same_id_other_body")


def test_C4_an_id_used_on_one_case_is_not_another_ones(send: Any, worker: Any) -> None:
    one, other = send()["case_id"], send()["case_id"]
    sent = command("sign", 3)
    ok(worker.act(one, sent))
    refused(worker.act(other, sent), 422, "same_id_other_body")


def test_C6_P7_who_lost_a_case_gets_its_least_state_and_what_they_sent_is_kept(
    signed: str, worker: Any, desk: Any, enter: Any, conn: Any, grid: Any
) -> None:
    conn.execute("update cases set confidentiality = 'sensitive' where id = %s", (signed,))
    other = enter("grid_worker", "360102002001001")
    assert not other.sees(signed)
    moved = ok(desk.act(signed, command("reassign", 4, assignee={"post_id": str(other.post_id)}, reason="换人")))
    assert moved["state"] == "dispatched"
    assert moved["case"]["timeline"][-1]["to"] is not None
    assert other.tasks()[signed] == "sign"
    ok(other.act(signed, command("sign", 5)))  # until then the worker keeps the place safe (C10)
    sent = command("handle", 4, **HANDLED)
    problem = refused(worker.act(signed, sent), 409, "no_longer_yours")
    assert problem["current"] == {"state": "signed", "state_name": "处置中"}
    assert conn.execute("select content ->> 'reply' from commands where id = %s", (sent["id"],)).fetchone() == (
        "修好了",
    )
    assert not worker.sees(signed)


def test_P7_a_stranger_who_never_had_it_learns_nothing(case: str, enter: Any, conn: Any) -> None:
    stranger = enter("grid_worker", "360102002001002")
    sent = command("sign", 3)
    refused(stranger.act(case, sent), 404, "not_found")
    refused(stranger.act(uuid7(), command("sign", 3)), 404, "not_found")
    assert conn.execute("select count(*) from commands where id = %s", (sent["id"],)).fetchone() == (0,)


_WAITING = """
select count(*) from pg_stat_activity
 where datname = current_database() and wait_event_type = 'Lock' and query like '%act_v2%'
"""


def test_C7_eight_hands_on_one_case_one_wins_and_seven_are_told(
    case: str, desk: Any, hire: Any, unit: Any, conn: Any, database: str
) -> None:
    bureau = unit("360103", "department", "lamps")
    people = [hire("handler", "360103", bureau) for _ in range(8)]
    ok(desk.act(case, command("reassign", 3, assignee={"unit_id": str(bureau)}, reason="归口")))
    with ThreadPoolExecutor(8) as threads:
        with psycopg.connect(database) as brake:  # so that all eight are at the case before the first gets it
            brake.execute("select from cases where id = %s for update", (case,))
            sent = [threads.submit(person.act, case, command("sign", 4)) for person in people]
            while conn.execute(_WAITING).fetchone() != (8,) and not any(one.done() for one in sent):
                time.sleep(0.01)
            brake.rollback()
        answers = [one.result() for one in sent]
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert {answer.json["code"] for answer in answers if answer.status_code == 409} == {"not_allowed_now"}
    count = conn.execute("select count(*) from events where case_id = %s and action = 'sign'", (case,)).fetchone()
    assert count == (1,)


def test_C7_a_lock_held_elsewhere_is_waited_for_two_seconds_at_most(case: str, worker: Any, database: str) -> None:
    sent = command("sign", 3)
    with psycopg.connect(database) as other:
        other.execute("select from cases where id = %s for update", (case,))
        begun = time.monotonic()
        answer = worker.act(case, sent)
        waited = time.monotonic() - begun
        other.rollback()
    refused(answer, 409, "twin_in_flight")
    assert int(answer.headers["Retry-After"]) >= 1
    assert 1.5 < waited < 4
    ok(worker.act(case, sent))


# Offline


MINUTE = 60_000


def clock_of(conn: Any, case: str) -> Any:
    return conn.execute(
        "select started_at, done_at, stopped_at from clocks where case_id = %s and step = 'sign'", (case,)
    ).fetchone()


def test_C5_what_was_done_offline_counts_from_then_when_the_device_bears_it_out(
    case: str, worker: Any, desk: Any, conn: Any
) -> None:
    conn.execute("update cases set step_started_at = step_started_at - interval '1 hour' where id = %s", (case,))
    then = datetime.now(UTC) - timedelta(minutes=20)
    ok(worker.act(case, command("sign", 3) | {"occurred_at": then.isoformat(), "elapsed_ms": 20 * MINUTE}))
    step = desk.get(f"/cases/{case}").json["timeline"][-1]
    assert (step["offline"], step["claimed_at"]) == (True, None)
    assert datetime.fromisoformat(step["occurred_at"]) == pytest.approx(then, abs=timedelta(milliseconds=1))
    _, done, stopped = clock_of(conn, case)
    assert done == then
    assert stopped - done > timedelta(minutes=19)


@pytest.mark.parametrize("elapsed", [None, 0, 17 * MINUTE, 23 * MINUTE, 2**31 - 1])
def test_C5_what_the_device_does_not_bear_out_counts_at_arrival_and_both_are_shown(
    case: str, worker: Any, desk: Any, conn: Any, elapsed: int | None
) -> None:
    conn.execute("update cases set step_started_at = step_started_at - interval '1 hour' where id = %s", (case,))
    then = datetime.now(UTC) - timedelta(minutes=20)
    ok(worker.act(case, command("sign", 3) | {"occurred_at": then.isoformat(), "elapsed_ms": elapsed}))
    _, done, stopped = clock_of(conn, case)
    assert done == stopped
    step = desk.get(f"/cases/{case}").json["timeline"][-1]
    assert (step["offline"], step["occurred_at"]) == (True, step["at"])
    assert datetime.fromisoformat(step["claimed_at"]) == pytest.approx(then, abs=timedelta(milliseconds=1))


def test_C4_C5_the_same_command_sent_later_is_the_same_though_more_time_has_passed(case: str, worker: Any) -> None:
    sent = command("sign", 3)
    assert ok(worker.act(case, sent | {"elapsed_ms": 5}))["version"] == 4
    assert ok(worker.act(case, sent | {"elapsed_ms": 900_000}))["version"] == 4


@pytest.mark.parametrize(("days", "name"), [(-9000, "long ago"), (9000, "far ahead")])
def test_C5_a_phone_whose_clock_is_wrong_never_stops_a_clock_before_it_ran_or_ahead_of_time(
    case: str, worker: Any, conn: Any, days: int, name: str
) -> None:
    then = datetime.now(UTC) + timedelta(days=days)
    ok(worker.act(case, command("sign", 3) | {"occurred_at": then.isoformat()}))
    started, done, stopped = clock_of(conn, case)
    assert started <= done == stopped


def test_C5_a_report_from_a_phone_ahead_of_time_is_not_from_the_future(send: Any, desk: Any) -> None:
    ahead = datetime.now(UTC) + timedelta(days=9000)
    step = desk.get(f"/cases/{send(occurred_at=ahead.isoformat())['case_id']}").json["timeline"][0]
    assert step["occurred_at"] <= step["at"]


# The desk


def test_C1_a_desk_names_the_matter_and_the_system_dispatches(send: Any, desk: Any, worker: Any, grid: Any) -> None:
    case = send(category="other", photos=[])["case_id"]
    assert desk.tasks()[case] is None
    done = ok(desk.act(case, command("accept", 1, matter={"kind": "matter", "code": "09012"})))
    assert (done["state"], done["version"]) == ("dispatched", 3)
    assert [step["action"] for step in done["case"]["timeline"]] == ["report", "accept", "dispatch"]
    assert (done["case"]["matter"]["code"], done["case"]["urgency"]) == ("09012", "urgent")
    assert worker.tasks()[case] == "sign"


def test_C1_without_a_certain_place_the_desk_dispatches_to_a_unit(
    app: Any, send: Any, desk: Any, hire: Any, unit: Any
) -> None:
    case = send(place=None, address="八一广场旁", category="street_light")["case_id"]
    done = ok(desk.act(case, command("accept", 1, matter={"kind": "matter", "code": "01037"})))
    assert (done["state"], done["version"]) == ("accepted", 2)
    bureau = unit("360103", "department", "lamps")
    handler = hire("handler", "360103", bureau)
    refused(desk.act(case, command("dispatch", 2, assignee={"unit_id": str(uuid7())})), 422, "unknown_assignee")
    refused(desk.act(case, command("dispatch", 2, assignee={"post_id": str(uuid7())})), 422, "unknown_assignee")
    gone = hire("handler", "360103", bureau, ended=True)
    refused(desk.act(case, command("dispatch", 2, assignee={"post_id": str(gone.post_id)})), 422, "unknown_assignee")
    done = ok(desk.act(case, command("dispatch", 2, assignee={"unit_id": str(bureau)})))
    assert (done["state"], done["case"]["assignee"]["unit_id"]) == ("dispatched", str(bureau))
    assert handler.tasks()[case] == "sign"


def test_a_case_without_a_certain_place_is_offered_to_the_units_of_every_district(
    send: Any, desk: Any, conn: Any
) -> None:
    case = send(place=None, address="八一广场旁", category="other")["case_id"]
    offered = desk.get(f"/cases/{case}/assignees").json["items"]
    assert {one["post_id"] for one in offered} == {None}
    districts = conn.execute("select count(*) from regions where level = 6 and code like '3601%'").fetchone()[0]
    assert sum(one["name"].endswith("城市管理局") for one in offered) == districts == 9


def test_the_desk_is_offered_the_grids_posts_first(case: str, desk: Any, worker: Any, mate: Any) -> None:
    offered = desk.get(f"/cases/{case}/assignees").json["items"]
    assert {offered[0]["post_id"], offered[1]["post_id"]} == {str(worker.post_id), str(mate.post_id)}
    assert next(one for one in offered if one["post_id"] == str(worker.post_id))["open_tasks"] == 1


def test_the_logs_of_all_these_cases_hold(conn: Any) -> None:
    # Rows that a test has put into a state by hand differ in just that.
    assert [fault for fault in examine() if "confidentiality" not in fault] == []
