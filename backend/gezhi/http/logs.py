"""Logs: one JSON object a line, and nothing personal in any of them.

Personal data is kept out three ways: keys that carry it are dropped whoever logs them, phone numbers and addresses with
receipt codes are masked in every text, and exceptions are told by type and place only, never by their message, since
messages quote what people typed.
"""

from __future__ import annotations

import io
import logging
import re
import sys
import traceback
import unicodedata
from collections.abc import MutableMapping
from typing import Any

import structlog

PERSONAL = frozenset(
    {"name", "account", "phone", "text", "address", "reply", "note", "comment", "summary", "password", "code", "secret",
     "receipt_code", "token", "cookie", "authorization", "endpoint", "query_string", "body", "url", "lng", "lat"}
)  # fmt: skip

_GAP = r"[\s\-‐-―().·]{0,2}"  # what people.phones takes off when a number is typed
_NUMBERS = (
    rf"(?:(?:\+|00)?86{_GAP})?1{_GAP}[3-9](?:{_GAP}\d){{9}}",
    rf"0{_GAP}(?:1{_GAP}0|2{_GAP}\d){_GAP}[2-9](?:{_GAP}\d){{7}}",  # landlines: area code and number
    rf"0{_GAP}[3-9](?:{_GAP}\d){{2}}{_GAP}[2-9](?:{_GAP}\d){{6,7}}",
    rf"(?:\+|00)86{_GAP}[1-9](?:{_GAP}\d){{8,10}}",  # and from abroad, without the 0
)
_MASKS = (
    # Not in the middle of a number, nor from one group of a UUID into the next.
    (re.compile(rf"(?<!\d)(?<![0-9a-f]-)\(?(?:{'|'.join(_NUMBERS)})(?!\d)"), "<phone>"),
    (re.compile(r"(?<=/reports/)[A-Za-z0-9]{8}|(?<=/r/)[A-Za-z0-9]{8}"), "<code>"),
    (re.compile(r"\?[^\s\"'=]+=[^\s\"']*"), "?<query>"),
)


def masked(text: str) -> str:
    """The text without phone numbers, receipt codes in addresses and query strings; full-width digits are digits."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return text


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {key: _clean(inner) for key, inner in value.items() if key not in PERSONAL}
    if isinstance(value, (list, tuple)):
        return [_clean(inner) for inner in value]
    return value


def keep_private(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: drop and mask personal data."""
    return {key: _clean(value) for key, value in event.items() if key not in PERSONAL}


def _told(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    told: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "at": [f"{frame.filename.rpartition('/site-packages/')[2]}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if sqlstate := getattr(getattr(error, "orig", error), "sqlstate", None):
        told["sqlstate"] = sqlstate
    if error.__cause__ is not None:
        told["because"] = _told(error.__cause__)
    return told


def tell_exception(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: `exc_info` as type and places, without messages or values."""
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    if isinstance(found, tuple):
        found = found[1]
    if isinstance(found, BaseException):
        event["error"] = _told(found)
    return event


class _StandardError(io.StringIO):
    """Whatever standard error is at the moment of writing: commands and tests replace it while loggers live on."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


_ERROR = _StandardError()
_access: list[Any] = []


def request_line(method: str, rule: str, status: int, seconds: float, request_id: str) -> None:
    """One line for an answered request. Its values cannot be personal (`rule` is the route's pattern), so it skips the
    masking and the standard library: 8 us instead of 30 on the hot route."""
    for logger in _access:
        logger.info("request", method=method[:8], rule=rule, status=status, ms=round(seconds * 1e3, 1), id=request_id)


def configure(level: str = "INFO") -> None:
    """Send structlog's and the standard library's records to standard error as private JSON lines."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        tell_exception,
        keep_private,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(_ERROR)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ],
        )
    )
    _access[:] = [
        structlog.wrap_logger(
            structlog.WriteLogger(_ERROR),
            processors=[
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            wrapper_class=structlog.make_filtering_bound_logger(level),
        ).bind(logger="gezhi.access", level="info")
    ]
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("alembic", "flask-limiter", "werkzeug", "PIL", "procrastinate"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
