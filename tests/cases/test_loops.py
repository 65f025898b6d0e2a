"""All three loops (三级循环) over the real codes of the city, by clocks that are worked out apart."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from gezhi.cases.doctor import examine
from gezhi.cases.words import loop_name
from tests.cases.conftest import Grid, Person
from tests.cases.town import Town
from tests.cases.walking import CITY_TIME, Walk
from tests.cases.working_time import Calendar

GRIDS = 40
MOST = timedelta(seconds=1)  # a clock that was paused keeps whole seconds
DESKS = {12: "community dispatcher", 9: "street dispatcher", 6: "district dispatcher", 4: "city dispatcher"}
ABOVE = {12: 9, 9: 6, 6: 4}
WHY: dict[str, dict[str, str]] = {"dispatch": {}, "reassign": {"reason": "下派"}}
LOOPS = {12: "微循环", 9: "小循环", 6: "大循环", 4: "大循环"}
_CITY = """
select code, st_x(point), st_y(point) from regions g
 where level = 15 and not exists (
   select from regions o where o.level = 15 and o.code <> g.code and st_covers(o.geom, g.point))
 order by code
"""
_CLOCKS = "select to_jsonb(k) from clocks k where case_id = %s"
_OVERDUE = "select facts ->> 'clock' from events where case_id = %s and action = 'overdue' and facts ? 'clock'"


@pytest.fixture(scope="module")
def conn(database: str) -> Iterator[Any]:
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def calendar(conn: Any) -> Calendar:
    return Calendar.read(conn)


@pytest.fixture(scope="module")
def city(conn: Any) -> list[Grid]:
    """Grids of all districts and every matter there is, the same ones each time."""
    found = [Grid(*row) for row in conn.execute(_CITY).fetchall()]
    return random.Random(3601).sample(found, GRIDS)


@pytest.fixture(scope="module")
def matters(conn: Any) -> list[dict[str, Any]]:
    rows = conn.execute("select to_jsonb(m) from city_matters m where city = '3601' order by kind, code").fetchall()
    found = [row[0] for row in rows]
    random.Random(7).shuffle(found)
    return found


class Journey(Walk):
    """A walk whose every clock is worked out again, and on whose way everything must work."""

    def __init__(self, town: Town, calendar: Calendar, dice: random.Random, begins: datetime) -> None:
        super().__init__(town, dice)
        self.calendar = calendar
        self.now = begins
        town.set_now(begins)
        self.seen: dict[str, set[tuple[str, int]]] = {}
        self.overdue: dict[str, set[tuple[str, int]]] = {}
        self.urban = town.conn.execute(
            "select case when urban_class in (111, 121) then 'town' else 'country' end from regions where code = %s",
            (town.grid.code[:12],),
        ).fetchone()[0]

    def must(self, who: str, case: str, action: str, **fields: Any) -> dict[str, Any]:
        """Does this, and looks at the clocks."""
        done = self.do(who, case, action, fields)
        assert done["refused"] is None, (who, action, self.row(case)["state"], done)
        self.check(case)
        return done

    def legal(self, case: str, action: str) -> None:
        """Does this by anybody who may, and looks at the clocks."""
        assert self.step(case, action), (action, self.row(case))
        self.check(case)

    def clocks(self, case: str) -> dict[tuple[str, int], dict[str, Any]]:
        """The clocks of a case by step and round, their times as moments."""
        found = {}
        for (row,) in self.town.conn.execute(_CLOCKS, (case,)).fetchall():
            times = {key: datetime.fromisoformat(row[key]) for key in row if key.endswith("_at") and row[key]}
            found[row["step"], row["round"]] = row | times
        return found

    def check(self, case: str) -> None:
        """Every clock that has begun since is due when the limits say."""
        row, seen = self.row(case), self.seen.setdefault(case, set())
        for key, clock in self.clocks(case).items():
            if key in seen:
                continue
            seen.add(key)
            step, start = key[0], clock["started_at"]
            own = {"external": row["external_deadline"], "handle": row["deadline"]}.get(step)
            limit = self.calendar.limit(
                "ownership" if step == "dispatch" and row["ownerless"] else step, row, self.urban
            )
            if own:
                due, warn, working = datetime.fromisoformat(own), None, False
            else:
                assert limit, step
                seconds, working = limit
                due = self.calendar.after(start, seconds, working)
                warn = self.calendar.after(start, seconds * 4 // 5, working)
            assert (clock["due_at"], clock["working"]) == (due, working), (key, row["matter_code"], row["urgency"])
            assert warn is None or clock["warn_at"] == warn, key

    def wait(self, much: timedelta) -> int:
        """Lets time pass; each clock that has run out meanwhile is written, once."""
        self.now += much
        for case in self.cases:
            ran_out = self.overdue.setdefault(case, set())
            step = self.row(case)["step"]
            for key, clock in self.clocks(case).items():
                runs = not (clock["stopped_at"] or clock["paused_at"]) and (
                    key[0] in ("contact", "arrive") or key[0] == step
                )
                if runs and clock["due_at"] < self.now:
                    ran_out.add(key)
        count = super().wait(timedelta())
        for case, ran_out in self.overdue.items():
            written = [row[0] for row in self.town.conn.execute(_OVERDUE, (case,)).fetchall()]
            assert Counter(written) == Counter(step for step, _ in ran_out), case
        return count

    def pause(self) -> None:
        """Some minutes, hours or days go by."""
        much = self.dice.choice((2, 11, 35, 200, 900, 4000))
        self.wait(timedelta(minutes=self.dice.randint(1, much)))

    def level(self, case: str, level: int) -> None:
        """The case sits at this level, and so in this loop."""
        assert self.row(case)["level"] == level
        assert loop_name(level).startswith(LOOPS[level])

    # The ways through the loops

    def begin(self, matter: dict[str, Any], phone: bool) -> str:
        """A report of this matter; it waits for its desk or for whoever is responsible."""
        told = {"reporter": {"name": "老周", "phone": "13870001234"}} if phone else {}
        named = {"kind": matter["kind"], "code": matter["code"]}
        receipt = self.town.report(occurred_at=self.moment(), category=None, matter=named, **told)
        case = str(receipt["case_id"])
        self.cases[case] = {"code": receipt["receipt_code"], "joined": None}
        self.check(case)
        running = {step for (step, _), clock in self.clocks(case).items() if not clock["stopped_at"]}
        row = self.row(case)
        assert ("contact" in running) is phone
        assert ("arrive" in running) is (row["assignee_post_id"] is not None)
        assert row["profile"] == "rapid"
        return case

    def up(self, case: str) -> None:
        """Up to the city, one level at a time; a dispute only after three mediations at each."""
        dispute = self.town.conn.execute(
            "select dispute from city_matters m join cases c on m.city = c.city and kind = matter_kind"
            " and code = matter_code where c.id = %s",
            (case,),
        ).fetchone()[0]
        while (level := self.row(case)["level"]) > 4:
            desk = DESKS[level]
            for held in range(3 if dispute else 0):
                late = self.do(desk, case, "escalate", {"reason": "办不了", "cause": "beyond_powers"})
                assert late["refused"] == "mediations_needed", held
                self.must(desk, case, "mediate", **self.fields(case, "mediate"))
                self.pause()
            self.must(desk, case, "escalate", reason="本级办不了", cause="beyond_powers")
            self.level(case, ABOVE[level])
            assert self.row(case)["state"] == "accepted"
            self.pause()
        assert self.do(DESKS[4], case, "escalate", {"reason": "办不了"})["refused"] == "no_level_above"

    def down(self, case: str) -> None:
        """From the city's desk to the district's, the street's, the community's, and to the worker (下派)."""
        first = "dispatch" if self.row(case)["state"] == "accepted" else "reassign"  # some matters are the city's own
        self.must(DESKS[4], case, first, assignee=self.town.unit("district centre"), **WHY[first])
        self.level(case, 6)
        for level, centre in ((6, "street centre"), (9, "community centre")):
            self.pause()
            self.must(DESKS[level], case, "reassign", assignee=self.town.unit(centre), reason="下派")
            self.level(case, 9 if level == 6 else 12)
        self.pause()
        self.must(DESKS[12], case, "reassign", assignee=self.town.post("worker"), reason="交网格员")
        self.level(case, 12)

    def suspended(self, case: str, days: float) -> None:
        """Asked for, granted, and taken up again; the clock has as much of its own time left as before."""
        step = self.row(case)["step"]
        self.must("worker", case, "request", request="suspend", reason="等材料", until=self.after(days=days))
        task = self.open_tasks(case, "suspend")[0]
        self.must("city duty leader", case, "decide", task=task["id"], granted=True, reason="同意")
        paused = self.now
        before = max(item for item in self.clocks(case).items() if item[0][0] == step)
        left = (
            self.calendar.left(paused, before[1]["due_at"], before[1]["working"])
            if before[1]["due_at"] > paused
            else None
        )
        assert self.row(case)["state"] == "suspended"
        events = "select count(*) from events where case_id = %s and facts ->> 'clock' = %s"
        written = self.town.conn.execute(events, (case, step)).fetchone()
        self.wait(timedelta(days=days / 2))
        assert self.town.conn.execute(events, (case, step)).fetchone() == written, "it stands still"
        self.wait(timedelta(days=days / 2, seconds=1))
        clock, row = self.clocks(case)[before[0]], self.row(case)
        assert (row["state"], row["step"], clock["paused_at"]) == (task["wanted"] and "signed", step, None)
        if left is not None:
            due = self.calendar.after(self.now, left, clock["working"])
            assert abs(clock["due_at"] - due) <= MOST
            assert datetime.fromisoformat(row["due_at"]) == clock["due_at"]

    def extended(self, case: str) -> None:
        """More time is asked for and granted: due then, and only then."""
        until = max(self.now, datetime.fromisoformat(self.row(case)["due_at"])) + timedelta(days=3)
        self.must("worker", case, "request", request="extend", reason="缺件", until=until.isoformat())
        task = self.open_tasks(case, "extend")[0]
        self.must("city duty leader", case, "decide", task=task["id"], granted=True, reason="同意")
        assert datetime.fromisoformat(self.row(case)["due_at"]) == until

    def finish(self, case: str) -> Any:
        """Handled and verified; returns the person who verified it."""
        self.to_worker(case)
        self.pause()
        self.legal(case, "handle")
        self.pause()
        who = self.verifier(case)
        self.must(who, case, "verify_pass", **self.fields(case, "verify_pass"))
        assert self.row(case)["state"] == "closed"
        assert all(clock["stopped_at"] for clock in self.clocks(case).values())
        return self.town.people[who].user

    def to_worker(self, case: str) -> None:
        """The worker of the grid has signed it, whoever had it before."""
        row = self.row(case)
        if (
            row["state"] in ("accepted", "dispatched")
            and row["assignee_post_id"] != self.town.post("worker")["post_id"]
        ):
            move = "dispatch" if row["state"] == "accepted" else "reassign"
            self.must(DESKS[row["level"]], case, move, assignee=self.town.post("worker"), **WHY[move])
        if self.row(case)["state"] == "dispatched":
            self.must("worker", case, "sign")

    def verifier(self, case: str) -> str:
        """Who was chosen to verify: a post, maybe of a neighbour, or somebody at the desk."""
        row = self.row(case)
        if row["verifier_post_id"] is None:
            return DESKS[len(row["verifier_region"])]
        post = uuid.UUID(row["verifier_post_id"])
        user = self.town.conn.execute("select user_id from posts where id = %s", (post,)).fetchone()[0]
        name = f"verifier {post}"
        self.town.people[name] = Person(self.town.app, self.town.conn, user, post)
        return name

    def dissatisfied(self, case: str) -> None:
        """The reporter says three times that it is not solved; then a third party says what is so (rule C8)."""
        rating = {"stars": 1, "satisfaction": "dissatisfied", "comment": "没有解决"}
        level, verifiers = self.row(case)["level"], [self.finish(case)]
        self.must("first", case, "rate", **rating)
        assert (self.row(case)["state"], self.row(case)["level"]) == ("dispatched", level)
        verifiers.append(self.finish(case))
        assert len(set(verifiers)) == 2, "another one looks the second time"
        self.must("first", case, "rate", **rating)
        assert (self.row(case)["state"], self.row(case)["level"]) == ("accepted", ABOVE.get(level, level))
        self.finish(case)
        self.must("first", case, "rate", **rating)
        assert (self.row(case)["state"], self.row(case)["final"]) == ("closed", False)
        assert self.open_tasks(case, "evaluation")[0]["desk"] == self.town.grid.code[: min(self.row(case)["level"], 6)]
        self.pause()
        said = {"organisation": "市民评议团", "evaluation": "solved", "note": "现场看过"}
        self.must("district dispatcher" if self.row(case)["level"] >= 6 else DESKS[4], case, "evaluate", **said)
        assert (self.row(case)["state"], self.row(case)["final"]) == ("closed", True)
        assert self.do("first", case, "rate", rating)["refused"] in ("rating_not_open", "already_rated")

    def elsewhere(self, case: str) -> None:
        """Passed to another platform, whose deadline runs out, and taken back."""
        deadline = self.now + timedelta(days=self.dice.randint(2, 9))
        desk = self.dice.choice(self.able(case, "transfer"))
        self.must(desk, case, "transfer", platform="12345", number="NC-1", deadline=deadline.isoformat())
        self.wait(timedelta(days=1))
        assert "external" not in {step for step, _ in self.overdue[case]}
        self.wait(timedelta(days=9))
        assert "external" in {step for step, _ in self.overdue[case]}
        self.legal(case, "recall")
        assert self.row(case)["external_platform"] is None


def journey(number: int, app: Any, conn: Any, city: list[Grid], calendar: Calendar) -> Journey:
    """The journey of this number, with its own grid, dice, and moment to begin: any hour of any day."""
    dice = random.Random(number)
    begins = datetime.combine(date(2026, 3, 2), datetime.min.time(), CITY_TIME) + timedelta(
        minutes=dice.randrange(200 * 1440)
    )
    return Journey(Town(app, conn, city[number]), calendar, dice, begins)


@pytest.mark.parametrize("number", range(GRIDS))
def test_C8_C9_K1_K2_K3_a_case_goes_through_all_loops_and_its_clocks_are_right(
    number: int, app: Any, conn: Any, city: list[Grid], calendar: Calendar, matters: list[dict[str, Any]]
) -> None:
    walk = journey(number, app, conn, city, calendar)
    case = walk.begin(matters[number % len(matters)], phone=number % 2 == 0)
    walk.pause()
    if number % 4 == 3:
        if walk.row(case)["state"] == "reported":
            walk.legal(case, "accept")
        walk.to_worker(case)
        walk.elsewhere(case)
    walk.up(case)
    walk.down(case)
    walk.pause()
    walk.legal(case, "sign")
    if number % 2:
        walk.extended(case)
    walk.suspended(case, days=walk.dice.choice((0.5, 3, 9)))
    walk.dissatisfied(case)
    assert examine() == []
    conn.execute("select set_config('gezhi.now', '', false)")


def test_K2_one_minute_to_accept_two_to_contact_three_to_dispatch_ten_or_thirty_to_arrive(
    app: Any, conn: Any, city: list[Grid], calendar: Calendar, matters: list[dict[str, Any]]
) -> None:
    """At any hour, in any grid of the city, in town and elsewhere."""
    seen = set()
    light = next(matter for matter in matters if matter["code"] == "01037")
    for number in range(0, GRIDS, 3):
        walk = journey(number, app, conn, city, calendar)
        clocks = walk.clocks(walk.begin(light, phone=True))
        got = {step: clock["due_at"] - walk.now for (step, _), clock in clocks.items() if step != "sign"}
        arrive = 10 if walk.urban == "town" else 30
        assert got == {
            step: timedelta(minutes=minutes)
            for step, minutes in (("accept", 1), ("contact", 2), ("dispatch", 3), ("arrive", arrive))
        }
        seen.add(walk.urban)
    assert seen == {"town", "country"}
    conn.execute("select set_config('gezhi.now', '', false)")


@pytest.mark.parametrize(("cause", "stands_still"), [("ownerless", True), ("beyond_powers", False)])
def test_K1_K2_the_decision_on_an_ownerless_case_stands_still_while_suspended_three_minutes_do_not(
    cause: str, stands_still: bool, app: Any, conn: Any, city: list[Grid], calendar: Calendar, matters: list[Any]
) -> None:
    walk = journey(int(stands_still), app, conn, city, calendar)
    light = next(matter for matter in matters if matter["code"] == "01037")
    case = walk.begin(light, phone=False)
    walk.must("worker", case, "escalate", reason="不知归谁", cause=cause)
    desk = DESKS[walk.row(case)["level"]]
    walk.must(desk, case, "request", request="suspend", reason="查权属", until=walk.after(days=20))
    before = walk.clocks(case)["dispatch", 2]["due_at"]
    task = walk.open_tasks(case, "suspend")[0]
    walk.must("city duty leader", case, "decide", task=task["id"], granted=True, reason="同意")
    left = calendar.left(walk.now, before, stands_still)
    Walk.wait(walk, timedelta(days=20, seconds=1))  # what went on running is written with the resuming
    due = calendar.after(walk.now, left, True) if stands_still else before
    assert walk.row(case)["state"] == "accepted"
    assert abs(walk.clocks(case)["dispatch", 2]["due_at"] - due) <= MOST
    conn.execute("select set_config('gezhi.now', '', false)")


def test_K1_the_sums_of_these_tests_know_weekends_and_breaks(calendar: Calendar) -> None:
    friday = datetime(2026, 11, 20, 17, 0, tzinfo=CITY_TIME)
    assert calendar.after(friday, 3600, True) == datetime(2026, 11, 23, 9, 0, tzinfo=CITY_TIME)
    assert calendar.worked(friday, datetime(2026, 11, 23, 14, 0, tzinfo=CITY_TIME)) == 1800 + 12600 + 1800
    assert calendar.after(friday, 3600, False) == friday.astimezone(UTC) + timedelta(hours=1)
