"""The cursor of a phone: whose it is, and up to where in the event log the phone has been told everything."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from gezhi.http import cursor
from gezhi.http.problems import Problem

LIFE = 30 * 86400
"""Seconds after which a cursor asks for everything anew; queues of phones may be as old."""

MOST_UNREADY = 50
"""Cases, the newest, that a cursor remembers to tell again: it goes into an address."""

LogPlace = tuple[int, int]
"""A place (xid, position) in the event log."""


@dataclass(frozen=True)
class Told:
    """What a phone has been told: all changes up to `since` in the log, None: nothing yet.

    Between the pages of one answer `begun` is where its first page began, and the cases up to the id `after` are told.
    `unready` cases were told before their photos were cleaned, which is no event: they are told again. `whose` is the
    fingerprint of everything that a change of makes what was told void; `at` in seconds since 1970.
    """

    whose: str
    at: float
    since: LogPlace | None = None
    begun: LogPlace | None = None
    after: uuid.UUID | None = None
    unready: frozenset[uuid.UUID] = frozenset()

    def begin(self, place: LogPlace) -> Told:
        """The same, the first page of an answer being made while the log has come to a place."""
        return self if self.begun else replace(self, begun=place)

    def page(self, after: uuid.UUID, unready: frozenset[uuid.UUID]) -> Told:
        """What has been told with a page that ends with a case and is not the last one."""
        return replace(self, after=after, unready=self.unready | unready)

    def done(self, unready: frozenset[uuid.UUID]) -> Told:
        """What has been told with the last page."""
        earlier = self.unready if self.after else frozenset()
        return replace(self, since=self.begun, begun=None, after=None, unready=earlier | unready)


def fingerprint(parts: Iterable[Any]) -> str:
    """A short digest of JSON values, UUIDs and the like."""
    return hashlib.sha256(json.dumps(list(parts), default=str).encode()).hexdigest()[:24]


def write(told: Told) -> str:
    """The opaque cursor of what has been told, from now."""
    carried = asdict(replace(told, at=time.time())) | {"unready": sorted(map(str, told.unready))[-MOST_UNREADY:]}
    return cursor.encode({"sync": carried | {"after": str(told.after) if told.after else None}})


def read(text: str | None, whose: str) -> Told | None:
    """What a phone has been told; None, and so everything anew, for what is no cursor of `whose`, or too old."""
    try:
        carried = cursor.decode(text or "")["sync"]
    except (Problem, KeyError):
        return None
    if carried["whose"] != whose or carried["at"] < time.time() - LIFE:
        return None
    since, begun = (tuple(carried[name]) if carried[name] else None for name in ("since", "begun"))
    after = uuid.UUID(carried["after"]) if carried["after"] else None
    return Told(whose, carried["at"], since, begun, after, frozenset(map(uuid.UUID, carried["unready"])))
