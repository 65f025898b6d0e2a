"""`gezhi doctor`: does every case agree with its log?"""

from __future__ import annotations

from typing import Any

from psycopg.rows import dict_row

from gezhi import roles
from gezhi.cases import anchors
from gezhi.cases.replay import comparable, digest, open_tasks, replay
from gezhi.config import settings
from gezhi.db import connection

_CASES = """
select c.id, to_jsonb(c) - 'point' || jsonb_build_object('lng', st_x(c.point), 'lat', st_y(c.point)) as row,
  (select jsonb_agg(to_jsonb(e) order by e.seq) from events e where e.city = c.city and e.case_id = c.id) as events,
  (select coalesce(jsonb_object_agg(t.id, t.kind), '{}') from tasks t
    where t.city = c.city and t.case_id = c.id and t.closed_at is null) as tasks,
  a.seq as anchored_seq, a.digest as anchored_digest,
  coalesce((select max(e.seq) from events e, consumers reader
    where e.city = c.city and e.case_id = c.id and reader.city = c.city and reader.name = %(anchors)s
      and (e.xid, e.position) <= (reader.xid, reader.position)), 0) as seen
from cases c left join anchored a on a.case_id = c.id
where c.city = %(city)s and c.id > %(after)s::uuid order by c.id limit 500
"""
_REMOVED = """
select a.case_id, a.seq from anchored a
 where not exists (select from cases c where c.city = %s and c.id = a.case_id) order by a.case_id
"""
_CHAIN = """
select e.seq, e.version, e.action, e.state, who_v1(e.actor_kind, e.actor_user_id, e.actor_post_id) as who,
  extract(epoch from e.at)::text as at_seconds, extract(epoch from e.occurred_at)::text as occurred_seconds,
  e.facts::text as facts_text, e.digest, b.salt, b.body::text as body_text,
  b.body = 'null' and not exists (select from erasures r
    where r.city = e.city and r.case_id = e.case_id and e.seq = any (r.seqs)) as emptied
from events e left join event_bodies b using (city, case_id, seq)
where e.city = %s and e.case_id = %s order by e.seq
"""
_FIRST = "00000000-0000-0000-0000-000000000000"


def examine() -> list[str]:
    """Every fault found, one line each, naming the case's id; nothing is changed.

    Replay of each case, chains of digests, anchors and their copies outside, and what the anchors say of each case.
    """
    city = settings().city
    with connection() as lent, lent.cursor(row_factory=dict_row) as cursor:
        try:
            faults = list(anchors.check(lent, city))
            after = _FIRST
            while rows := cursor.execute(_CASES, {"city": city, "after": after, "anchors": anchors.NAME}).fetchall():
                for row in rows:
                    faults += _faults_of(cursor, row)
                after = str(rows[-1]["id"])
            removed = cursor.execute(_REMOVED, (city,)).fetchall()
        finally:
            lent.execute("drop table if exists anchored")
    return faults + [f"{row['case_id']}: the case is gone; anchored were {row['seq']} events of it" for row in removed]


def protection() -> str | None:
    """A line that says how the application could rewrite the log, None when its role cannot."""
    with connection() as lent:
        return roles.unprotected(lent)


def _faults_of(cursor: Any, row: dict[str, Any]) -> list[str]:
    case, events = row["row"], row["events"] or []
    faults = [
        f"{row['id']}: {column} is {case[column]!r}, its events say {value!r}"
        for column, value in comparable(replay(events)).items()
        if case[column] != value
    ]
    if row["tasks"] != open_tasks(events):
        faults.append(f"{row['id']}: its open tasks are not those of its events")
    if [event["seq"] for event in events] != list(range(1, len(events) + 1)):
        faults.append(f"{row['id']}: the log has a gap")
    return faults + _faults_of_chain(cursor, row)


def _faults_of_chain(cursor: Any, row: dict[str, Any]) -> list[str]:
    """Whether the digests of a case's events follow from one another, and are those that were anchored."""
    faults = []
    digests: dict[int, bytes] = {}
    previous = b""
    for event in cursor.execute(_CHAIN, (settings().city, row["id"])).fetchall():
        digests[event["seq"]] = bytes(event["digest"])
        if event["emptied"]:
            faults.append(f"{row['id']}: the body of event {event['seq']} was erased, and no erasure says so")
        previous = digest(previous, event)
        if previous != bytes(event["digest"]):
            faults.append(f"{row['id']}: event {event['seq']} was altered")
            break
    else:
        anchored = row["anchored_seq"] or 0
        if anchored and digests.get(anchored) != bytes(row["anchored_digest"]):
            faults.append(f"{row['id']}: its event {anchored} is not the one that was anchored")
        elif row["seen"] > anchored:
            faults.append(f"{row['id']}: event {row['seen']} was added behind the anchors' back")
    return faults
