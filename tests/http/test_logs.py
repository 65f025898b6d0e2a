"""G8: no personal data in any log line, whoever writes it."""

from __future__ import annotations

import json
import logging

import pytest
import structlog

from gezhi.http import logs, metrics

NAME, PHONE, CODE, SECRET = "欧阳测试", "13912345678", "QWERTZ29", "Zm9vYmFyYmF6cXV4LXNlY3JldC1vZi1hLXBob25lLXh4"
CANARIES = (NAME, PHONE, CODE, SECRET, "139-1234-5678")


@pytest.fixture
def lines(capsys):
    """Log at DEBUG, and read what came out as JSON."""
    logs.configure("DEBUG")
    capsys.readouterr()

    def read():
        written = capsys.readouterr().err
        for canary in CANARIES:
            assert canary not in written
        return [json.loads(line) for line in written.splitlines()]

    yield read
    logs.configure("INFO")


def test_requests_full_of_personal_data_leave_none_in_the_log(app, lines):
    client = app.test_client()
    headers = {"X-Gezhi": "1", "X-Gezhi-Device": NAME.encode("unicode_escape").decode(), "X-Gezhi-Secret": SECRET,
               "User-Agent": PHONE, "Cookie": f"gezhi-8080={SECRET}", "Referer": f"http://localhost:8080/r/{CODE}",
               "X-Forwarded-For": PHONE}  # fmt: skip
    sent = {"account": NAME, "password": SECRET, "code": PHONE}
    for method, path in [
        ("GET", f"/api/v1/reports/{CODE}"), ("GET", f"/r/{CODE}"), ("GET", f"/api/v1/session?q={PHONE}&name={NAME}"),
        ("POST", "/api/v1/session"), ("POST", "/api/v1/reports"), ("GET", f"/api/v1/cases?q={NAME}"),
        ("POST", f"/api/v1/reports/{CODE}/notes"), ("DELETE", f"/{PHONE}"), ("GET", "/api/v1/places/" + NAME),
    ]:  # fmt: skip
        assert client.open(path, method=method, headers=headers, json=sent).status_code < 500
    requests = [line for line in lines() if line["event"] == "request"]
    assert len(requests) == 9
    assert {"method", "rule", "status", "ms", "id"} <= requests[0].keys()
    assert requests[0]["rule"].startswith("/api/v1/reports/<")


def test_a_failure_is_told_by_type_and_place_and_never_by_its_words(lines):
    def fail():
        phone = PHONE
        try:
            raise KeyError(f"{NAME} {phone}")
        except KeyError as error:
            raise ValueError(f"bad value {SECRET}") from error

    try:
        fail()
    except ValueError as error:
        structlog.get_logger("gezhi.test").error("failed", exc_info=error)
        logging.getLogger("somebody.else").exception("it failed")
    ours, theirs = lines()
    for line in (ours, theirs):
        assert line["error"]["type"] == "builtins.ValueError"
        assert line["error"]["because"]["type"] == "builtins.KeyError"
        assert "test_logs.py" in line["error"]["at"][-1]


def test_whoever_logs_personal_keys_or_addresses_is_masked(lines):
    log = structlog.get_logger("gezhi.test")
    log.info("a", name=NAME, phone=PHONE, detail={"text": NAME, "inner": [{"secret": SECRET}]}, count=3)
    log.info(f"GET /api/v1/reports/{CODE}?x={NAME} called by {PHONE} or 139-1234-5678")
    logging.getLogger("other").warning("open /r/%s by %s", CODE, PHONE)
    first, second, third = lines()
    assert first["count"] == 3
    assert first["detail"] == {"inner": [{}]}
    assert second["event"] == "GET /api/v1/reports/<code>?<query> called by <phone> or <phone>"
    assert third["event"] == "open /r/<code> by <phone>"


@pytest.mark.parametrize(
    "typed",
    ["079188886666", "0791-88886666", "(0791) 8888-6666", "010 6655 4433", "+86 791 88886666", "008679188886666",
     "８６１３９１２３４５６７８", "+8613912345678", "8613912345678", "139 1234 5678", "139.1234.5678", "13 9123 45678",
     "１３９１２３４５６７８", "０７９１－８８８８６６６６"],
)  # fmt: skip
def test_phone_numbers_are_masked_however_they_are_typed(lines, typed):
    structlog.get_logger("gezhi.test").info(f"call {typed}, please", tried=f"电话{typed}", at=[typed])
    line = lines()[0]
    assert line["event"] == "call <phone>, please"
    assert line["tried"] == "电话<phone>"
    assert line["at"] == ["<phone>"]


@pytest.mark.parametrize(
    "text",
    ["360102-20261120-000001", "2026-11-20T04:05:00.079188+00:00", "0191f3a2-0791-7123-8456-0123456789ab",
     "01938bd2-1391-7123-8456-79ab0191f3a2", "360102002001001", "16777216 bytes in 139 ms"],
)  # fmt: skip
def test_what_only_resembles_a_phone_number_stays(lines, text):
    structlog.get_logger("gezhi.test").info(text)
    assert lines()[0]["event"] == text


def test_numbers_that_are_no_phone_numbers_stay(lines):
    structlog.get_logger("gezhi.test").info("a", case="360102-20261120-000001", bytes=26012345678901, ms=139)
    line = lines()[0]
    assert line["case"] == "360102-20261120-000001"
    assert line["bytes"] == 26012345678901


def test_metrics_carry_patterns_of_routes_only(app, lines):
    client = app.test_client()
    client.get(f"/api/v1/reports/{CODE}")
    client.open(f"/{PHONE}", method="QWERTY")
    shown = client.get("/metrics").get_data(as_text=True)
    assert "gezhi_requests_total" in shown
    assert not any(canary in shown for canary in CANARIES)
    assert metrics.REQUESTS is not None
    lines()
