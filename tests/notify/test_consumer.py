"""Who is told what, once: the consumer `notify` of the event log."""

from __future__ import annotations

import psycopg
import pytest

from gezhi.db import uuid7
from gezhi.notify import consumer
from tests.notify.town import CITY, COMMUNITY, CaseLog, consume, settle


@pytest.fixture
def case(town, conn):
    return CaseLog(conn)


def told(conn, town):
    """(kind, name) of every notification."""
    names = {user: name for name, user in town.users.items()}
    rows = conn.execute("select kind, user_id from notifications order by id").fetchall()
    return sorted((kind, names[user]) for kind, user in rows)


def jobs(conn):
    return [row[0] for row in conn.execute("select args from procrastinate_jobs order by id").fetchall()]


def subscribe(conn, user, name="phone"):
    subscription = uuid7()
    conn.execute(
        "insert into subscriptions (city, endpoint_hash, id, user_id, endpoint, p256dh, auth, device, language)"
        " values (%s, %s, %s, %s, %s, '', '', %s, 'zh-CN')",
        (CITY, subscription.bytes, subscription, user, f"https://fcm.googleapis.com/{name}", uuid7()),
    )
    return subscription


def to_post(town, name, **more):
    return {"assignee_post": town.posts[name], "lead_unit": None, **more}


def test_dispatch_tells_the_assignee_and_sends_to_each_browser(conn, town, case):
    phone = subscribe(conn, town.users["worker"], "phone")
    tablet = subscribe(conn, town.users["worker"], "tablet")
    subscribe(conn, town.users["neighbour"])
    case.append("dispatch", "dispatched", to_post(town, "worker"))

    assert consume(conn) == 1
    assert told(conn, town) == [("task", "worker")]
    [job] = jobs(conn)
    assert {message[2] for message in job["messages"]} == {str(phone), str(tablet)}
    assert consume(conn) == 0


def test_a_unit_s_handlers_on_duty_are_told(conn, town, case):
    case.append("dispatch", "dispatched", {"assignee_post": None, "lead_unit": town.units["lamps"]})
    consume(conn)
    assert told(conn, town) == [("task", "handler")]


def test_reassign_tells_the_new_one_and_the_one_who_lost_it(conn, town, case):
    case.append("reassign", "dispatched", to_post(town, "neighbour", previous_post=town.posts["worker"]))
    consume(conn)
    assert told(conn, town) == [("moved", "worker"), ("task", "neighbour")]


def test_reassign_within_a_person_is_a_task_only(conn, town, case):
    case.append("reassign", "dispatched", to_post(town, "worker", previous_post=town.posts["worker"]))
    consume(conn)
    assert told(conn, town) == [("task", "worker")]


def test_handle_tells_the_verifier(conn, town, case):
    case.append("handle", "handled", {"verifier_post": town.posts["neighbour"], "verifier_region": None})
    consume(conn)
    assert told(conn, town) == [("verify", "neighbour")]


def test_handle_tells_the_desk_when_no_post_verifies(conn, town, case):
    case.append("handle", "handled", {"verifier_post": None, "verifier_region": COMMUNITY})
    consume(conn)
    assert told(conn, town) == [("verify", "dispatcher")]


def test_failed_verification_tells_the_assignee_again(conn, town, case):
    case.append("dispatch", "dispatched", to_post(town, "worker"))
    case.append("verify_fail", "dispatched", to_post(town, "worker"))
    consume(conn)
    assert told(conn, town) == [("task", "worker"), ("task", "worker")]


def test_a_delegated_case_and_a_refused_escalation_tell_who_has_it_now(conn, town, case):
    case.append("delegate", "dispatched", {"assignee_post": town.posts["handler"], "lead_unit": town.units["lamps"]})
    case.append("refuse_escalation", "dispatched", to_post(town, "worker"))
    case.append("refuse_escalation", "accepted", {"assignee_post": None, "lead_unit": None})
    consume(conn)
    assert told(conn, town) == [("task", "handler"), ("task", "worker")]


