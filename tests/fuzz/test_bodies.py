"""Whatever is sent as a body to whichever door: a clear no, no failure, bounded memory, and others hardly notice."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from gezhi.db import uuid7
from tests.cases.helpers import SHA, report
from tests.conftest import ROOT
from tests.contract.wire import Processes
from tests.contract.world import SENDING, V1, Sent, World, send
from tests.fuzz.bodies import JSON, KINDS, TRICKS, UNREADABLE, dumped
from tests.fuzz.mutations import Wrong, several, shown, texts, wrongs

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


def body_of(described: dict[str, Any], name: str) -> dict[str, Any]:
    """What the description says of an operation's body."""
    method, _, path = name.partition(" ")
    body: dict[str, Any] = described["paths"][path][method.lower()]["requestBody"]
    return body


def schema_of(described: dict[str, Any], name: str) -> dict[str, Any]:
    """The schema of an operation's body."""
    schema: dict[str, Any] = body_of(described, name)["content"][JSON]["schema"]
    return schema


def test_every_operation_that_takes_json_is_sent_some(described: dict[str, Any]) -> None:
    taking = {
        f"{method.upper()} {path}"
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
        if method != "parameters" and JSON in operation.get("requestBody", {}).get("content", {})
    }
    assert taking == set(SENDING)


@pytest.mark.parametrize("name", SENDING)
def test_what_is_sent_as_it_should_be_is_taken(name: str, world: World) -> None:
    """Otherwise a no in the tests below would say nothing."""
    answer = send(name, SENDING[name](world))
    assert answer.status_code in ((401,) if name.endswith("/session") else (200, 201, 204)), answer.json


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SENDING)
def test_what_cannot_be_read_is_refused_at_every_door(
    name: str, sending: dict[str, Sent], described: dict[str, Any], processes: Processes
) -> None:
    sent = sending[name]
    taken = dumped(sent.body)
    for what, made in UNREADABLE.items():
        # Where a body may be left out, leaving it out is no fault of the body's.
        statuses = REFUSED if body_of(described, name).get("required") or made(taken) else {403}
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
        # Under a new id each: what was taken once must not be refused for its id the next time.
        again = {**sent.body, "id": str(uuid7())} if "id" in sent.body else sent.body
        is_clear(raw(processes, name, sent, dumped(wrong.put(again))), what, REFUSED)


@pytest.mark.timeout(600)
def test_several_wrong_members_at_once_and_texts_of_all_kinds_never_fail(
    sending: dict[str, Sent], described: dict[str, Any], processes: Processes
) -> None:
    tricks = st.sampled_from(list(TRICKS.values())) | st.text(max_size=200)

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @hypothesis.given(st.data())
    def play(data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(SENDING)))
        sent, schema = sending[name], schema_of(described, name)
        body = sent.body
        for path in texts(described, schema, sent.body):
            if data.draw(st.booleans()):
                body = Wrong(path, data.draw(tricks)).put(body)
        if data.draw(st.booleans()):
            for wrong in data.draw(several(described, schema, sent.body)):
                with contextlib.suppress(KeyError, IndexError, TypeError, AttributeError):  # its place is gone
                    body = wrong.put(body)
        answer = raw(processes, name, sent, dumped(body))
        assert answer.status_code < 500, shown(body)
        if answer.status_code >= 400:
            is_clear(answer, shown(body), LATER)

    play()


def test_a_queue_has_a_clear_no_for_what_is_wrong_and_takes_what_is_right(
    world: World, described: dict[str, Any]
) -> None:
    """Each command of a queue made wrong in each place: one faulty one stops no other (rule C6)."""
    name = f"POST {V1}/commands"
    kinds = {
        "report": {"$ref": "#/components/schemas/ReportSent"},
        "action": schema_of(described, f"POST {V1}/cases/{{case_id}}/actions"),
        "note": schema_of(described, f"POST {V1}/reports/{{receipt}}/notes"),
        "join": {"$ref": "#/components/schemas/JoinSent"},
    }
    sent = SENDING[name](world)
    for command in sent.body["commands"]:
        outer = {key: command[key] for key in _OF_THE_QUEUE if key in command and key not in _said_by(command)}
        inner = {key: value for key, value in command.items() if key not in outer}
        tried = wrongs(described, kinds[command["kind"]], inner)
        for start in range(0, len(tried), 49):
            few = tried[start : start + 49]
            queue = [_renamed({**outer, **wrong.put(inner)}, wrong) for wrong in few if wrong.path]
            good = {"kind": "report", **report([SHA])}
            answer = send(name, sent, {"commands": [*queue, good]})
            assert answer.status_code == 200, answer.json
            *results, last = answer.json["results"]
            for faulty, result in zip(queue, results, strict=True):
                assert result["status"] in REFUSED, f"{shown(faulty)}: {result}"
                assert result["body"]["detail"]
            assert last["status"] in (201, 429), last


_OF_THE_QUEUE = ("kind", "case_id", "receipt_code", "secret")
"""What a command says beside the body that it would have at its own door."""


def _said_by(command: dict[str, Any]) -> set[str]:
    """What of it the door takes too."""
    return {"secret"} if command["kind"] in ("report", "join") else set()


def _renamed(command: dict[str, Any], wrong: Wrong) -> dict[str, Any]:
    return command if wrong.path == ("id",) else {**command, "id": str(uuid7())}


@contextlib.contextmanager
def neighbour(processes: Processes) -> Iterator[list[float]]:
    """Somebody else who looks at the session all the while; the seconds of each answer, when the block is over."""
    took: list[float] = []
    command = [sys.executable, "-m", "tests.fuzz.neighbour", str(processes.port)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as looking:
        time.sleep(1)  # until it has started
        yield took
        said, _ = looking.communicate()
    assert looking.returncode == 0
    took += json.loads(said)


def p95(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.95)]


@pytest.mark.timeout(600)
def test_others_hardly_notice_and_memory_is_bounded(
    sending: dict[str, Sent], processes: Processes, record_property: Callable[[str, object], None]
) -> None:
    """In turns, so that what else the machine does falls on both: nobody, then every unreadable body at one door.

    The goal is 1.5; the bound allows for a machine whose cores are busy with other things.
    """
    quiet: list[float] = []
    busy: list[float] = []
    for name in (f"POST {V1}/reports", f"POST {V1}/commands", f"POST {V1}/session"):
        with neighbour(processes) as took:
            time.sleep(2)
        quiet += took
        bodies = [made(dumped(sending[name].body)) for made in UNREADABLE.values()]
        with neighbour(processes) as took:
            end = time.monotonic() + 2
            while time.monotonic() < end:
                for body in bodies:
                    raw(processes, name, sending[name], body)
                    time.sleep(0.02)  # the tests' own work for 20 MB must not count as the server's
        busy += took
    memory = max(high for _, high in processes.memory().values())
    figures = {"p95_ratio": round(p95(busy) / p95(quiet), 2), "memory_mb": memory // 10**6}
    for figure, value in figures.items():
        record_property(f"fuzz.{figure}", value)
        print(json.dumps({"figure": f"fuzz.{figure}", "value": value, "note": f"n={len(quiet)}, {len(busy)}"}))
    assert memory < MOST_MEMORY
    assert figures["p95_ratio"] < 4
