"""From the event to the browser: consumer, job, push service, and back again when it does not answer."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from gezhi import queue
from gezhi.config import settings
from gezhi.notify import consumer, keys, service
from gezhi.notify.webpush import Sender
from tests.notify.push_service import free_port
from tests.notify.town import CITY, CaseLog, consume


@pytest.fixture(autouse=True)
def own_keys(database):
    keys.private_key.cache_clear()
    yield
    keys.private_key.cache_clear()


async def _run():
    async with Sender() as sender, queue.bound_app().open_async() as app:
        await app.run_worker_async(
            queues=["push"], wait=False, listen_notify=False, additional_context={"push": sender},
            install_signal_handlers=False, delete_jobs="successful",
        )  # fmt: skip


def run_jobs():
    """Run what is due, as the worker does."""
    asyncio.run(_run())


@pytest.fixture
def case(town, conn):
    return CaseLog(conn)


@pytest.fixture
def browser(town, push_service, push_hosts):
    """The worker's phone."""
    made = push_service.subscribe(keys.public_key())
    service.subscribe(CITY, town.users["worker"], made.body(str(town.users["worker"])))
    return made


def dispatch(town, case, name="worker", **more):
    case.append("dispatch", "dispatched", {"assignee_post": town.posts[name]}, **more)
    consume(case.connection)


def waiting(conn):
    return conn.execute("select status::text, args, scheduled_at from procrastinate_jobs").fetchall()


def count(conn, table):
    return conn.execute(f"select count(*) from {table}").fetchone()[0]


def test_a_task_arrives_with_all_that_the_notification_shows(conn, town, case, browser, push_service):
    dispatch(town, case, due_at=(datetime.now(UTC) + timedelta(days=3)).isoformat())
    run_jobs()

    [text] = push_service.received(browser)
    message = json.loads(text)
    [(notification, pushed_at)] = conn.execute("select id, pushed_at from notifications").fetchall()
    assert pushed_at is not None
    assert message == {
        "id": str(notification),
        "kind": "task",
        "title": "新任务：路灯",
        "body": message["body"],
        "tag": str(case.id),
        "case_id": str(case.id),
        "url": f"/field/cases/{case.id}",
        "language": "zh-CN",
        "actions": [{"action": "sign", "title": "签收"}],
        "command": {"version": 1},
    }
    assert message["body"].startswith("民巷社区第1网格 · 请在 ")
    assert "民巷3号" not in text
    assert waiting(conn) == []


def test_each_browser_gets_its_own_language(conn, town, case, push_service, push_hosts):
    made = push_service.subscribe(keys.public_key())
    service.subscribe(CITY, town.users["worker"], made.body(str(town.users["worker"]), "en"))
    dispatch(town, case)
    run_jobs()
    message = json.loads(push_service.received(made)[0])
    assert (message["title"], message["actions"]) == ("New task: Street light", [{"action": "sign", "title": "Sign"}])


def test_who_lost_a_task_is_told_without_a_button(conn, town, case, browser, push_service):
    case.append(
        "reassign", "dispatched", {"assignee_post": town.posts["neighbour"], "previous_post": town.posts["worker"]}
    )
    consume(conn)
    run_jobs()
    [message] = map(json.loads, push_service.received(browser))
    assert (message["kind"], message["actions"]) == ("moved", [])


def test_a_task_that_is_no_longer_one_is_not_pushed(conn, town, case, browser, push_service):
    dispatch(town, case)
    case.append("sign", "signed")
    run_jobs()
    assert push_service.received(browser) == []
    assert waiting(conn) == []


def test_a_browser_that_is_gone_is_forgotten_and_its_job_ends(conn, town, case, browser, push_service):
    push_service.expire(browser)
    dispatch(town, case)
    run_jobs()
    assert count(conn, "subscriptions") == 0
    assert waiting(conn) == []
    assert count(conn, "notifications") == 1


def test_a_browser_that_belongs_to_somebody_else_by_now_gets_nothing(conn, town, case, browser, push_service):
    dispatch(town, case)
    kept, new = service.subscribe(CITY, town.users["neighbour"], browser.body(str(town.users["worker"])))
    run_jobs()
    assert not new
    assert push_service.received(browser) == []
    assert conn.execute("select id, user_id from subscriptions").fetchall() == [(kept, town.users["neighbour"])]


def test_a_push_service_that_is_down_gets_only_what_it_did_not_take(
    conn, town, case, browser, push_service, monkeypatch
):
    port = free_port()
    away = push_service.subscribe(keys.public_key()).body(str(town.users["worker"]))
    monkeypatch.setenv("PUSH_HOSTS", f"{push_service.host},localhost:{port}")
    settings.cache_clear()
    service.subscribe(CITY, town.users["worker"], {**away, "endpoint": f"http://localhost:{port}/x"})
    dispatch(town, case)
    run_jobs()

    assert len(push_service.received(browser)) == 1
    [(status, args, scheduled_at)] = waiting(conn)
    assert (status, args["attempt"], len(args["messages"])) == ("todo", 1, 1)
    assert timedelta(seconds=30) < scheduled_at - datetime.now(UTC) < timedelta(seconds=90)


def test_what_could_not_be_delivered_for_a_day_is_given_up(conn, town, case, browser, push_service):
    dispatch(town, case)
    conn.execute("update notifications set created_at = now() - interval '25 hours'")
    run_jobs()
    assert push_service.received(browser) == []
    assert waiting(conn) == []


def test_a_job_that_cannot_run_is_tried_again_later_and_stays_visible(conn, town, case, browser):
    dispatch(town, case)
    conn.execute("alter table notifications rename column pushed_at to pushed_on")
    run_jobs()
    [(status, _, scheduled_at)] = waiting(conn)
    assert status == "todo"
    assert scheduled_at > datetime.now(UTC)


def test_many_messages_are_shared_out_over_jobs(conn, town, browser):
    facts = {"assignee_post": town.posts["worker"]}
    for _ in range(consumer.MESSAGES_A_JOB + 1):
        CaseLog(conn).append("dispatch", "dispatched", facts)
    consume(conn)
    assert sorted(len(args["messages"]) for _, args, _ in waiting(conn)) == [1, consumer.MESSAGES_A_JOB]


def test_a_user_keeps_the_newest_browsers(conn, town):
    body = {"keys": {"p256dh": "", "auth": ""}, "device": town.users["worker"], "language": "en"}
    for number in range(service.BROWSERS_A_USER + 2):
        service.subscribe(CITY, town.users["worker"], {**body, "endpoint": f"https://fcm.googleapis.com/{number}"})
    endpoints = [row[0] for row in conn.execute("select endpoint from subscriptions order by created_at").fetchall()]
    assert len(endpoints) == service.BROWSERS_A_USER
    assert endpoints[-1].endswith(f"/{service.BROWSERS_A_USER + 1}")
