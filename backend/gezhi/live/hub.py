"""One reader of the event log per process, and the streams it feeds.

Made for green threads (gunicorn's gevent worker patches `queue` and `threading`); it is right with real ones too.
"""

from __future__ import annotations

import json
import queue
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from gezhi.cases import log
from gezhi.config import settings
from gezhi.db import connection
from gezhi.live.audience import addressed

EVERY = 0.2  # seconds between two looks at the log
BATCH = 500
WAITING = 256  # events a slow reader may fall behind before it is let go; it comes back and resumes
STREAMS_A_USER = 10
LONGEST_PAUSE = 5.0  # seconds between two tries when the database is away

K = TypeVar("K")
logger = structlog.get_logger("gezhi.live")

Place = tuple[int, int]
"""A place in the log: (xid, position)."""


class Full(Exception):
    """The user has as many streams as one may have."""


def frame(event: log.LoggedEvent) -> bytes:
    """An event as an SSE message: ids and state, never content."""
    data = {
        "case_id": str(event.case_id),
        "seq": event.seq,
        "action": event.action,
        "state": event.state,
        "version": event.version,
        "at": event.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    return f"event: case\nid: {event.xid}-{event.position}\ndata: {json.dumps(data)}\n\n".encode()


class Stream:
    """One open stream: the keys it listens to and what waits to be written. `None` in the queue ends it."""

    __slots__ = ("keys", "since", "user_id", "waiting")

    def __init__(self, user_id: uuid.UUID, keys: frozenset[str], since: Place) -> None:
        self.user_id = user_id
        self.keys = keys
        self.since = since
        self.waiting: queue.Queue[bytes | None] = queue.Queue(WAITING)

    def let_go(self) -> None:
        """Drop what waits and end the stream; the reader resumes from the last event it got."""
        while True:
            try:
                self.waiting.get_nowait()
            except queue.Empty:
                break
        self.waiting.put_nowait(None)


class Hub:
    """The open streams of this process, found by what they listen to."""

    def __init__(self) -> None:
        self._by_key: dict[str, set[Stream]] = defaultdict(set)
        self._by_user: dict[uuid.UUID, set[Stream]] = defaultdict(set)
        self._lock = threading.RLock()
        self._reader: threading.Thread | None = None
        self._place: Place = (0, 0)

    def join(self, user_id: uuid.UUID, keys: frozenset[str]) -> Stream:
        """A new stream that gets everything after `stream.since`; raises Full."""
        self._start()
        with self._lock:
            if len(self._by_user.get(user_id, ())) >= STREAMS_A_USER:
                raise Full
            stream = Stream(user_id, keys, self._place)
            self._by_user[user_id].add(stream)
            for key in keys:
                self._by_key[key].add(stream)
            return stream

    def leave(self, stream: Stream) -> None:
        """Forget a stream; may be called twice."""
        with self._lock:
            _discard(self._by_key, stream.keys, stream)
            _discard(self._by_user, (stream.user_id,), stream)

    def rekey(self, stream: Stream, keys: frozenset[str]) -> None:
        """Let a stream listen to other keys: its user's posts have changed."""
        with self._lock:
            _discard(self._by_key, stream.keys, stream)
            stream.keys = keys
            for key in keys:
                self._by_key[key].add(stream)

    def count(self) -> int:
        """How many streams are open."""
        return sum(len(streams) for streams in self._by_user.values())

    def feed(self, events: Iterable[log.LoggedEvent]) -> None:
        """Hand settled events to the streams that listen to them."""
        with self._lock:
            for event in events:
                listeners = {stream for key in addressed(event.audience) for stream in self._by_key.get(key, ())}
                message = frame(event) if listeners else b""
                for stream in listeners:
                    try:
                        stream.waiting.put_nowait(message)
                    except queue.Full:
                        self.leave(stream)
                        stream.let_go()
                self._place = (event.xid, event.position)

    def _start(self) -> None:
        """Start the reader with the first stream: gunicorn has forked and patched by then."""
        if self._reader is not None:
            return
        with connection() as lent:
            newest = log.horizon(lent, settings().city)
        with self._lock:
            if self._reader is None:  # another stream may have been first while this one waited for the database
                self._place = newest
                self._reader = threading.Thread(target=self._read_for_ever, name="live", daemon=True)
                self._reader.start()

    def _read_for_ever(self) -> None:
        pause = EVERY
        while True:
            try:
                more = True
                while more:
                    with connection() as lent:
                        events = log.read_since(lent, settings().city, *self._place, BATCH)
                    self.feed(events)
                    more = len(events) == BATCH
                pause = EVERY
            except (psycopg.Error, PoolTimeout) as error:
                logger.warning("live.database_away", error=type(error).__name__)
                pause = min(pause * 2, LONGEST_PAUSE)
            time.sleep(pause)


def _discard(index: dict[K, set[Stream]], keys: Iterable[K], stream: Stream) -> None:
    for key in keys:
        if streams := index.get(key):
            streams.discard(stream)
            if not streams:
                del index[key]
