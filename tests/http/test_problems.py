"""Problems: one shape, two languages, nothing leaked."""

from __future__ import annotations

import errno
import string

import psycopg
import pytest
import sqlalchemy.exc
from flask import Flask
from marshmallow import ValidationError
from psycopg_pool import PoolTimeout
from werkzeug.exceptions import MethodNotAllowed, RequestEntityTooLarge

from gezhi.http import problems
from gezhi.http.problem_table import PROBLEMS

CANARY = "王小明 13812345678"


@pytest.fixture
def asked():
    """A small application whose only route raises what the test wants."""
    app = Flask("problems")
    problems.init_app(app)
    raised: list[BaseException] = []

    @app.get("/")
    def view():
        raise raised[0]

    def ask(error: BaseException, language: str = "zh-CN"):
        raised[:] = [error]
        return app.test_client().get("/", headers={"Accept-Language": language})

    return ask


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_problem_says_what_is_wrong_and_what_to_do_in_both_languages(code, asked):
    for language, words in (("zh-CN", PROBLEMS[code].zh), ("en", PROBLEMS[code].en)):
        named = {name for text in words for _, name, _, _ in string.Formatter().parse(text) if name}
        response = asked(problems.Problem(code, **dict.fromkeys(named, "42")), language)
        body = response.get_json()
        assert response.status_code == PROBLEMS[code].status == body["status"]
        assert response.content_type.startswith("application/problem+json")
        assert body["code"] == code
        assert all(body[part] and "{" not in body[part] for part in ("title", "detail", "action"))
        assert any("\u4e00" <= letter <= "\u9fff" for letter in body["title"]) == (language == "zh-CN")
        assert ("Retry-After" in response.headers) == (PROBLEMS[code].retry_after is not None)


def test_fields_current_and_retry_after_are_passed_on(asked):
    error = problems.Problem("stale_version", fields={"a.b": ["x"]}, current={"state": "signed"}, retry_after=7)
    response = asked(error)
    assert response.get_json()["fields"] == {"a.b": ["x"]}
    assert response.get_json()["current"] == {"state": "signed"}
    assert response.headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (psycopg.errors.LockNotAvailable(CANARY), "twin_in_flight"),
        (sqlalchemy.exc.OperationalError("select", {}, psycopg.errors.LockNotAvailable(CANARY)), "twin_in_flight"),
        (psycopg.errors.DiskFull(CANARY), "storage_full"),
        (OSError(errno.ENOSPC, CANARY), "storage_full"),
        (psycopg.errors.AdminShutdown(CANARY), "unavailable"),
        (psycopg.errors.DeadlockDetected(CANARY), "twin_in_flight"),
        (psycopg.errors.QueryCanceled(CANARY), "unavailable"),
        (PoolTimeout(CANARY), "unavailable"),
        (sqlalchemy.exc.TimeoutError(CANARY), "unavailable"),
        (psycopg.errors.UniqueViolation(CANARY), "internal"),
        (ValueError(CANARY), "internal"),
        (ValidationError({"place": {"lng": ["Not a valid number."]}}), "invalid"),
        (MethodNotAllowed(), "method_not_allowed"),
        (RequestEntityTooLarge(), "too_large"),
    ],
)
def test_what_is_raised_becomes_its_problem_and_tells_nothing_of_the_inside(error, code, asked):
    response = asked(error)
    assert response.get_json()["code"] == code
    assert "13812345678" not in response.get_data(as_text=True)


def test_a_method_that_does_not_exist_is_answered_with_those_that_do(app):
    answer = app.test_client().patch("/api/v1/session", headers={"X-Gezhi": "1"})
    assert answer.get_json()["code"] == "method_not_allowed"
    assert answer.headers["Allow"] == "DELETE, GET, HEAD, OPTIONS, POST"


def test_validation_speaks_the_readers_language_with_paths_to_the_field(asked):
    error = ValidationError(
        {"place": {"lng": ["Must be less than or equal to 180."]}, "photos": {0: ["Unknown field."]}}
    )
    assert asked(error).get_json()["fields"] == {"place.lng": ["不能大于 180"], "photos.0": ["没有这个字段"]}
    assert asked(error, "en").get_json()["fields"]["place.lng"] == ["Must be less than or equal to 180."]
