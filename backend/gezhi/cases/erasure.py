"""Erasing what people have said and shown: because they ask, and because its time is over.

Every deletion is one entry of the ledger `erasures`, carried out by the database function that keeps it: bodies of
events, contents of refused commands, photos, rows of the vault, never an event or a case. Copies of the entries are
kept outside beside the anchors, so that a database that was restored from before forgets again (`reapply`).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

import structlog
from obstore.exceptions import BaseError
from psycopg import Connection
from psycopg.types.json import Jsonb

from gezhi import audit, queue
from gezhi.cases import outside, service, texts
from gezhi.cases.models_keeping import KEPT
from gezhi.cases.workflow import PAST
from gezhi.config import settings

BATCH = 50
"""Cases erased in one transaction."""
WALK = 500
"""Ended cases looked at in one statement."""

Entry = Mapping[str, Any]
"""A row of the ledger as PostgreSQL's JSON has it."""

Item = TypeVar("Item")

log = structlog.get_logger("gezhi.erasure")

_ASKED = "select to_jsonb(erasure_asked_v1(%s, %s, %s::bytea, %s::bytea, now_v1()))"
_OF_CLASS = "select to_jsonb(erasure_of_class_v1(%s, %s, %s, %s, now_v1()))"
_ERASE = "select erase_v1(jsonb_populate_record(null::erasures, %s))"
_KNOWN = "select exists (select from erasures where city = %s and id = %s)"
_NO_READER = "select from consumers where city = %s and name = %s for update"

_BEFORE = """
select now_v1() - make_interval(days => coalesce((select days from retention_rules where city = %s and class = %s), %s))
"""

# Cases that ended before a moment and of which something is left, in the order in which they began.
_ENDED = f"""
select c.id, c.created_at, c.ended < %(whole)s and (
    exists (select from event_bodies b where b.city = c.city and b.case_id = c.id and b.body <> 'null')
    or exists (select from commands k where k.city = c.city and k.case_id = c.id and k.content is not null)) as whole,
  c.ended < %(reporters)s and exists (
    select from reports r where r.city = c.city and r.case_id = c.id and r.reporter_id is not null) as reporters
from (select city, id, created_at, coalesce(closed_at, updated_at) as ended from cases
       where city = %(city)s and state in {PAST} and created_at < greatest(%(whole)s, %(reporters)s)
         and (created_at, id) > (%(after)s::timestamptz, %(after_id)s) order by created_at, id limit %(limit)s) c
order by c.created_at, c.id
"""  # noqa: S608

_REFUSED = """
select distinct case_id from commands
 where city = %(city)s and content is not null and created_at < %(before)s limit %(limit)s
"""

# The places of reports that were erased while their case was still open.
_PLACES = """
select to_jsonb(e) || jsonb_build_object('id', gen_random_uuid(), 'at', now_v1(), 'place', true, 'left_at', null)
         || '{"seqs": [], "commands": [], "photos": [], "vault": []}'
  from (select distinct on (case_id) * from erasures
         where city = %(city)s and class = 'request' and not place order by case_id) e
  join reports r on r.city = e.city and r.receipt_code = e.receipt_code and not r.joined
  join cases c on c.city = e.city and c.id = e.case_id
 where c.state = any (%(past)s) and (c.address is not null or c.raw_lng is not null) limit %(limit)s
"""

_POSITIONS = """
delete from doubtful_positions where (city, post_id, case_id, seq) in (
  select city, post_id, case_id, seq from doubtful_positions where city = %(city)s and at < %(before)s limit 1000)
"""

_INSIDE = """
select to_jsonb(e) - 'left_at' from erasures e where city = %s and left_at is null order by at, id limit 500
"""
_LEFT = "update erasures set left_at = clock_timestamp() where city = %s and id = any (%s)"


def by_reporter(connection: Connection[Any], receipt: str, proof: service.Proof) -> None:
    """Erase one report's personal data because its reporter asks; again changes nothing.

    Raises Problem not_found for an unknown receipt, or a secret or number that is not the report's.
    """
    service.check_receipt(receipt)
    asked = (settings().city, receipt, proof.secret, proof.phone)
    with service.refusals(), connection.transaction():
        row = connection.execute(_ASKED, asked).fetchone()
        if row and row[0]:
            _carry_out(connection, [row[0]])


