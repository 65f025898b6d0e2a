"""Rate limits count callers, tell when to come back, and stand open when their storage is down."""

from __future__ import annotations

import time

import pytest
from flask import Flask
from flask_login import LoginManager

from gezhi.http import problems
from gezhi.http.limits import Allowance, client_ip, limiter

pytestmark = pytest.mark.usefixtures("database")


def small_app(storage: str = "memory://") -> Flask:
    app = Flask("limits")
    LoginManager(app).request_loader(lambda _request: None)
    app.config["RATELIMIT_STORAGE_URI"] = storage
    problems.init_app(app)
    limiter.init_app(app)
    of_device, of_address = Allowance("device", "3 per minute"), Allowance("address", "5 per minute", client_ip)

    @app.post("/")
    def view():
        of_device.spend()
        of_address.spend()
        return "taken"

    return app


def statuses(app, times, device="one", address="10.0.0.1"):
    client = app.test_client()
    headers = {"X-Gezhi-Device": device, "X-Forwarded-For": f"6.6.6.6, {address}"}
    return [client.post("/", headers=headers).status_code for _ in range(times)]


def test_the_fourth_of_three_is_refused_with_the_time_to_wait():
    app = small_app()
    assert statuses(app, 4) == [200, 200, 200, 429]
    answer = app.test_client().post("/", headers={"X-Gezhi-Device": "one", "X-Forwarded-For": "10.0.0.1"})
    assert answer.get_json()["code"] == "too_many_requests"
    assert 1 <= int(answer.headers["Retry-After"]) <= 61
    assert answer.headers["Retry-After"] in answer.get_json()["detail"] + answer.get_json()["action"]


def test_devices_count_apart_but_an_address_has_a_ceiling_over_all_their_names():
    app = small_app()
    assert statuses(app, 2, "one") + statuses(app, 2, "two") == [200] * 4
    assert statuses(app, 2, "three") == [200, 429]
    assert statuses(app, 1, "four", "10.0.0.2") == [200]


def test_a_forged_first_entry_of_the_forwarding_does_not_make_a_new_caller():
    app = small_app()
    client = app.test_client()
    answers = [client.post("/", headers={"X-Forwarded-For": f"{n}.1.1.1, 10.0.0.9"}).status_code for n in range(4)]
    assert answers == [200, 200, 200, 429]


def test_checking_counts_nothing():
    app = small_app()
    allowance = Allowance("check", "1 per minute", lambda: "somebody")
    with app.app_context():
        for _ in range(3):
            allowance.check()
        allowance.spend()
        with pytest.raises(problems.Problem):
            allowance.check()
        with pytest.raises(problems.Problem):
            allowance.spend()


def test_reports_go_on_when_the_storage_is_down():
    app = small_app("redis://127.0.0.1:1/0")
    started = time.monotonic()
    assert statuses(app, 5) == [200] * 5
    assert time.monotonic() - started < 5
