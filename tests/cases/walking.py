"""Walks through the workflow: who can do an action on a case now, what it needs, and how to get from state to state."""

from __future__ import annotations

import random
from collections import deque
from datetime import datetime, timedelta, timezone
from typing import Any

from gezhi.cases.clocks import sweep
from gezhi.db import uuid7
from gezhi.http.problems import Problem
from tests.cases.domain_table import BY_REPORTERS, TABLE
from tests.cases.helpers import SHA
from tests.cases.town import SECRETS, Town

CITY_TIME = timezone(timedelta(hours=8))
MONDAY = datetime(2026, 11, 16, 9, tzinfo=CITY_TIME)
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"

# Ways from state to state that are usually open; `suspend` and `void` are asked for and decided.
WAYS = (
    ("reported", "accept", "accepted"), ("reported", "reject", "rejected"), ("reported", "merge", "merged"),
    ("rejected", "appeal", "reported"), ("accepted", "dispatch", "dispatched"), ("accepted", "merge", "merged"),
    ("accepted", "withdraw", "withdrawn"), ("dispatched", "sign", "signed"), ("dispatched", "return", "accepted"),
    ("dispatched", "escalate", "accepted"), ("signed", "handle", "handled"), ("signed", "return", "accepted"),
    ("signed", "escalate", "accepted"), ("signed", "transfer", "transferred"), ("signed", "suspend", "suspended"),
    ("dispatched", "suspend", "suspended"), ("accepted", "suspend", "suspended"),
    ("transferred", "recall", "accepted"), ("handled", "verify_pass", "closed"),
    ("handled", "verify_fail", "dispatched"), ("closed", "reopen", "accepted"), ("merged", "unmerge", "accepted"),
    ("suspended", "resume", "signed"), ("accepted", "void", "void"),
)  # fmt: skip
# What must have been done, and where at the latest, for somebody to be asked: after the walk it still waits.
BEFORE = {"whistle_answer": ("signed", "whistle"), "strike_off": ("handled", "own")}
HERE_FIRST = {
    "whistle_answer": "whistle", "strike_off": "own", "supervise_reply": "supervise", "expert_answer": "ask_expert",
    "decide": "request", "refuse_escalation": "escalate",
}  # fmt: skip


