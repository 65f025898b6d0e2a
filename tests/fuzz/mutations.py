"""Bodies made wrong in one place, as the description of the operation has it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from hypothesis import strategies as st

Schema = dict[str, Any]
Path = tuple[Any, ...]

_VALUES: dict[str, list[Any]] = {
    "null": [None],
    "boolean": [True, False],
    "integer": [0, -1, 2**31, 2**63, -(2**63) - 1, 10**400],
    "number": [1.5, -1e-308, 1.7e308],
    "string": ["", "x", "1", "true", "null", "2026-13-45T99:99:99Z", "\n"],
    "array": [[], [[]], [None], [{}]],
    "object": [{}, {"": None}, {"$ref": "#"}, {"__proto__": {}}],
}


class Wrong(NamedTuple):
    """A place in a body, and what stands there instead of what should."""

    path: Path
    value: Any

    def put(self, body: Any) -> Any:
        """The body made wrong; `path` may end in a member that was not there."""
        made = copy.deepcopy(body)
        if not self.path:
            return self.value
        inner = made
        for step in self.path[:-1]:
            inner = inner[step]
        if self.value is MISSING:
            inner.pop(self.path[-1], None)
        else:
            inner[self.path[-1]] = self.value
        return made


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()


def resolved(document: Schema, schema: Schema, body: Any = None) -> Schema:
    """The schema behind references; of several that may be null the one that is not, of actions that of the body."""
    if "$ref" in schema:
        return resolved(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], body)
    if "discriminator" in schema:
        return resolved(document, {"$ref": schema["discriminator"]["mapping"][body["action"]]})
    if "anyOf" in schema:
        inner = next(part for part in schema["anyOf"] if part.get("type") != "null")
        found = resolved(document, inner, body)
        return {**found, "type": [found.get("type", "object"), "null"]}
    return schema


def places(document: Schema, schema: Schema, body: Any, path: Path = ()) -> Iterator[tuple[Path, Schema]]:
    """Every place of a body that the schema speaks of, with the schema of what belongs there."""
    here = resolved(document, schema, body)
    yield path, here
    if isinstance(body, dict):
        for name, inner in here.get("properties", {}).items():
            yield from places(document, inner, body.get(name), (*path, name))
    elif isinstance(body, list) and body and "items" in here:
        yield from places(document, here["items"], body[0], (*path, 0))


def _types(schema: Schema) -> set[str]:
    said = schema.get("type", list(_VALUES))
    return {said} if isinstance(said, str) else set(said)


def _of_another_type(schema: Schema) -> list[Any]:
    allowed = _types(schema)
    allowed |= {"integer"} if "number" in allowed else set()
    if schema.get("type") is None:
        return []
    return [value for kind, values in _VALUES.items() if kind not in allowed for value in values
            if not (kind == "number" and "integer" in allowed and float(value).is_integer())]  # fmt: skip


def _out_of_bounds(schema: Schema) -> Iterator[Any]:
    if "maxLength" in schema:
        yield "长" * (schema["maxLength"] + 1)
    if schema.get("minLength"):
        yield ""
    if "pattern" in schema:
        yield "\n\t"
    if "enum" in schema:
        yield "none of these"
    if schema.get("format") in ("uuid", "date", "date-time"):
        yield from ("0000", "2026-02-30", "9999999999-01-01T00:00:00Z", "{" + "0" * 36 + "}")
    if "maximum" in schema:
        yield from (schema["maximum"] + 1, 10**400)
    if "minimum" in schema:
        yield from (schema["minimum"] - 1, -(10**400))
    if "maxItems" in schema:
        yield [str(number) for number in range(schema["maxItems"] + 1)]


def wrongs(document: Schema, schema: Schema, body: Any) -> list[Wrong]:
    """Everything that can be wrong in one place of this body."""
    found: list[Wrong] = []
    for path, here in places(document, schema, body):
        found += [Wrong(path, value) for value in (*_of_another_type(here), *_out_of_bounds(here))]
        inner = _at(body, path)
        if here.get("additionalProperties") is False and isinstance(inner, dict):
            found += [Wrong((*path, name), 1) for name in ("unknown", "__class__", "", "id ")]
            found += [Wrong((*path, name), MISSING) for name in here.get("required", ())]
    return found


def _at(body: Any, path: Path) -> Any:
    for step in path:
        if isinstance(body, dict):
            body = body.get(step)
        elif isinstance(body, list) and len(body) > step:
            body = body[step]
        else:
            return None
    return body


def texts(document: Schema, schema: Schema, body: Any) -> list[Path]:
    """Where people may write what they like."""
    free = ("enum", "pattern", "format")
    return [
        path
        for path, here in places(document, schema, body)
        if path and "string" in _types(here) and "type" in here and not any(word in here for word in free)
    ]


def several(document: Schema, schema: Schema, body: Any) -> st.SearchStrategy[list[Wrong]]:
    """Up to four of them at once."""
    return st.lists(st.sampled_from(wrongs(document, schema, body)), min_size=1, max_size=4)


def shown(value: Any) -> str:
    """A body or part of it, short enough for a message."""
    text = json.dumps(value, ensure_ascii=True, default=repr)
    return text if len(text) < 300 else f"{text[:200]}... ({len(text)} characters)"
