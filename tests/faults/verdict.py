"""Whether the house kept what it gave receipts for: the notebook of its callers against its database and its files."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.faults.listener import Listener
from tests.faults.notebook import Entry, Notebook

CITY = "3601"

_REPORTS = """
select r.id::text, r.author, r.case_id::text, r.receipt_code, c.number, c.seq,
       (select array_agg(e.seq order by e.seq) from events e where e.city = r.city and e.case_id = r.case_id) as log,
       (select count(*) from events e
         where e.city = r.city and e.case_id = r.case_id and e.action = 'report') as reported,
       (select b.body from event_bodies b where b.city = r.city and b.case_id = r.case_id and b.seq = 1) as body
  from reports r left join cases c on c.city = r.city and c.id = r.case_id
"""

_COMMANDS = """
select k.id::text, k.case_id::text, k.action, k.refused, e.action as logged
  from commands k left join events e on e.city = k.city and e.case_id = k.case_id and e.seq = k.seq
"""

_ACTED = (
    "select case_id::text, action, count(*) as times from events where actor_kind = 'post' group by case_id, action"
)

_JOBS = """
select format('job %s %s %s: %s', id, task_name, status, args) as fault from procrastinate_jobs
 where queue_name in ('push', 'media') and (status in ('todo', 'doing') and scheduled_at is distinct from 'infinity'
                                            or status = 'failed')
"""

_UNREAD = """
select format('consumer %s has not read %s events', name, unread) as fault from (
  select name, (select count(*) from events e where (e.xid, e.position) > (consumers.xid, consumers.position)) as unread
    from consumers where name in ('notify', 'texts')) c
 where unread > 0
"""

# Found again from the log by itself: whoever a case was given to, and whoever is to verify it.
_NOT_TOLD = """
select format('%s: event %s (%s) was told %s times to %s', case_id, seq, kind, times, user_id) as fault from (
  select told.*, (select count(*) from notifications n where n.case_id = told.case_id and n.seq = told.seq
                     and n.kind = told.kind and n.user_id = told.user_id) as times
    from (select e.case_id, e.seq, 'task' as kind, p.user_id from events e
            join posts p on p.id = (e.facts ->> 'assignee_post')::uuid where e.action = 'dispatch'
          union all
          select e.case_id, e.seq, 'verify', p.user_id from events e
            join posts p on p.id = (e.facts ->> 'verifier_post')::uuid where e.action = 'handle') told) counted
 where times <> 1
"""

_TOLD_WRONG = """
select format('%s was told of event %s of %s %s times', user_id, seq, case_id, count(*)) as fault
  from notifications group by user_id, case_id, seq, kind having count(*) > 1
union all
select format('%s was told of an event that is not there: %s %s', user_id, case_id, seq)
  from notifications n where not exists (select from events e where e.case_id = n.case_id and e.seq = n.seq)
"""

# To be on the phone: what was told since it subscribed, unless the case has moved on meanwhile.
_TO_PUSH = """
select n.id::text, n.pushed_at is not null as pushed, c.version <> e.version as moved_on
  from notifications n join subscriptions s on s.user_id = n.user_id
  join events e on e.city = n.city and e.case_id = n.case_id and e.seq = n.seq
  join cases c on c.city = n.city and c.id = n.case_id
 where n.created_at > s.created_at
"""

_HEARD = """
select case_id::text, seq, xid::text::bigint as xid, position from events
 where exists (select from unnest(audience) token where token like 'region:36%')