class Walk:
    """One or two cases of a town, and the steps that are taken on them; time is the town's own."""

    def __init__(self, town: Town, dice: random.Random) -> None:
        self.town, self.dice = town, dice
        self.cases: dict[str, dict[str, Any]] = {}
        self.sent: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = []
        self.now = MONDAY
        town.set_now(self.now)

    # What is so

    def row(self, case: str) -> dict[str, Any]:
        """The case's row."""
        row: dict[str, Any] = self.town.conn.execute(
            "select to_jsonb(c) - 'point' from cases c where id = %s", (case,)
        ).fetchone()[0]
        return row

    def state(self, case: str) -> str:
        """The case's state."""
        return str(self.row(case)["state"])

    def trace(self, case: str) -> Any:
        """Everything that a refusal must leave alone."""
        return self.town.conn.execute(
            "select c.state, c.version, c.seq,"
            " (select array_agg(digest order by seq) from events e where e.case_id = c.id),"
            " (select array_agg(t order by t.id) from tasks t where t.case_id = c.id),"
            " (select array_agg(k order by k.step, k.round) from clocks k where k.case_id = c.id)"
            " from cases c where c.id = %s",
            (case,),
        ).fetchone()

    def able(self, case: str, action: str) -> list[str]:
        """Who stands to the case as the action asks, of all the people of the town."""
        users = {person.user: name for name, person in self.town.people.items()}
        rows = self.town.conn.execute(
            "select distinct u from cases c, unnest(%s::uuid[]) u, relations_v1(c, u, now_v1()) r"
            " where c.id = %s and r.relation = any (%s)",
            (list(users), case, list(TABLE[action].staff)),
        ).fetchall()
        return sorted(users[row[0]] for row in rows)

    def open_tasks(self, case: str, *kinds: str) -> list[dict[str, Any]]:
        """The open tasks of these kinds."""
        rows = self.town.conn.execute(
            "select to_jsonb(t) from tasks t where case_id = %s and closed_at is null and kind = any (%s) order by id",
            (case, list(kinds)),
        )
        return [row[0] for row in rows.fetchall()]

    # Reports and time

    def report(self, kind: str) -> str:
        """A new case: `light` is dispatched at once, `address` and `other` wait for the desk."""
        changed: dict[str, Any] = {"occurred_at": self.moment()}
        if kind == "address":
            changed |= {"place": None, "address": "八一广场旁"}
        elif kind == "other":
            changed |= {"category": "other"}
        receipt = self.town.report(**changed)
        case = str(receipt["case_id"])
        self.cases[case] = {"code": receipt["receipt_code"], "joined": None}
        return case

    def moment(self) -> str:
        """Now by the clock of some phone: it may be wrong by minutes."""
        return (self.now + timedelta(seconds=self.dice.choice((0, 0, -5, -400, 90, 86400, -86400)))).isoformat()

    def wait(self, much: timedelta) -> int:
        """Lets time pass, then sweeps; the second sweep finds nothing. Returns how many events there were."""
        self.now += much
        self.town.set_now(self.now)
        count = sweep(self.town.conn, "3601")
        assert sweep(self.town.conn, "3601") == 0
        return count

    # Commands

    def do(self, who: str, case: str, action: str, fields: dict[str, Any], **changed: Any) -> dict[str, Any]:
        """The outcome of a command by somebody of the town, or by `first` or `joined` who reported it.

        A faulty one's outcome has the problem's code as `refused`. Whatever is refused changes nothing.
        """
        self.now += timedelta(seconds=self.dice.choice((0, 0, 1, 20)))  # the moment of the one before, or a later one
        self.town.set_now(self.now)
        before, now = self.trace(case), self.row(case)
        sent, done_at = self.timed(now)
        sent |= {"id": str(uuid7()), "action": action, **fields}
        if who in SECRETS:
            assert action in BY_REPORTERS
        elif TABLE[action].target:
            sent |= self.on(who, case, now["version"])
        sent |= changed
        try:
            done = self.send(who, case, sent)
        except Problem as problem:
            done = {"refused": problem.code, "state": now["state"], "faulty": True}
        if done["refused"]:
            assert self.trace(case) == before, (who, action, done)
        else:
            assert self.row(case)["seq"] > now["seq"]
            at = "select occurred_at from events where case_id = %s and seq = %s"
            assert self.town.conn.execute(at, (case, now["seq"] + 1)).fetchone() == (done_at,)
        if "faulty" not in done:
            self.sent.append((who, case, sent, done))
        return done

    def timed(self, row: dict[str, Any]) -> tuple[dict[str, Any], datetime]:
        """When a phone says that something was done, and when it is taken to have been done (rule C5)."""
        ago = self.dice.choice((0, 0, 0, 60, 1800, 86400, -86400))
        counted = self.dice.choice((None, ago, ago + 100, ago + 4000, 0))
        claimed = self.now - timedelta(seconds=ago)
        sent = {"occurred_at": claimed.isoformat()} | (
            {} if counted is None or counted < 0 else {"elapsed_ms": counted * 1000}
        )
        if "elapsed_ms" not in sent or abs(counted - ago) > 120:
            return sent, self.now
        began = row["step_started_at"]
        return sent, min(max(claimed, datetime.fromisoformat(began) if began else claimed), self.now)

    def on(self, who: str, case: str, version: int) -> dict[str, Any]:
        """What a move is made on: the version, or the own command that made it."""
        own = [sent["id"] for by, of, sent, done in self.sent if (by, of, done["refused"]) == (who, case, None)
               and done["version"] == version and TABLE[sent["action"]].target and not done["known"]]  # fmt: skip
        return {"after": own[-1]} if own and self.dice.random() < 0.5 else {"version": version}

    def send(self, who: str, case: str, sent: dict[str, Any]) -> dict[str, Any]:
        """The outcome of a command as it is; raises its Problem."""
        if who in SECRETS:
            code = self.cases[case]["code"] if who == "first" else self.cases[case]["joined"]
            return self.town.note(code, sent, SECRETS[who])
        return self.town.act(who, case, sent)

    def step(self, case: str, action: str) -> bool:
        """Does a legal action by somebody who may, after what has to come before it; whether it could be done."""
        state = self.state(case)
        if action in ("suspend", "void"):
            return self._decided(case, action)
        if action == "overdue":
            return self._overdue(case)
        if action == "join":
            return self._join(case)
        if not self._prepared(case, action) or self.state(case) != state:
            return False
        if action in BY_REPORTERS:
            who = "first"
            if "reporter" in TABLE[action].by and self.cases[case]["joined"] and self.dice.random() < 0.5:
                who = "joined"
        else:
            names = self.able(case, action)
            if action == "decide":
                names = self._deciders(case)
            if not names:
                return False
            who = self.dice.choice(names)
        done = self.do(who, case, action, self.fields(case, action))
        assert done["refused"] in (None, *_OPEN_TO_REFUSAL.get(action, ())), (who, action, state, done)
        return done["refused"] is None

    def _prepared(self, case: str, action: str) -> bool:
        """Whether what has to be there for the action is there, or could be brought about in the same state."""
        row = self.row(case)
        if action in HERE_FIRST and not self.able(case, action):
            first = HERE_FIRST[action]
            return row["state"] in TABLE[first].sources and self.step(case, first) and bool(self.able(case, action))
        if action == "delegate" and not self.able(case, action):
            bureau = {"assignee": self.town.unit("bureau"), "reason": "归口"}
            if self._by_any(case, "reassign", bureau) and self.row(case)["state"] == "dispatched":
                return self.step(case, "sign")
            return False
        if action == "adopt":
            late = command_of(self.moment(), "sign", version=row["version"] + 7)
            self.town.act(self.dice.choice(self.able(case, action)), case, late)
        if action == "merge" and len(self.cases) < 2:
            self.report("light")
        return True

    def _by_any(self, case: str, action: str, fields: dict[str, Any]) -> bool:
        names = self.able(case, action)
        return bool(names) and self.do(self.dice.choice(names), case, action, fields)["refused"] is None

    def _deciders(self, case: str) -> list[str]:
        """Who decides the oldest request: never who asked."""
        task = self._request(case)
        leaders = [name for name in self.able(case, "decide") if task["kind"] == "correction" or "duty leader" in name]
        asked = {name for name, person in self.town.people.items() if str(person.user) == task["asked_by"]}
        return [name for name in leaders if name not in asked and starts(task["desk"], name, self.town)]

    def _request(self, case: str) -> dict[str, Any]:
        return (self.open_tasks(case, "extend", "suspend", "void", "correction") or [{"asked_by": "", "kind": ""}])[0]

    def _decided(self, case: str, kind: str) -> bool:
        """What is asked for by one and granted by another: the system does it."""
        if not self.open_tasks(case, kind):
            fields = {"request": kind, "reason": "暂无材料", "until": self.after(days=40)}
            names = [name for name in self.able(case, "request") if name != "city duty leader"]
            if not names or self.do(self.dice.choice(names), case, "request", fields)["refused"]:
                return False
        task = self.open_tasks(case, kind)[0]
        if task["asked_by"] == str(self.town.people["city duty leader"].user):
            return False
        fields = {"task": task["id"], "granted": True, "reason": "同意"}
        done = self.do("city duty leader", case, "decide", fields)
        assert done["state"] == {"suspend": "suspended", "void": "void"}[kind]
        return True

    def _overdue(self, case: str) -> bool:
        """Something runs out: what the desk has supervised, else the other platform's deadline."""
        if self.state(case) == "transferred":
            return self.wait(timedelta(days=31)) > 0
        if not self.step(case, "supervise"):
            return False
        return self.wait(timedelta(days=12)) > 0

    def _join(self, case: str) -> bool:
        row, known = self.row(case), self.cases[case]
        if row["confidentiality"] != "public" or known["joined"]:
            return False
        known["joined"] = "".join(self.dice.choice(LETTERS) for _ in range(8))
        self.town.join(case, known["joined"])
        return True

    def after(self, **much: float) -> str:
        """A moment from now on."""
        return (self.now + timedelta(**much)).isoformat()

    def fields(self, case: str, action: str) -> dict[str, Any]:
        """What an action on this case needs, whole and right, in one of many ways."""
        town, dice, row = self.town, self.dice, self.row(case)
        units = [str(town.units["parks"])]
        away = {"unavailable": "denied"}
        to = [town.post("worker"), town.post("leader of the grid"), town.post("handler")]
        if row["region_code"].startswith(town.grid.code[:12]):
            to.append(town.unit("community centre"))  # a desk hands down within its own region
        if row["matter_code"] != "L1001":
            to += [
                town.unit("bureau"),
                town.unit("squad"),
                town.unit("drains"),
            ]  # a way up: disputes are mediated first
        if row["ownerless"]:
            to = [town.post("handler"), town.unit("bureau")]
        if action == "merge":
            return {"main_case": next(other for other in (*self.cases, case) if other != case)}
        if action == "decide":
            return {"task": self._request(case)["id"], "granted": dice.random() < 0.2, "reason": "看过了"}
        if action == "adopt":
            late = "select id::text from commands where case_id = %s and refused is not null order by id desc limit 1"
            return {"command": town.conn.execute(late, (case,)).fetchone()[0]}
        if action == "handle":
            impossible = {"outcome": "impossible", "reason": "需要改造", "review_on": self.after(days=60)[:10]}
            return {"outcome": "solved", "reply": "好了", "photos": [SHA]} | (impossible if dice.random() < 0.2 else {})
        if action == "escalate":
            causes = ["danger_to_life"] if row["matter_code"] == "L1001" else ["beyond_powers", "ownerless", None]
            return {"reason": "本级办不了", "cause": dice.choice(causes)}
        if action == "request":
            kinds = {"signed": ["extend", "suspend", "void"], "accepted": ["suspend", "void"],
                     "dispatched": ["suspend", "void"]}.get(row["state"], ["void"])  # fmt: skip
            return {"request": dice.choice(kinds), "reason": "等材料", "until": self.after(days=90)}
        if action == "correct":
            place = self.town.grid.place | {"lng": town.grid.lng + 1e-5}
            return {"reason": "更正", **dice.choice((
                {"urgency": "urgent"}, {"urgency": "ordinary"}, {"address": "八一大道 1 号"}, {"place": place},
                {"matter": {"kind": "matter", "code": dice.choice(("01037", "06013", "06010"))}},
            ))}  # fmt: skip
        return {
            "accept": {"matter": dice.choice(MATTERS)},
            "reject": {"reason": "不属于"}, "unmerge": {"reason": "不同"}, "sign": {},
            "dispatch": {"assignee": dice.choice(to), "co_handlers": dice.choice(([], [town.unit("parks")])),
                         "deadline": dice.choice((None, self.after(days=9)))},
            "reassign": {"assignee": dice.choice(to), "reason": "换人"},
            "delegate": {"assignee": town.post("second handler")},
            "return": {"reason": "不归我管"}, "refuse_escalation": {"reason": "本级应办"},
            "transfer": {"platform": "12345", "number": "NC-7", "deadline": self.after(days=30)},
            "recall": {"reason": "收回"}, "resume": {"reason": "材料到了"}, "reopen": {"reason": "又坏了"},
            "verify_pass": {"photos": [SHA], "note": "好了", "position": away},
            "verify_fail": {"note": "没好", "position": away},
            "contact": {"note": "已联系"}, "arrive": {"position": away}, "progress": {"note": "在修"},
            "check": {"note": "属实"}, "whistle": {"reason": "请配合", "units": units},
            "whistle_answer": {"note": "到了"},
            "mediate": {"mediation": "continued", "present": "双方", "held_at": self.after(hours=-1), "note": "谈了"},
            "supervise": {"reason": "抓紧"}, "supervise_reply": {"note": "好"}, "own": {}, "strike_off": {"note": "销"},
            "consult": {"lead_unit": str(town.units["bureau"]), "units": units,
                        "minutes": dice.choice((None, "会商纪要"))},
            "ask_expert": {"expert": str(town.people["expert"].post_id), "note": "请看"},
            "expert_answer": {"note": "换管"}, "revisit": {"note": "满意"}, "release": {"photos": [SHA]},
            "offer": {"posts": [str(town.people["parks"].post_id)]},
            "evaluate": {"organisation": "评议团", "note": "看过", "evaluation": dice.choice(("solved", "not_solved"))},
            "appeal": {"reason": "请再看"}, "withdraw": {}, "add": {"text": "在门口"}, "remind": {},
            "complain": {"text": "慢"},
            "confirm": {"fixed": dice.random() < 0.5},
            "rate": {"stars": 1, "satisfaction": dice.choice(("satisfied", "dissatisfied"))},
        }[action]  # fmt: skip

    # Ways

    def go(self, case: str, state: str) -> bool:
        """Takes the case to a state by legal steps; whether it got there."""
        tried: set[tuple[str, str]] = set()
        for _ in range(12):
            now = self.state(case)
            if now == state:
                return True
            action = first_step(now, state, tried)
            if action is None:
                return False
            if not self.step(case, action) or self.state(case) == now:
                tried.add((now, action))
        return False

    def visit(self, case: str, state: str, action: str) -> bool:
        """Takes the case to a state and does an action there; whether it was done."""
        if action == "evaluate":
            return self._quarrel(case)
        if action in BEFORE and state not in TABLE[HERE_FIRST[action]].sources:
            at, first = BEFORE[action]
            if not (self.go(case, at) and self.step(case, first)):
                return False
        return self.go(case, state) and self.step(case, action)

    def _quarrel(self, case: str) -> bool:
        """A reporter who is not satisfied, until a third party is asked."""
        for _ in range(4):
            if not self.go(case, "closed"):
                return False
            if self.able(case, "evaluate"):
                return self.step(case, "evaluate")
            if self.do("first", case, "rate", {"stars": 1, "satisfaction": "dissatisfied"})["refused"]:
                return False
        return False