def _carry_out(connection: Connection[Any], entries: Iterable[Entry]) -> None:
    """Erase what these entries name, in the caller's transaction."""
    for city, case, entry in [(entry["city"], uuid.UUID(entry["case_id"]), entry) for entry in entries]:
        known = connection.execute(_KNOWN, (city, entry["id"])).fetchone()
        row = connection.execute(_ERASE, (Jsonb(entry),)).fetchone()
        # The reader of texts may hold what it read before: wait for it, and write after it.
        connection.execute(_NO_READER, (city, texts.NAME))
        texts.write(connection, city, [case])
        if row and row[0]:
            queue.defer(connection, "remove_photos", "media", {"city": city, "photos": [sha.hex() for sha in row[0]]})
        if not (known and known[0]):
            _audit(connection, entry)


def _audit(connection: Connection[Any], entry: Entry) -> None:
    counts = {what: len(entry[what]) for what in ("seqs", "commands", "photos", "vault")}
    audit.record(
        connection, entry["city"], None, "erase", f"case:{entry['case_id']}",
        erasure=entry["id"], kind=entry["class"], receipt=entry["receipt_code"], place=entry["place"], **counts,
    )  # fmt: skip


def sweep(connection: Connection[Any], city: str) -> int:
    """Erase whatever is kept longer than its class allows, in small transactions; returns how many entries it took."""
    before = {kind: _before(connection, city, kind) for kind in KEPT}
    while connection.execute(_POSITIONS, {"city": city, "before": before["doubtful_positions"]}).rowcount:
        pass
    done = _sweep_ended(connection, city, before)
    asked = {"city": city, "before": before["not_adopted"], "past": list(PAST), "limit": BATCH}
    while cases := connection.execute(_REFUSED, asked).fetchall():
        done += _erase_class(connection, city, [(case, "not_adopted") for (case,) in cases], before)
    while places := connection.execute(_PLACES, asked).fetchall():
        with connection.transaction():
            _carry_out(connection, [entry for (entry,) in places])
        done += len(places)
    return done


def _before(connection: Connection[Any], city: str, kind: str) -> datetime:
    row = connection.execute(_BEFORE, (city, kind, KEPT[kind])).fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment


def _sweep_ended(connection: Connection[Any], city: str, before: Mapping[str, datetime]) -> int:
    asked: dict[str, Any] = {
        "city": city, "whole": before["ended_cases"], "reporters": before["reporters"],
        "after": "-infinity", "after_id": uuid.UUID(int=0), "limit": WALK,
    }  # fmt: skip
    done = 0
    while rows := connection.execute(_ENDED, asked).fetchall():
        asked["after_id"], asked["after"] = rows[-1][:2]
        wanted = [(row[0], "ended_cases" if row[2] else "reporters") for row in rows if row[2] or row[3]]
        for some in _batches(wanted):
            done += _erase_class(connection, city, some, before)
    return done


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while some := list(islice(rest, BATCH)):
        yield some


def _erase_class(
    connection: Connection[Any], city: str, cases: Iterable[tuple[uuid.UUID, str]], before: Mapping[str, datetime]
) -> int:
    done = 0
    with connection.transaction():
        for case, kind in cases:
            row = connection.execute(_OF_CLASS, (city, case, kind, before[kind])).fetchone()
            assert row is not None
            _carry_out(connection, [row[0]])
            done += 1
    return done


def leave(connection: Connection[Any], city: str) -> int:
    """Keep copies outside of the entries that have none, as JSON lines; returns how many."""
    done = 0
    while rows := [row[0] for row in connection.execute(_INSIDE, (city,)).fetchall()]:
        content = b"".join(json.dumps(entry).encode() + b"\n" for entry in rows)
        first = "".join(letter for letter in rows[0]["at"][:19] if letter.isdigit())
        try:
            outside.keep(f"{city}/erasures/{first}-{hashlib.sha256(content).hexdigest()[:32]}.jsonl", content)
        except (BaseError, OSError) as error:
            log.error("erasure.outside_away", error=type(error).__name__)
            break
        connection.execute(_LEFT, (city, [entry["id"] for entry in rows]))
        done += len(rows)
    return done


def ledger(city: str) -> Iterator[Entry]:
    """Every entry that is kept outside, the oldest file first; some twice. Raises obstore's BaseError."""
    for name in sorted(outside.names(f"{city}/erasures")):
        for line in outside.read(f"{city}/erasures/{name}").splitlines():
            yield json.loads(line)


def reapply(connection: Connection[Any], entries: Iterable[Entry]) -> int:
    """Erase again what a restored database remembers; returns how many entries there were. Again changes nothing."""
    done = 0
    for some in _batches(entries):
        with connection.transaction():
            _carry_out(connection, [{**entry, "left_at": entry["at"]} for entry in some])
        done += len(some)
    return done
