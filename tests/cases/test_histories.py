"""Random histories: whatever people send in whatever order, a case is the replay of its log."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from gezhi.cases import service
from gezhi.cases.clocks import sweep
from gezhi.cases.doctor import examine
from gezhi.cases.schemas import ACTION_SCHEMAS, RATE, REPORT
from gezhi.http.problems import Problem
from tests.cases.conftest import Grid, Person
from tests.cases.helpers import SECRET, command, here, report
from tests.cases.test_workflow import MOVES

SHA = "cd" * 32
CATEGORIES = st.sampled_from(["street_light", "other", "rubbish"])


class House:
    """The people around one grid, and the service's functions as they call them."""

    def __init__(self, conn: Any, grid: Grid, people: dict[str, Person], bureau: uuid.UUID) -> None:
        self.conn, self.grid, self.people, self.bureau = conn, grid, people, bureau
        self.visited: set[tuple[str, str]] = set()

    def report(self, category: str, placed: bool) -> tuple[dict[str, Any], dict[str, Any]]:
        where = {"place": self.grid.place} if placed else {"place": None, "address": "八一广场旁"}
        sent = report([SHA], category=category, **where)
        return sent, self.send(sent)

    def send(self, sent: dict[str, Any]) -> dict[str, Any]:
        return service.take_report(self.conn, REPORT.load(sent), "device:history", None)

    def act(self, who: str, case: str, sent: dict[str, Any]) -> dict[str, Any]:
        user = self.people[who].user
        loaded = ACTION_SCHEMAS[sent["action"]].load(sent)
        return service.act(self.conn, uuid.UUID(case), loaded, user, f"user:{user}")

    def fields(self, action: str, to_unit: bool) -> dict[str, Any]:
        """Right fields for an action."""
        to = {"unit_id": str(self.bureau)} if to_unit else {"post_id": str(self.people["worker"].post_id)}
        return {
            "accept": {"matter": {"kind": "matter", "code": "01037"}},
            "dispatch": {"assignee": to},
            "sign": {},
            "reassign": {"assignee": to, "reason": "换人"},
            "handle": {"outcome": "solved", "reply": "好了", "note": "内部", "photos": [SHA]},
            "verify_pass": {"photos": [SHA], "position": here(self.grid.lng, self.grid.lat)},
            "verify_fail": {"note": "没好", "position": {"unavailable": "denied"}},
        }[action]

    def state(self, case: str) -> tuple[str, int, int]:
        row = self.conn.execute("select state, version, seq from cases where id = %s", (case,)).fetchone()
        return tuple(row)

    def events(self, case: str) -> Any:
        row = self.conn.execute(
            "select array_agg(seq order by seq), array_agg(digest order by seq) from events where case_id = %s", (case,)
        )
        return row.fetchone()


@pytest.fixture
def house(conn: Any, grid: Grid, hire: Callable[..., Person], unit: Any, worker: Person, desk: Person) -> House:
    # In this house whoever is to sign is late from the start, so that clocks run out within a test.
    conn.execute("alter table limits drop constraint if exists limits_amount_check")
    conn.execute("update limits set amount = -1, unit = 'minute' where step = 'sign'")
    bureau = unit("360103", "department", "lamps")
    people = {
        "worker": worker,
        "leader": hire("grid_leader", grid.code),
        "handler": hire("handler", "360103", bureau),
        "desk": desk,
        "stranger": hire("volunteer", "360102002001001"),
    }
    return House(conn, grid, people, bureau)


