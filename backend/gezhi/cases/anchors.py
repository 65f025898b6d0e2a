"""Anchors: every ten minutes the heads of the cases that have changed, chained, with a copy outside.

A case's chain of digests shows that its events fit together; an anchor shows that they are the ones that were there:
whoever rewrites a case, takes its last event away, or the case, would have to rewrite every anchor since, and the
copies that have left the machine. The work follows what has changed, not how many cases there are.
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from obstore.exceptions import BaseError
from psycopg import Connection
from psycopg.rows import class_row, dict_row

from gezhi.cases import outside

NAME = "anchors"
EVERY = 600  # seconds
EVENTS = 50_000  # in one anchor at most; the next follows at once
PATIENCE = timedelta(hours=1)  # until a copy that cannot be kept outside is a fault
_HEAD = 16 + 4 + 32

# Whose turn it is: two workers do not write the same anchor. What is due is read after the lock is there, by another
# statement: one that has waited sees the row it locked as it is now, and all others as they were.
_LOCK = "select from consumers where city = %(city)s and name = %(name)s for update"
_TURN = """
select reader.xid::text::bigint as xid, reader.position, clock_timestamp() as at, last.number, last.digest,
       last.at is null or last.at < clock_timestamp() - make_interval(secs => %(every)s) as due
  from consumers reader left join lateral (
    select number, digest, at from anchors where city = reader.city order by number desc limit 1) last on true
 where reader.city = %(city)s and reader.name = %(name)s
"""

_UNANCHORED = """
select xid::text::bigint, position, case_id, seq, digest from events
 where city = %(city)s and (events.xid, position) > (%(xid)s::text::xid8, %(position)s)
   and events.xid < pg_snapshot_xmin(pg_current_snapshot())
 order by events.xid, position limit %(limit)s
"""

_ADD = "insert into anchors (city, number, at, heads, digest) values (%s, %s, %s, %s, %s)"
_MOVE = "update consumers set xid = %s::text::xid8, position = %s, updated_at = now() where city = %s and name = %s"

_SOME = """
select a.city, a.number, a.at, a.heads, a.digest, a.left_at, coalesce(before.digest, '') as previous
  from anchors a left join anchors before on before.city = a.city and before.number = a.number - 1
 where a.city = %(city)s and a.number > %(after)s and (a.left_at is null or not %(inside)s)
 order by a.number limit 100
