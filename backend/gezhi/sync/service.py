"""What a phone pulls: the list of what waits for its person, what has changed, and what is kept of what it sent."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from gezhi.cases import log, reading, views
from gezhi.catalogue.service import names
from gezhi.config import settings
from gezhi.db import connection
from gezhi.http.language import language
from gezhi.installation import sync_epoch
from gezhi.people.sessions import Actor
from gezhi.sync import cursors, queries

CASES_A_PAGE = 200
MANIFEST_AGE = timedelta(days=40)  # a phone's queue may be 30 days old
OVERLAP = timedelta(minutes=15)  # what was being kept while the last manifest was read; far above any transaction
PHOTOS_ON_THEIR_WAY = timedelta(hours=1)
PLACES_KEPT_SECONDS = 60.0

_places: dict[str, tuple[float, str]] = {}


def places_version(city: str) -> str:
    """A mark that changes with any name or boundary of the city's places; up to a minute late."""
    found = _places.get(city)
    if found is None or time.monotonic() - found[0] > PLACES_KEPT_SECONDS:
        with connection() as lent:
            row = lent.execute(queries.PLACES, {"city": city}).fetchone()
        found = _places[city] = time.monotonic(), str(row[0])[:16] if row else ""
    return found[1]


def pull(actor: Actor, device: str | None, cursor: str | None) -> dict[str, Any]:
    """One page of what a phone lacks since `cursor`; everything, with `full`, when there is none or it does not hold.

    `device` is the author `device:<uuid>` of what was sent from this phone without a session. The place in the log is
    read first: what happens during the call is told now, or by the next one, or by both.
    """
    city = settings().city
    catalogue, places = f"{names(city).version}-{language()}", places_version(city)
    with connection() as lent:
        epoch, place = sync_epoch(lent), log.horizon(lent, city)
    scope = [*sorted(actor.posts, key=str), *reading.attended_below(actor)]
    whose = cursors.fingerprint([epoch, actor.author, device, catalogue, places, *scope])
    held = cursors.read(cursor, whose)
    told = (held or cursors.Told(whose, 0)).begin(place)
    tasks = reading.tasks(actor)
    with connection() as lent:
        wanted = _lacking(lent, city, [task["id"] for task in tasks], told)
        kept = _kept(lent, city, actor, device, told)
    page = wanted[:CASES_A_PAGE]
    more = len(wanted) > len(page)
    cases = reading.cases_whole(actor, page)
    unready = _unready(cases)
    return {
        "epoch": epoch,
        "cursor": cursors.write(told.page(page[-1], unready) if more else told.done(unready)),
        "full": held is None,
        "more": more,
        "tasks": tasks,
        "cases": cases,
        "catalogue_version": catalogue,
        "places_version": places,
        "unread": kept["unread"],
        "manifest": {name: kept[name] for name in ("reports", "commands", "not_adopted")}
        | {"since": views.iso(kept["since"])},
        "as_of": views.iso(datetime.now(UTC)),
    }


def _lacking(lent: Connection[Any], city: str, tasks: list[uuid.UUID], told: cursors.Told) -> list[uuid.UUID]:
    """The tasks of which the phone lacks the present body, in the order of the pages."""
    changed = set(tasks)
    if told.since is not None:
        erased = {"city": city, "cases": tasks, "told": datetime.fromtimestamp(told.at, UTC), "overlap": OVERLAP}
        changed = log.moved(lent, city, tasks, *told.since) | (told.unready & changed)
        changed |= {row[0] for row in lent.execute(queries.ERASED, erased, prepare=True)}
    return sorted(one for one in changed if told.after is None or one > told.after)


def _unready(cases: list[dict[str, Any]]) -> frozenset[uuid.UUID]:
    """The cases with photos that may be cleaned any moment; those of long ago never arrived."""
    lately = views.iso(datetime.now(UTC) - PHOTOS_ON_THEIR_WAY) or ""
    return frozenset(
        body["id"]
        for body in cases
        if body["updated_at"] > lately and not all(photo["ready"] for photo in body["photos"])
    )


def _kept(lent: Connection[Any], city: str, actor: Actor, device: str | None, told: cursors.Told) -> dict[str, Any]:
    asked = {
        "city": city,
        "user": actor.user_id,
        "author": actor.author,
        "authors": [actor.author, device] if device else [actor.author],
        "age": MANIFEST_AGE,
        "told": datetime.fromtimestamp(told.at, UTC),
        "overlap": OVERLAP,
    }
    with lent.cursor(row_factory=dict_row) as rows:
        row = rows.execute(queries.KEPT, asked, prepare=True).fetchone()
    assert row is not None
    return row
