"""Whatever is sent as a body to whichever door: a clear no, no failure, bounded memory, and others hardly notice."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.contract.wire import Processes
from tests.contract.world import SENDING, Sent, World, send
from tests.fuzz.bodies import JSON, KINDS, TRICKS, UNREADABLE, dumped
from tests.fuzz.mutations import MISSING, resolved, several, shown, texts, wrongs

MOST_MEMORY = 400_000_000
REFUSED = {400, 413, 415, 422}
LATER = REFUSED | {401, 404, 409, 429}
"""What is wrong in one place only may be found wrong elsewhere first: a case that has gone on, an account unknown."""


def raw(processes: Processes, name: str, sent: Sent, body: bytes, kind: str = JSON) -> Any:
    """The answer to these bytes, sent as somebody who may send something there, from a device of its own."""
    method = name.partition(" ")[0]
    headers = {"X-Gezhi": "1", "X-Gezhi-Device": str(uuid.uuid4()), "Content-Type": kind,
               **{key.replace("_", "-"): value for key, value in sent.headers.items()}}  # fmt: skip
    return sent.who._client.open(f"/api/v1{sent.path}", method=method, data=body, headers=headers)


def is_clear(answer: Any, what: str, statuses: set[int]) -> None:
    """A problem that says what is wrong and what to do."""
    assert answer.status_code in statuses, f"{what}: {answer.status_code} {answer.get_data(as_text=True)[:300]}"
    assert answer.mimetype == "application/problem+json", what
    assert answer.json["detail"], what
    assert answer.json["action"], what
    assert answer.headers["Content-Security-Policy"], what


def schema_of(described: dict[str, Any], name: str) -> dict[str, Any]:
    method, _, path = name.partition(" ")
    operation = described["paths"][path][method.lower()]
    schema: dict[str, Any] = operation["requestBody"]["content"][JSON]["schema"]
    return schema


def test_every_operation_that_takes_json_is_sent_some(described: dict[str, Any]) -> None:
    taking = {
        f"{method.upper()} {path}"
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
        if JSON in operation.get("requestBody", {}).get("content", {})
    } if described else set()  # fmt: skip
    assert taking == set(SENDING)


@pytest.mark.parametrize("name", SENDING)
def test_what_is_sent_as_it_should_be_is_taken(name: str, world: World) -> None:
    """Otherwise a no in the tests below would say nothing."""
    answer = send(name, SENDING[name](world))
    assert answer.status_code in ((401,) if name.endswith("/session") else (200, 201, 204)), answer.json


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SENDING)
def test_what_cannot_be_read_is_refused_at_every_door(
    name: str, sending: dict[str, Sent], processes: Processes
) -> None:
    sent = sending[name]
    taken = dumped(sent.body)
    statuses = REFUSED | ({400, 422} if name.startswith("DELETE") else set())
    for what, made in UNREADABLE.items():
        is_clear(raw(processes, name, sent, made(taken)), f"{name} {what}", statuses)
    for kind in KINDS:
        is_clear(raw(processes, name, sent, taken, kind), f"{name} as {kind}", {415})
    assert max(high for _, high in processes.memory().values()) < MOST_MEMORY


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SENDING)
def test_a_member_that_is_not_as_described_is_refused(
    name: str, sending: dict[str, Sent], described: dict[str, Any], processes: Processes
) -> None:
    """Each wrong type, bound, form, unknown and missing member that the description has, one at a time."""
    sent, schema = sending[name], schema_of(described, name)
    tried = wrongs(described, schema, sent.body)
    assert len(tried) > 5
    for wrong in tried:
        what = f"{name} {'.'.join(map(str, wrong.path))} = {shown(wrong.value)}"
        is_clear(raw(processes, name, sent, dumped(wrong.put(sent.body))), what, LATER)


@pytest.mark.timeout(600)
def test_several_wrong_members_at_once_and_texts_of_all_kinds_never_fail(
    sending: dict[str, Sent], described: dict[str, Any], processes: Processes
) -> None:
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @hypothesis.given(st.data())
    def play(data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(SENDING)))
        sent, schema = sending[name], schema_of(described, name)
        body = sent.body
        for path in texts(described, schema, sent.body):
            if data.draw(st.booleans()):
                body = _put(body, path, data.draw(st.sampled_from(list(TRICKS.values())) | st.text(max_size=200)))
        if data.draw(st.booleans()):
            for wrong in data.draw(several(described, schema, sent.body)):
                with_wrong = _tried(lambda wrong=wrong, body=body: wrong.put(body))
                body = with_wrong if with_wrong is not None else body
        answer = raw(processes, name, sent, dumped(body))
        assert answer.status_code < 500, shown(body)
        if answer.status_code >= 400:
            is_clear(answer, shown(body), LATER)

    play()


def _put(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    from tests.fuzz.mutations import Wrong

    return Wrong(path, value).put(body)


def _tried(make: Callable[[], Any]) -> Any:
    """None where an earlier change has taken the place away."""
    try:
        return make()
    except (KeyError, IndexError, TypeError, AttributeError):
        return None
