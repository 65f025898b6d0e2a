"""`gezhi doctor`: does every case agree with its log?"""

from __future__ import annotations

from typing import Any

from psycopg.rows import dict_row

from gezhi.cases.replay import comparable, digest, open_tasks, replay
from gezhi.config import settings
from gezhi.db import connection

_CASES = """
select c.id, to_jsonb(c) - 'point' || jsonb_build_object('lng', st_x(c.point), 'lat', st_y(c.point)) as row,
  (select jsonb_agg(to_jsonb(e) order by e.seq) from events e where e.city = c.city and e.case_id = c.id) as events,
  (select coalesce(jsonb_object_agg(t.id, t.kind), '{}') from tasks t
    where t.city = c.city and t.case_id = c.id and t.closed_at is null) as tasks
from cases c where c.city = %s and c.id > %s::uuid order by c.id limit 500
"""
_CHAIN = """
select e.seq, e.version, e.action, e.state, who_v1(e.actor_kind, e.actor_user_id, e.actor_post_id) as who,
  extract(epoch from e.at)::text as at_seconds, extract(epoch from e.occurred_at)::text as occurred_seconds,
  e.facts::text as facts_text, e.digest, b.salt, b.body::text as body_text
from events e left join event_bodies b using (city, case_id, seq)
where e.city = %s and e.case_id = %s order by e.seq
"""
_FIRST = "00000000-0000-0000-0000-000000000000"


def examine() -> list[str]:
    """Every fault found, one line each, naming the case's id; nothing is changed."""
    faults: list[str] = []
    last = _FIRST
    with connection() as lent, lent.cursor(row_factory=dict_row) as cursor:
        while rows := cursor.execute(_CASES, (settings().city, last)).fetchall():
            for row in rows:
                faults += _faults_of(cursor, row)
            last = str(rows[-1]["id"])
    return faults


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
    previous = b""
    for event in cursor.execute(_CHAIN, (settings().city, row["id"])).fetchall():
        previous = digest(previous, event)
        if previous != bytes(event["digest"]):
            faults.append(f"{row['id']}: event {event['seq']} was altered")
            break
    return faults
