"""The consumer `texts` of the event log: what a case says, as pairs of characters, for search.

Written behind the log, so that intake does not pay for it. A case's row is always made anew from all its texts: seeing
an event twice, or the events of two batches in any order, leads to the same row.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from gezhi.cases import log

NAME = "texts"
SAYING = ("report", "join", "add", "correct")
"""The events that change what a case says: its texts, or its address."""
BATCH = 1000

_WRITE = """
insert into case_texts (city, case_id, pairs)
select c.city, c.id, array(
         select pair from unnest(pairs_v1(c.address)) pair
         union
         select pair
           from events e join event_bodies b on b.city = e.city and b.case_id = e.case_id and b.seq = e.seq,
                unnest(pairs_v1(b.body ->> 'text')) pair
          where e.city = c.city and e.case_id = c.id and e.action = any (%(saying)s::text[]))
  from cases c where c.city = %(city)s and c.id = any (%(cases)s::uuid[])
on conflict (city, case_id) do update set pairs = excluded.pairs
"""

_AFTER = "select id from cases where city = %(city)s and id > %(last)s order by id limit %(limit)s"


def consume(connection: Connection[Any], city: str) -> int:
    """Read one batch of the log; returns how many events it held. Effects and cursor are one transaction."""
    if not log.unread(connection, city, NAME):
        return 0
    with connection.transaction():
        events = log.read(connection, city, NAME)
        if events:
            write(connection, city, sorted({event.case_id for event in events if event.action in SAYING}))
            log.advance(connection, city, NAME, events[-1])
    return len(events)


def write(connection: Connection[Any], city: str, cases: Sequence[uuid.UUID]) -> None:
    """Make the rows of these cases anew; also after one of their texts was erased."""
    if cases:
        connection.execute(_WRITE, {"city": city, "cases": list(cases), "saying": list(SAYING)}, prepare=True)


def rebuild(connection: Connection[Any], city: str) -> int:
    """Make the rows of all cases of a city anew, a batch to a transaction; returns how many. After pairs_v1 changed."""
    last, done = uuid.UUID(int=0), 0
    while found := connection.execute(_AFTER, {"city": city, "last": last, "limit": BATCH}).fetchall():
        with connection.transaction():
            write(connection, city, [row[0] for row in found])
        last, done = found[-1][0], done + len(found)
    return done
