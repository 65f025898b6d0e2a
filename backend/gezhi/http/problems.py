"""Problems as `application/problem+json` (RFC 9457): raised where they are found, written in this one place."""

from __future__ import annotations

import errno
import json
from typing import Any

import psycopg
import sqlalchemy.exc
import structlog
from flask import Flask, Response, g, has_request_context
from marshmallow import ValidationError
from psycopg_pool import PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from gezhi.http import messages
from gezhi.http.language import language
from gezhi.http.problem_table import PROBLEMS

log = structlog.get_logger("gezhi.problems")

_BY_STATUS = {400: "bad_json", 401: "not_signed_in", 404: "not_found", 405: "method_not_allowed", 413: "too_large",
              415: "not_json", 422: "invalid", 429: "too_many_requests", 503: "unavailable"}  # fmt: skip

# Gone, restarting, cancelled, deadlocked, no connection free, or a replica was promoted elsewhere.
_AWAY = (
    psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction, PoolTimeout, sqlalchemy.exc.TimeoutError,
)  # fmt: skip


class Problem(Exception):
    """A request that cannot be answered as asked.

    `code` is a key of PROBLEMS; `fields` maps paths to messages in the reader's language; `current` is the state of the
    case now; `retry_after` in seconds; `params` fill the braces of the texts.
    """

    def __init__(
        self,
        code: str,
        *,
        fields: dict[str, list[str]] | None = None,
        current: dict[str, Any] | None = None,
        retry_after: int | None = None,
        **params: Any,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.known = PROBLEMS[code]
        self.fields = fields
        self.current = current
        self.retry_after = retry_after if retry_after is not None else self.known.retry_after
        self.params = params

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.known.status

    def body(self) -> dict[str, Any]:
        """The problem's members, its texts in the reader's language."""
        said = self.known.en if language() == "en" else self.known.zh
        params = {"seconds": self.retry_after, "request_id": _request_id(), **self.params}
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": said.title,
            "status": self.known.status,
            "code": self.code,
            "detail": said.detail.format_map(_Lenient(params)),
            "action": said.action.format_map(_Lenient(params)),
        }
        if self.fields is not None:
            body["fields"] = self.fields
        if self.current is not None:
            body["current"] = self.current
        return body

    def response(self) -> Response:
        """The answer itself."""
        response = Response(
            json.dumps(self.body(), ensure_ascii=False, default=str),
            status=self.known.status,
            mimetype="application/problem+json",
        )
        if self.retry_after is not None:
            response.headers["Retry-After"] = str(self.retry_after)
        return response


class _Lenient(dict[str, Any]):
    """Texts never fail for want of a parameter: an error in telling an error helps nobody."""

    def __missing__(self, key: str) -> str:
        return ""


def _request_id() -> str:
    return str(g.get("request_id", "")) if has_request_context() else ""


def of_database(error: BaseException) -> Problem | None:
    """The problem that a database or disk error means to the caller; None when it is a fault of ours."""
    if isinstance(error, sqlalchemy.exc.DBAPIError) and error.orig is not None:
        error = error.orig
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    if full or isinstance(error, psycopg.errors.DiskFull):
        return Problem("storage_full")
    if isinstance(error, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected):
        return Problem("twin_in_flight")
    if isinstance(error, _AWAY):
        return Problem("unavailable")
    return None


def of_validation(error: ValidationError) -> Problem:
    """marshmallow's complaint as the problem `invalid`, with paths like `place.lng`."""
    return Problem("invalid", fields=messages.fields(error.messages))


def _of_http(error: HTTPException) -> Problem:
    data = getattr(error, "data", None) or {}  # webargs keeps its messages here, by location
    if located := data.get("messages"):
        return Problem("invalid", fields=messages.fields({k: v for part in located.values() for k, v in part.items()}))
    code = _BY_STATUS.get(error.code or 500)
    if code is None:
        code = "bad_json" if (error.code or 500) < 500 else "internal"
    return Problem(code, reason=error.name, limit="20 MB")


def answer(error: BaseException) -> Problem:
    """The problem for any exception. What is not foreseen is logged (never its message: it may name a person)."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, ValidationError):
        return of_validation(error)
    if isinstance(error, HTTPException):
        return _of_http(error)
    if found := of_database(error):
        log.warning("database", problem=found.code, exc_info=error)
        return found
    log.error("failed", exc_info=error)
    return Problem("internal")


def respond(error: Exception) -> Response | HTTPException:
    """What Flask is to answer for an exception."""
    if isinstance(error, HTTPException) and (error.code is None or error.code < 400):
        return error  # redirects are answers
    response = answer(error).response()
    if isinstance(error, MethodNotAllowed) and error.valid_methods:  # RFC 9110, section 15.5.6
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def init_app(app: Flask) -> None:
    """Answer every exception of `app` as a problem."""
    app.register_error_handler(HTTPException, respond)
    app.register_error_handler(Exception, respond)