MATTERS = ({"kind": "matter", "code": "01037"}, {"kind": "matter", "code": "06013"}, {"kind": "local", "code": "L1001"})
# What may stand in the way of a legal step by somebody who may: time, level, what was asked or done before.
_OPEN_TO_REFUSAL: dict[str, tuple[str, ...]] = {
    "return": ("return_too_late",),
    "escalate": ("no_level_above",),
    "dispatch": ("mediations_needed",),
    "reassign": ("mediations_needed",),
    "own": ("already_asked",),
    "request": ("already_asked",),
    "merge": ("unknown_case",),
    "withdraw": ("others_joined",),
    "appeal": ("already_appealed",),
    "rate": ("already_rated", "rating_not_open"),
}


def starts(desk: str | None, name: str, town: Town) -> bool:
    """Whether somebody is at this desk or one above it."""
    level = {"city": 4, "district": 6, "street": 9, "community": 12}.get(name.partition(" ")[0], 15)
    return (desk or "").startswith(town.grid.code[:level])


def command_of(moment: str, action: str, **more: Any) -> dict[str, Any]:
    """A command."""
    return {"id": str(uuid7()), "action": action, "occurred_at": moment, **more}


def first_step(start: str, end: str, closed: set[tuple[str, str]]) -> str | None:
    """The first action of the shortest way from state to state that is not known to be closed."""
    queue: deque[tuple[str, str | None]] = deque([(start, None)])
    seen = {start}
    while queue:
        state, first = queue.popleft()
        for source, action, target in WAYS:
            if source == state and target not in seen and (source, action) not in closed:
                if target == end:
                    return first or action
                seen.add(target)
                queue.append((target, first or action))
    return None