"""

_REMEMBER = """
insert into anchored select * from unnest(%s::uuid[], %s::int[], %s::bytea[])
on conflict (case_id) do update set seq = excluded.seq, digest = excluded.digest where anchored.seq < excluded.seq
"""

log = structlog.get_logger("gezhi.anchors")


@dataclass(frozen=True, slots=True)
class Anchor:
    """One anchor as its row has it, with the digest of the one before.

    `heads` are 52 bytes a case: id, seq, digest, in the order of the ids.
    """

    city: str
    number: int
    at: datetime
    heads: bytes
    digest: bytes
    previous: bytes
    left_at: datetime | None

    def name(self) -> str:
        """The name of its copy outside, which says the digest: a list of names is enough to compare."""
        return f"{self.number:010d}-{self.digest.hex()}.json"

    def copy(self) -> bytes:
        """Its copy as JSON: enough to check it, and to name every case, without this database."""
        said = {
            "city": self.city,
            "number": self.number,
            "at": _seconds(self.at),
            "previous": self.previous.hex(),
            "digest": self.digest.hex(),
            "heads": base64.b64encode(self.heads).decode(),
        }
        return json.dumps(said).encode() + b"\n"

    def cases(self) -> Iterator[tuple[uuid.UUID, int, bytes]]:
        """(case, seq, digest) of each head."""
        for start in range(0, len(self.heads), _HEAD):
            head = self.heads[start : start + _HEAD]
            yield uuid.UUID(bytes=head[:16]), int.from_bytes(head[16:20]), head[20:]

    def holds(self) -> bool:
        """Whether its digest is the one of what it says."""
        return self.digest == _digest(self.previous, self.city, self.number, self.at, self.heads)


def _seconds(at: datetime) -> str:
    return f"{at.timestamp():.6f}"


def _digest(previous: bytes, city: str, number: int, at: datetime, heads: bytes) -> bytes:
    words = f"{city}|{number}|{_seconds(at)}".encode()
    return hashlib.sha256(previous + words + hashlib.sha256(heads).digest()).digest()


def turn(connection: Connection[Any], city: str, *, now: bool = False) -> int:
    """Write the next anchor when ten minutes have gone by (or `now`), and keep copies of those that have none.

    Returns how many were written; one even when nothing has changed: that too is worth knowing.
    """
    written = 0
    more = True
    while more:
        with connection.transaction():
            done, more = _write(connection, city, now=now or written > 0)
        written += done
    _leave(connection, city)
    return written


def _write(connection: Connection[Any], city: str, *, now: bool) -> tuple[bool, bool]:
    """Write one anchor; returns whether it was due, and whether events are left for another."""
    asked: dict[str, Any] = {"city": city, "name": NAME, "every": EVERY, "limit": EVENTS}
    connection.execute("insert into consumers (city, name) values (%(city)s, %(name)s) on conflict do nothing", asked)
    connection.execute(_LOCK, asked)
    with connection.cursor(row_factory=dict_row) as cursor:
        place = cursor.execute(_TURN, asked).fetchone()
    assert place is not None
    if not (now or place["due"]):
        return False, False
    events = connection.execute(_UNANCHORED, asked | place).fetchall()
    heads: dict[uuid.UUID, tuple[int, bytes]] = {}
    for _, _, case, seq, head in events:
        heads[case] = max(heads.get(case, (0, b"")), (seq, head))
    packed = b"".join(case.bytes + seq.to_bytes(4) + head for case, (seq, head) in sorted(heads.items()))
    number, previous = (place["number"] or 0) + 1, place["digest"] or b""
    digest = _digest(previous, city, number, place["at"], packed)
    connection.execute(_ADD, (city, number, place["at"], packed, digest))
    if events:
        connection.execute(_MOVE, (*events[-1][:2], city, NAME))
    return True, len(events) == EVENTS


def _leave(connection: Connection[Any], city: str) -> None:
    """Keep copies outside of all that have none; what cannot be kept now is tried again next time."""
    for anchor in _anchors(connection, city, inside=True):
        try:
            outside.keep(f"{city}/anchors/{anchor.name()}", anchor.copy())
        except (BaseError, OSError) as error:
            log.error("anchors.outside_away", error=type(error).__name__)
            return
        connection.execute(
            "update anchors set left_at = clock_timestamp() where city = %s and number = %s", (city, anchor.number)
        )


def _anchors(connection: Connection[Any], city: str, *, inside: bool) -> Iterator[Anchor]:
    """All anchors in order, or those without a copy outside; a hundred are in memory at once."""
    after = 0
    with connection.cursor(row_factory=class_row(Anchor)) as cursor:
        while rows := cursor.execute(_SOME, {"city": city, "after": after, "inside": inside}).fetchall():
            yield from rows
            after = rows[-1].number


def check(connection: Connection[Any], city: str) -> Iterator[str]:
    """Every fault of the anchors themselves, one line each; fills the temporary table `anchored` on the way.

    That table has, for each case, the last head that was anchored: (case_id, seq, digest). A head before it is in the
    case's own chain.
    """
    connection.execute("create temporary table anchored (case_id uuid primary key, seq int, digest bytea)")
    last: Anchor | None = None
    left: set[str] = set()
    waiting: set[str] = set()
    for anchor in _anchors(connection, city, inside=False):
        number = last.number + 1 if last else 1
        if anchor.number != number:
            yield f"anchor {number} is missing"
        if anchor.holds():
            connection.execute(_REMEMBER, tuple(map(list, zip(*anchor.cases(), strict=True))) or ([], [], []))
        else:
            yield f"anchor {anchor.number} was altered"
        if anchor.left_at is None and datetime.now(UTC) - anchor.at > PATIENCE:
            yield f"anchor {anchor.number} has no copy outside"
        (waiting if anchor.left_at is None else left).add(anchor.name())
        last = anchor
    yield from _compare(city, left, waiting, last)


def _compare(city: str, left: set[str], waiting: set[str], last: Anchor | None) -> Iterator[str]:
    """What differs between the anchors here and their copies outside."""
    try:
        copies = set(outside.names(f"{city}/anchors"))
        for name in sorted(copies - left - waiting):
            yield f"outside is an anchor that is not here: {name}"
        for name in sorted(left - copies):
            yield f"anchor {int(name[:10])} is not the one that was kept outside"
        if last and last.name() in copies and outside.read(f"{city}/anchors/{last.name()}") != last.copy():
            yield f"the copy of anchor {last.number} outside was altered"
    except (BaseError, OSError) as error:
        yield f"the anchors outside cannot be read: {type(error).__name__}"