"""

_UPLOADS = "select author, encode(sha256, 'hex') as sha, state from uploads"


class Verdict:
    """Looks at a house's database and photos; every method answers with faults, one line each."""

    def __init__(self, url: str, media: Path, notebook: Notebook) -> None:
        self._url, self._media, self._notebook = url, media, notebook

    def _rows(self, statement: str) -> list[dict[str, Any]]:
        with psycopg.connect(self._url, autocommit=True, row_factory=dict_row) as lent:
            return lent.execute(statement).fetchall()

    def _faults(self, statement: str) -> list[str]:
        return [row["fault"] for row in self._rows(statement)]

    def undone(self, listener: Listener, pushed: list[str]) -> list[str]:
        """What still waits: entries without a receipt, jobs, photos, consumers, messages, the stream (G1, G3)."""
        return [
            *self._notebook.open(), *self._faults(_JOBS), *self._faults(_UNREAD), *self._faults(_NOT_TOLD),
            *self._photos(), *self._pushes(pushed), *self._stream(listener),
        ]  # fmt: skip

    def broken(self, listener: Listener) -> list[str]:
        """What is lost, doubled, or has two ids, and no waiting mends (G1, G4)."""
        return [
            *self._notebook.surprises, *self._lost_reports(), *self._lost_commands(), *self._faults(_TOLD_WRONG),
            *listener.faults,
        ]  # fmt: skip

    def _lost_reports(self) -> list[str]:
        rows = self._rows(_REPORTS)
        by_id = {row["id"]: row for row in rows}
        faults = [
            f"report {key} is kept {times} times" for key, times in Counter(r["id"] for r in rows).items() if times > 1
        ]
        faults += [f"report {key} of nobody" for key in by_id if key not in self._notebook.reports]
        cases = self._rows("select id::text from cases")
        faults += [f"case {row['id']} of no report" for row in cases if row["id"] not in {r["case_id"] for r in rows}]
        for entry in self._notebook.reports.values():
            faults += _faults_of_report(entry, by_id.get(entry.id))
        return faults

    def _lost_commands(self) -> list[str]:
        rows = self._rows(_COMMANDS)
        by_id = {row["id"]: row for row in rows}
        faults = [f"command {key} is kept {n} times" for key, n in Counter(r["id"] for r in rows).items() if n > 1]
        entries = self._notebook.commands
        for entry in entries.values():
            row = by_id.get(entry.id)
            if (entry.kept or entry.lost_race) and row is None:
                faults.append(f"{entry.kind} {entry.id} is lost")
            elif row and entry.kept and (row["refused"] or row["logged"] != entry.kind):
                faults.append(f"{entry.kind} {entry.id} has a receipt, kept is {row}")
            elif row and entry.lost_race and not row["refused"]:
                faults.append(f"{entry.kind} {entry.id} was told that another was first, but was done")
            if entry.rivals and entry.done and all(entries[rival].done for rival in entry.rivals):
                winners = [one for one in (entry.id, *entry.rivals) if entries[one].kept]
                if len(winners) != 1:
                    faults.append(f"{len(winners)} of the rivals {entry.id} {[*entry.rivals]} won")
        wanted = Counter((entry.case, entry.kind) for entry in entries.values() if entry.kept)
        acted = {(row["case_id"], row["action"]): row["times"] for row in self._rows(_ACTED)}
        sent = Counter((entry.case, entry.kind) for entry in entries.values())
        return faults + [
            f"{case}: {action} is in the log {times} times, sent {sent[case, action]}, receipts {wanted[case, action]}"
            for case, action in {*wanted, *acted}
            if not wanted[case, action] <= (times := acted.get((case, action), 0)) <= min(1, sent[case, action])
        ]

    def _photos(self) -> list[str]:
        states = {(row["author"], row["sha"]): row["state"] for row in self._rows(_UPLOADS)}
        city = CITY
        faults = []
        for (author, sha), kept in self._notebook.photos.items():
            if not kept:
                continue
            files = [self._media / city / size / sha[:2] / f"{sha}.jpg" for size in ("full", "thumb")]
            if states.get((author, sha)) != "ready" or not all(file.stat().st_size for file in files if file.exists()):
                faults.append(f"photo {sha} of {author} is {states.get((author, sha))}")
            elif not all(file.exists() for file in files):
                faults.append(f"photo {sha} is called ready, its files are missing")
        return faults

    def _pushes(self, pushed: list[str]) -> list[str]:
        arrived = {json.loads(message)["id"] for message in pushed}
        rows = self._rows(_TO_PUSH)
        return [
            f"notification {row['id']} did not reach the phone"
            for row in rows
            if row["id"] not in arrived and (row["pushed"] or not row["moved_on"])
        ]

    def _stream(self, listener: Listener) -> list[str]:
        seen = dict(listener.seen)
        if not seen:
            return ["the live stream has said nothing"]
        first = min(seen.values())
        wanted = {(r["case_id"], r["seq"]): (r["xid"], r["position"]) for r in self._rows(_HEARD)}
        missing = [key for key, place in wanted.items() if place >= first and key not in seen]
        other = [key for key, place in seen.items() if wanted.get(key) != place]
        return [f"the stream did not tell of event {seq} of {case}" for case, seq in missing] + [
            f"the stream told of event {seq} of {case}, which is not in the log there" for case, seq in other
        ]


def _faults_of_report(entry: Entry, row: dict[str, Any] | None) -> list[str]:
    """What is wrong with one report that has a receipt: lost, another id, a gap in its log, a photo not named."""
    if not entry.kept:
        return []
    if row is None or row["number"] is None or not row["log"]:
        return [f"report {entry.id} is lost"]
    told = {(a.body["case_id"], a.body["receipt_code"], a.body["number"]) for a in entry.kept}
    faults = []
    if told != {(row["case_id"], row["receipt_code"], row["number"])}:
        faults.append(f"report {entry.id} has the ids {told}, kept is {row['case_id']} {row['receipt_code']}")
    if row["log"] != list(range(1, row["seq"] + 1)) or row["reported"] != 1:
        faults.append(f"report {entry.id}: the log of its case is {row['log']}")
    if row["body"]["text"] != entry.body["text"] or row["body"]["photos"] != entry.photos:
        faults.append(f"report {entry.id}: its text or photos are not those sent")
    if row["author"] != entry.author:
        faults.append(f"report {entry.id} is kept as of {row['author']}")
    return faults
