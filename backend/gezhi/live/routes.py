"""GET /live: the stream of events in the reader's scope, as server-sent events (HTML Standard, section 9.2)."""

from __future__ import annotations

import json
import queue
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
from flask import Response, request
from psycopg_pool import PoolTimeout

from gezhi.cases import log
from gezhi.config import settings
from gezhi.db import connection
from gezhi.http.cookies import cookie
from gezhi.http.openapi import Blueprint
from gezhi.http.problems import Problem
from gezhi.live.audience import addressed, listened
from gezhi.live.hub import Full, Hub, Place, Stream, frame
from gezhi.people import sessions

KEEP_ALIVE = 15  # seconds: shorter than the idle limit of any proxy between
CHECK_SESSION = 60  # seconds
RECONNECT = 2000  # milliseconds
RESUMABLE = 2000  # events of the city; who missed more asks again for what is shown, as after every hello
BATCH = 500

blueprint = Blueprint("live", __name__, url_prefix="/api/v1", description="实时 Live")
hub = Hub()

_EVENT_ID = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")


@blueprint.get("/live")
@blueprint.doc(
    summary="实时事件流 Events in the reader's scope as they happen (server-sent events)",
    parameters=[
        {"in": "header", "name": "Last-Event-ID", "schema": {"type": "string"}},
        {"in": "query", "name": "last_event_id", "schema": {"type": "string"}},
    ],
    responses={"200": {"description": "hello, case", "content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
def live() -> Response:
    """`hello` with `as_of`, then `case` for each event; resumes after Last-Event-ID; a comment every 15 s."""
    reader = sessions.signed_in()
    token = request.cookies[cookie()[0]]
    # The browser repeats the address of the first connection, but a header of the last event: the header is newer.
    last = _place(request.headers.get("Last-Event-ID") or request.args.get("last_event_id", ""))
    try:
        stream = hub.join(reader.user_id, listened(reader))
    except Full:
        raise Problem("too_many_requests", retry_after=KEEP_ALIVE) from None
    response = Response(
        _messages(stream, token, last),
        mimetype="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
    response.call_on_close(lambda: hub.leave(stream))
    return response


def _place(event_id: str) -> Place | None:
    """The place in the log that an event id names; None for anything else."""
    found = _EVENT_ID.fullmatch(event_id)
    return (int(found[1]), int(found[2])) if found else None


def _messages(stream: Stream, token: str, last: Place | None) -> Iterator[bytes]:
    """What is written to one reader, until the session or the stream ends."""
    as_of = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    yield f"retry: {RECONNECT}\nevent: hello\ndata: {json.dumps({'as_of': as_of})}\n\n".encode()
    if last:
        yield from _missed(stream, last)
    checked = time.monotonic()
    while True:
        try:
            message = stream.waiting.get(timeout=KEEP_ALIVE)
        except queue.Empty:
            message = b": keep\n\n"
        if message is None:
            return
        if time.monotonic() - checked >= CHECK_SESSION:
            checked = time.monotonic()
            if not _still_signed_in(stream, token):
                return
        yield message


def _missed(stream: Stream, last: Place) -> Iterator[bytes]:
    """The reader's events after `last`, up to where the stream takes over."""
    missed: list[log.LoggedEvent] = []
    while last < stream.since and len(missed) < RESUMABLE:
        with connection() as lent:
            batch = log.read_since(lent, settings().city, *last, BATCH)
        if not batch:
            break
        missed += batch
        last = (batch[-1].xid, batch[-1].position)
    if last < stream.since:
        return
    for event in missed:
        if (event.xid, event.position) <= stream.since and not stream.keys.isdisjoint(addressed(event.audience)):
            yield frame(event)


def _still_signed_in(stream: Stream, token: str) -> bool:
    """Ask for the session again; posts that have changed change what the stream listens to."""
    try:
        reader = sessions.load(token)
    except (psycopg.Error, PoolTimeout):
        return True  # the database is away, which ends nobody's session
    if reader is None:
        return False
    hub.rekey(stream, listened(reader))
    return True