def test_whoever_a_task_waits_for_is_asked(conn, town, case):
    tasks = [
        {"id": str(uuid7()), "kind": "whistle", "post": None, "unit": town.units["lamps"], "desk": None},
        {"id": str(uuid7()), "kind": "offer", "post": town.posts["neighbour"], "unit": None, "desk": None},
        {"id": str(uuid7()), "kind": "extend", "post": None, "unit": None, "desk": COMMUNITY},
    ]
    case.append("whistle", "signed", {"tasks": tasks})
    consume(conn)
    assert told(conn, town) == [("asked", "dispatcher"), ("asked", "handler"), ("asked", "neighbour")]


def test_nobody_is_told_of_other_events(conn, town, case):
    for action, state in (
        ("report", "reported"),
        ("accept", "accepted"),
        ("sign", "signed"),
        ("verify_pass", "closed"),
    ):
        case.append(action, state, to_post(town, "worker"))
    assert consume(conn) == 4
    assert told(conn, town) == []


def test_P6_ordinary_matters_do_not_page_who_is_off_duty(conn, town, case):
    subscribe(conn, town.users["sleeper"])
    case.append("dispatch", "dispatched", to_post(town, "sleeper"))
    consume(conn)
    assert told(conn, town) == [("task", "sleeper")]
    assert jobs(conn) == []


def test_P6_urgent_matters_do(conn, town):
    subscribe(conn, town.users["sleeper"])
    CaseLog(conn, urgency="urgent").append("dispatch", "dispatched", to_post(town, "sleeper"))
    consume(conn)
    assert len(jobs(conn)) == 1


def test_a_post_that_has_ended_and_a_disabled_person_are_told_nothing(conn, town, case):
    conn.execute("update posts set ends_on = '2026-01-02' where id = %s", (town.posts["worker"],))
    conn.execute("update users set disabled_at = now() where id = %s", (town.users["neighbour"],))
    case.append("dispatch", "dispatched", to_post(town, "worker"))
    case.append("reassign", "dispatched", to_post(town, "neighbour"))
    assert consume(conn) == 2
    assert told(conn, town) == []


def test_a_crash_before_the_commit_leaves_nothing_and_loses_nothing(database, conn, town, case):
    subscribe(conn, town.users["worker"])
    case.append("dispatch", "dispatched", to_post(town, "worker"))
    settle(conn)
    with psycopg.connect(database) as doomed:
        consumer.consume(doomed, CITY)  # inside the connection's own transaction: nothing is committed yet
        assert len(jobs(doomed)) == 1
        conn.execute("select pg_terminate_backend(%s)", (doomed.info.backend_pid,))
        with pytest.raises(psycopg.OperationalError):
            doomed.commit()
    assert (told(conn, town), jobs(conn)) == ([], [])

    assert consume(conn) == 1
    assert told(conn, town) == [("task", "worker")]
    assert len(jobs(conn)) == 1


def test_events_read_again_change_nothing(conn, town, case):
    subscribe(conn, town.users["worker"])
    case.append("dispatch", "dispatched", to_post(town, "worker"))
    consume(conn)
    conn.execute("update consumers set xid = '0', position = 0")
    assert consume(conn) == 1
    assert told(conn, town) == [("task", "worker")]
    assert len(jobs(conn)) == 1


def test_a_transaction_that_commits_late_is_not_skipped(database, conn, town, case):
    later = CaseLog(conn)
    with psycopg.connect(database) as slow:
        case.append("dispatch", "dispatched", to_post(town, "worker"), on=slow)
        later.append("dispatch", "dispatched", to_post(town, "neighbour"))
        assert consumer.consume(conn, CITY) == 0  # the quick one waits behind the slow one
        slow.commit()
    assert consume(conn) == 2
    assert told(conn, town) == [("task", "neighbour"), ("task", "worker")]


def test_two_workers_do_not_tell_twice(database, conn, town, case):
    subscribe(conn, town.users["worker"])
    case.append("dispatch", "dispatched", to_post(town, "worker"))
    settle(conn)
    with psycopg.connect(database) as other:
        assert consumer.consume(other, CITY) == 1
        conn.execute("set lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            consumer.consume(conn, CITY)
        other.commit()
    assert consume(conn) == 0
    assert len(jobs(conn)) == 1