def machine(house: House) -> type[RuleBasedStateMachine]:
    """The machine over one house: at most two cases, each with what was sent to it so far."""

    class History(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.cases: dict[str, dict[str, Any]] = {}
            self.sent: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = []

        @initialize(category=CATEGORIES, placed=st.booleans())
        def first(self, category: str, placed: bool) -> None:
            self._report(category, placed)

        @precondition(lambda self: len(self.cases) < 2)
        @rule(category=CATEGORIES, placed=st.booleans())
        def second(self, category: str, placed: bool) -> None:
            self._report(category, placed)

        def _report(self, category: str, placed: bool) -> None:
            sent, receipt = house.report(category, placed)
            self.cases[str(receipt["case_id"])] = {"sent": sent, "code": receipt["receipt_code"]}

        def _any(self, dice: random.Random) -> str:
            return dice.choice(sorted(self.cases))

        def _do(self, who: str, case: str, sent: dict[str, Any]) -> dict[str, Any] | None:
            """Send a command; what is refused must leave the case as it was."""
            before, log = house.state(case), house.events(case)
            house.visited.add((before[0], sent["action"]))
            try:
                done = house.act(who, case, sent)
            except Problem:
                done = None
            if done is None or done["refused"]:
                assert (house.state(case), house.events(case)) == (before, log)
            else:
                self.sent.append((who, case, sent, done))
                assert house.state(case)[1:] >= (before[1] + 1, before[2] + 1)
            return done

        @rule(dice=st.randoms(use_true_random=False), to_unit=st.booleans(), count=st.integers(1, 4))
        def legal_steps(self, dice: random.Random, to_unit: bool, count: int) -> None:
            case = self._any(dice)
            for _ in range(count):
                state, version, _ = house.state(case)
                steps = [action for action, (sources, *_) in MOVES.items() if state in sources]
                if not steps:
                    return
                action = dice.choice(steps)
                sent = [command(action, version, **house.fields(action, to_unit)) for _ in house.people]
                outcomes = [self._do(who, case, one) for who, one in zip(house.people, sent, strict=True)]
                wins = [who for who, done in zip(house.people, outcomes, strict=True) if done and not done["refused"]]
                assert len(wins) == 1, f"{wins} did {action} in {state}"

        @rule(
            dice=st.randoms(use_true_random=False), action=st.sampled_from(sorted(MOVES)), stale=st.integers(-2, 2),
            to_unit=st.booleans(),
        )  # fmt: skip
        def any_step(self, dice: random.Random, action: str, stale: int, to_unit: bool) -> None:
            case, who = self._any(dice), dice.choice(sorted(house.people))
            state, version, _ = house.state(case)
            sent = command(action, max(1, version + stale), **house.fields(action, to_unit))
            done = self._do(who, case, sent)
            if stale or state not in MOVES[action][0] or who == "stranger":
                assert done is None or done["refused"], (state, action, who, stale)

        @precondition(lambda self: self.sent)
        @rule(dice=st.randoms(use_true_random=False))
        def a_command_again(self, dice: random.Random) -> None:
            who, case, sent, first = dice.choice(self.sent)
            before = house.state(case), house.events(case)
            again = house.act(who, case, sent)
            assert (again["refused"], again["known"], first["known"]) == (None, True, False)
            assert (house.state(case), house.events(case)) == before

        @rule(dice=st.randoms(use_true_random=False))
        def a_report_again(self, dice: random.Random) -> None:
            case = self._any(dice)
            receipt = house.send(self.cases[case]["sent"])
            assert (receipt["known"], str(receipt["case_id"]), receipt["receipt_code"]) == (
                True, case, self.cases[case]["code"],
            )  # fmt: skip

        @rule(dice=st.randoms(use_true_random=False), stars=st.integers(1, 5))
        def a_rating(self, dice: random.Random, stars: int) -> None:
            case = self._any(dice)
            before = house.state(case)
            rated = house.conn.execute("select stars is not null from cases where id = %s", (case,)).fetchone()[0]
            sent = command("rate", 0) | {"stars": stars, "satisfaction": "satisfied", "comment": "好"}
            del sent["version"]
            try:
                service.rate(house.conn, self.cases[case]["code"], SECRET, RATE.load(sent))
                assert (before[0], rated) == ("closed", False)
            except Problem:
                assert before[0] != "closed" or rated
                assert house.state(case) == before

        @rule()
        def time_passes(self) -> None:
            """Every signature is overdue at once in this house; each is written once."""
            (due,) = house.conn.execute(
                "select count(*) from clocks where stopped_at is null and overdue_at is null and due_at < now()"
            ).fetchone()
            assert [sweep(house.conn, "3601"), sweep(house.conn, "3601")] == [due, 0]

        @invariant()
        def a_case_is_the_replay_of_its_log(self) -> None:
            assert examine() == []

        @invariant()
        def the_clocks_are_those_of_the_state(self) -> None:
            for case in self.cases:
                step, running = house.conn.execute(
                    "select c.step, (select array_agg(k.step) from clocks k"
                    "  where k.case_id = c.id and k.stopped_at is null) from cases c where id = %s",
                    (case,),
                ).fetchone()
                assert running == ([step] if step else None)

        def teardown(self) -> None:
            for table in ("clocks", "commands", "event_bodies", "events", "reports", "cases"):
                house.conn.execute(f"delete from {table}")

    return History


def run(house: House, **more: Any) -> None:
    run_state_machine_as_test(
        machine(house),
        settings=settings(deadline=None, suppress_health_check=list(HealthCheck), database=None, **more),
    )


def test_C1_C4_C6_K3_whatever_is_sent_a_case_is_the_replay_of_its_log(house: House) -> None:
    run(house, max_examples=60, stateful_step_count=20, derandomize=True)
    legal = {(state, action) for action, (sources, *_) in MOVES.items() for state in sources}
    assert legal <= house.visited, f"never tried: {legal - house.visited}"


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_C1_C4_C6_K3_long_histories(house: House) -> None:
    run(house, max_examples=1000, stateful_step_count=40)
