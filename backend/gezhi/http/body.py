"""Strict JSON bodies: what a phone sends is read once, in bounds, and nothing unexpected slips through."""

from __future__ import annotations

import json
import math
import re
import uuid
from datetime import datetime
from itertools import chain
from typing import Any, cast

import marshmallow
from flask import request
from marshmallow import ValidationError, fields

from gezhi.http.language import pick
from gezhi.http.problems import Problem, of_validation

MAX_BYTES = 1_000_000
MAX_DEPTH = 20


class Strict(marshmallow.Schema):
    """Base of all request schemas: unknown fields are errors."""

    class Meta:
        unknown = marshmallow.RAISE


class Uuid7(fields.Field[uuid.UUID]):
    """A UUID version 7 in its hyphenated form, as the one who made the thing made it."""

    form = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> uuid.UUID:
        if isinstance(value, str) and self.form.fullmatch(value):
            return uuid.UUID(value)
        raise ValidationError(pick("应为 UUIDv7 编号", "Not a UUID version 7."))

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else str(value)


class Sha256Hex(fields.Field[str]):
    """A SHA-256 in 64 lower-case hex digits."""

    form = re.compile(r"[0-9a-f]{64}")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if isinstance(value, str) and self.form.fullmatch(value):
            return value
        raise ValidationError(pick("应为 64 位小写十六进制校验值", "Not a SHA-256 in lower-case hex."))


class Iso(fields.Field[datetime]):
    """A moment in ISO 8601 with its offset; an aware datetime. Without an offset it is refused, never guessed."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        if isinstance(value, str) and 20 <= len(value) <= 40:
            try:
                moment = datetime.fromisoformat(value)
            except ValueError:
                moment = None
            if moment is not None and moment.tzinfo is not None:
                return moment
        raise ValidationError(pick("应为带时区的 ISO 8601 时间", "Not an ISO 8601 time with its offset."))

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Yes(fields.Boolean):
    """True or false, and nothing that resembles them: 1 is neither."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Number(fields.Float):
    """A number of JSON: digits between quotes are text."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        if not isinstance(value, int | float):
            raise self.make_error("invalid", input=value)
        return self._validated(value)


_RARE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


class _Unreadable(ValueError):
    """The body is JSON that we do not take, or not JSON."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Unreadable("duplicate key")
    return found


def _no_constant(_name: str) -> Any:
    raise _Unreadable("NaN or Infinity")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _Unreadable("number too large")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite)


def _check(value: Any) -> None:
    """Refuse what JSON allows and PostgreSQL or people do not: NUL, half characters, endless nesting.

    Level by level, each in a few passes of the interpreter's own: a visit to every value of a megabyte of numbers would
    hold up the other callers of this process for a tenth of a second.
    """
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        objects = [item for item in level if type(item) is dict]
        words = "".join(chain((item for item in level if type(item) is str), *objects))
        if "\0" in words or not _encodes(words):
            raise _Unreadable("a character that is none")
        inner = chain((item for item in level if type(item) is list), (item.values() for item in objects))
        level = list(chain.from_iterable(inner))
    if level:
        raise _Unreadable("nested too deeply")


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a character, escaped
        return False
    return True


def parse(raw: bytes) -> Any:
    """Strict JSON (RFC 8259, I-JSON RFC 7493); raises Problem bad_json naming the reason."""
    try:
        value = _DECODER.decode(raw.decode())
        # Escapes are the only way to NUL and lone surrogates, and brackets to depth: most bodies need no second look.
        if _RARE.search(raw) or raw.count(b"{") + raw.count(b"[") > MAX_DEPTH:
            _check(value)
    except _Unreadable as error:
        raise Problem("bad_json", reason=str(error)) from None
    except RecursionError:
        raise Problem("bad_json", reason="nested too deeply") from None
    except ValueError:  # malformed, not UTF-8, an integer of thousands of digits
        raise Problem("bad_json", reason="syntax") from None
    return value


def read_bytes(max_bytes: int) -> bytes:
    """The request's body; raises Problem too_large beyond `max_bytes`, whatever Content-Length says."""
    raw = b""
    if (request.content_length or 0) <= max_bytes:
        raw = request.stream.read(max_bytes + 1)
        if len(raw) <= max_bytes:
            return raw
    raise Problem("too_large", limit=f"{max_bytes // 1000:,} kB")


def read_strict(max_bytes: int) -> Any:
    """The body of this request as strict JSON; raises Problem not_json, too_large, bad_json."""
    kind = request.environ.get("CONTENT_TYPE", "")
    if kind != "application/json" and kind.partition(";")[0].strip().lower() != "application/json":
        raise Problem("not_json")
    return parse(read_bytes(max_bytes))


def read_json(schema: marshmallow.Schema, *, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """The body of this request as `schema` loads it.

    Raises Problem: not_json (Content-Type), too_large, bad_json (syntax, duplicate keys, NaN, depth over 20, NUL, lone
    surrogates), invalid (with field paths).
    """
    value = read_strict(max_bytes)
    try:
        return cast(dict[str, Any], schema.load(value))
    except ValidationError as error:
        raise of_validation(error) from None
