"""Push subscriptions and the list of notifications, over HTTP."""

from __future__ import annotations

import uuid

import pytest

from gezhi.notify import keys
from gezhi.notify.keys import base64url
from gezhi.notify.webpush import Address
from tests.notify.push_service import Browser
from tests.notify.town import CaseLog, consume

PHONE = str(uuid.uuid4())


@pytest.fixture
def browser(app) -> Browser:
    """A browser whose push service is one of the big ones; its keys are real."""
    endpoint = f"https://fcm.googleapis.com/fcm/send/{uuid.uuid4()}"
    return Browser(Address(endpoint, keys.public_key(), base64url(uuid.uuid4().bytes)), "")


def owners(conn, browser):
    rows = conn.execute(
        "select account from subscriptions join users on users.id = user_id where endpoint = %s",
        (browser.address.endpoint,),
    )
    return [account for (account,) in rows]


def test_the_key_is_there_before_signing_in(resident):
    assert resident.get("/push/key").json == {"key": keys.public_key()}


def test_subscribing_needs_a_session(resident, browser):
    response = resident.post("/push/subscriptions", browser.body(PHONE))
    assert (response.status_code, response.json["code"]) == (401, "not_signed_in")


def test_a_browser_is_new_once_and_keeps_its_id(sign_in, browser, conn):
    worker = sign_in("grid_worker")
    first = worker.post("/push/subscriptions", browser.body(PHONE))
    again = worker.post("/push/subscriptions", browser.body(PHONE, "en"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert owners(conn, browser) == ["grid_worker"]


def test_a_shared_phone_belongs_to_who_signed_in_last(sign_in, browser, conn):
    worker, other = sign_in("grid_worker"), sign_in("handler")
    worker.post("/push/subscriptions", browser.body(PHONE))
    assert other.post("/push/subscriptions", browser.body(PHONE)).status_code == 200
    assert owners(conn, browser) == ["handler"]

    worker.call("DELETE", "/push/subscriptions", {"endpoint": browser.address.endpoint})
    assert owners(conn, browser) == ["handler"]


def test_unsubscribing_ends_it_and_may_be_repeated(sign_in, browser, conn):
    worker = sign_in("grid_worker")
    worker.post("/push/subscriptions", browser.body(PHONE))
    for _ in range(2):
        response = worker.call("DELETE", "/push/subscriptions", {"endpoint": browser.address.endpoint})
        assert (response.status_code, response.data) == (204, b"")
    assert owners(conn, browser) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("endpoint", "https://127.0.0.1/x"),
        ("endpoint", "http://fcm.googleapis.com/x"),
        ("endpoint", "https://example.com/x"),
        ("keys.p256dh", "AAAA"),
        ("keys.p256dh", base64url(b"\4" + bytes(64))),
        ("keys.auth", "AAAA"),
        ("device", "phone"),
        ("language", "fr"),
    ],
)
def test_what_is_no_subscription_is_refused_by_field(sign_in, browser, path, value):
    body = browser.body(PHONE)
    outer, _, inner = path.partition(".")
    if inner:
        body[outer][inner] = value
    else:
        body[outer] = value
    response = sign_in("grid_worker").post("/push/subscriptions", body)
    assert (response.status_code, response.json["code"], list(response.json["fields"])) == (422, "invalid", [path])


def test_an_unknown_field_is_refused(sign_in, browser):
    response = sign_in("grid_worker").post("/push/subscriptions", {**browser.body(PHONE), "extra": 1})
    assert (response.status_code, list(response.json["fields"])) == (422, ["extra"])


@pytest.fixture
def told(conn, sign_in):
    """The worker, who was told of three cases; the newest first."""
    conn.execute("truncate cases, events, notifications, consumers cascade")
    [(post,)] = conn.execute("select p.id from posts p join users u on u.id = p.user_id where account = 'grid_worker'")
    cases = [CaseLog(conn) for _ in range(3)]
    for case in cases:
        case.append("dispatch", "dispatched", {"assignee_post": post})
        consume(conn)
    return sign_in("grid_worker"), [str(case.id) for case in reversed(cases)]


def test_the_list_is_newest_first_in_pages_and_in_the_reader_s_language(told):
    worker, cases = told
    first = worker.get("/notifications?limit=2").json
    rest = worker.get(f"/notifications?limit=2&cursor={first['next_cursor']}").json
    assert [item["case_id"] for item in first["items"] + rest["items"]] == cases
    assert rest["next_cursor"] is None
    assert first["items"][0]["kind"] == "task"
    assert first["items"][0]["title"].startswith("新任务")
    english = worker.get("/notifications?limit=1", Accept_Language="en").json
    assert english["items"][0]["title"].startswith("New task")


def test_seen_is_kept_with_its_first_moment(told):
    worker, _ = told
    notification = worker.get("/notifications").json["items"][0]
    assert notification["seen_at"] is None
    seen = []
    for _ in range(2):
        assert worker.post(f"/notifications/{notification['id']}/seen", {}).status_code == 204
        seen.append(worker.get("/notifications").json["items"][0]["seen_at"])
    assert seen[0] is not None
    assert seen[0] == seen[1]


def test_P7_another_one_s_notifications_do_not_exist(told, sign_in):
    worker, _ = told
    other = sign_in("handler")
    notification = worker.get("/notifications").json["items"][0]
    assert other.get("/notifications").json["items"] == []
    assert other.post(f"/notifications/{notification['id']}/seen", {}).status_code == 404


@pytest.mark.parametrize("query", ["cursor=x", "limit=0", "limit=1000", "other=1"])
def test_a_list_that_cannot_be_meant_is_refused(sign_in, query):
    assert sign_in("grid_worker").get(f"/notifications?{query}").status_code == 422


def test_the_list_needs_a_session(resident):
    assert resident.get("/notifications").status_code == 401
