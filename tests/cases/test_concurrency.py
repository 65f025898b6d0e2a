"""Many hands on one case at once (rule C7): one move wins, the others are told, nothing of theirs is dropped."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from gezhi.cases.clocks import sweep
from gezhi.cases.doctor import examine
from tests.cases.helpers import SECRET, SHA, command
from tests.cases.steps import sent
from tests.cases.town import Town
from tests.conftest import Caller

Answer = tuple[int, dict[str, Any]]
ROUNDS = 6


@pytest.fixture(scope="module")
def town(app: Any, database: str, grids: Any) -> Iterator[Town]:
    with psycopg.connect(database, autocommit=True) as conn:
        yield Town(app, conn, next(grids))


@pytest.fixture
def held(town: Town) -> Any:
    """A receipt whose case the bureau's handler is working on, with the parks at their side."""
    receipt = town.report()
    case = receipt["case_id"]
    for who, made in (
        ("city dispatcher", command("reassign", 3, assignee=town.unit("bureau"), reason="归口")),
        ("handler", command("sign", 4)),
    ):
        assert town.act(who, case, made)["refused"] is None
    return receipt


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """The results of calls that begin at the same moment, a thread each."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def answers(responses: list[Any]) -> list[Answer]:
    """Status and body of each; none is a fault of the server."""
    got = [(response.status_code, response.json) for response in responses]
    assert [answer for answer in got if answer[0] >= 500] == []
    return got


def kept(town: Town, made: dict[str, Any]) -> Any:
    """What is kept of a command: the refusal and the content."""
    return town.conn.execute("select refused, content, seq from commands where id = %s", (made["id"],)).fetchone()


def check_losers(town: Town, tries: list[tuple[Any, dict[str, Any]]], got: list[Answer]) -> None:
    """Each loser is told why and how it stands, and all that it said is kept as not adopted (rule C6)."""
    for (_, made), (status, body) in zip(tries, got, strict=True):
        refused, content, seq = kept(town, made)
        if status == 200:
            assert (refused, content) == (None, None)
            assert seq
        else:
            assert (status, body["code"], seq) == (409, refused, None)
            assert body["current"]["state"]
            said = {key: value for key, value in made.items() if key not in ("id", "action", "occurred_at", "version")}
            assert set(content) == set(said)


@pytest.mark.parametrize("_", range(ROUNDS))
def test_C6_C7_of_eight_different_moves_one_wins_and_notes_all_succeed(town: Town, held: Any, _: int) -> None:
    case, people, place = held["case_id"], town.people, {"assignee": town.post("volunteer"), "reason": "改派"}
    moves = [
        ("handler", command("handle", 5, outcome="solved", reply="修好了", photos=[SHA], note="换了灯泡")),
        ("handler", command("return", 5, reason="不归我管")),
        ("handler", command("escalate", 5, reason="本级办不了")),
        ("head", command("delegate", 5, assignee=town.post("second handler"), note="你去")),
        ("district dispatcher", command("reassign", 5, **place)),
        ("district duty leader", command("escalate", 5, reason="请市里协调", cause="beyond_powers")),
        ("city dispatcher", command("reassign", 5, **place)),
        ("city duty leader", command("escalate", 5, reason="权属不清", cause="ownerless")),
    ]
    notes = [
        ("city dispatcher", sent("contact", note="已电话联系")),
        ("street leader", sent("supervise", reason="请抓紧")),
        ("city dispatcher", sent("supervise", reason="市里督办")),
        ("district leader", sent("own", note="我来包案")),
    ]
    reporter = Caller(town.app)
    told = sent("add", text="就在学校门口")
    got = answers(
        at_once([
            *(lambda who=who, made=made: people[who].act(case, made) for who, made in (*moves, *notes)),
            lambda: reporter.post(f"/reports/{held['receipt_code']}/notes", told, X_Gezhi_Secret=SECRET),
        ])
    )  # fmt: skip
    assert Counter(status for status, _ in got[:8]) == {200: 1, 409: 7}
    assert [status for status, _ in got[8:]] == [200] * 5
    check_losers(town, moves, got[:8])
    version, seq, events = town.conn.execute(
        "select version, seq, (select count(*) from events e where e.case_id = c.id) from cases c where id = %s",
        (case,),
    ).fetchone()
    assert (version, seq) == (6, events)


@pytest.mark.parametrize("_", range(ROUNDS))
def test_C6_C7_of_eight_who_sign_what_is_offered_the_first_has_it(town: Town, _: int) -> None:
    case = town.report()["case_id"]
    names = ["handler", "drains", "parks", "power", "roads", "responder", "volunteer"]
    offer = sent("offer", posts=[str(town.people[name].post_id) for name in names], reason="不在岗")
    assert town.act("city dispatcher", case, offer)["refused"] is None
    tries = [(name, command("sign", 3)) for name in ("worker", *names)]
    got = answers(at_once([lambda who=who, made=made: town.people[who].act(case, made) for who, made in tries]))
    assert Counter(status for status, _ in got) == {200: 1, 409: 7}
    check_losers(town, tries, got)
    winner = tries[[status for status, _ in got].index(200)][0]
    assert town.conn.execute(
        "select state, assignee_post_id, (select count(*) from tasks t where t.case_id = c.id and t.closed_at is null)"
        " from cases c where id = %s",
        (case,),
    ).fetchone() == ("signed", town.people[winner].post_id, 0)


@pytest.mark.parametrize("_", range(ROUNDS))
def test_C7_C11_merges_that_cross_or_follow_each_other_end_in_one_order(town: Town, _: int) -> None:
    a, b, c = (str(town.report(place=None, address="八一广场旁")["case_id"]) for _ in range(3))
    desk, other, third = (town.people[name] for name in ("city dispatcher", "city duty leader", "district dispatcher"))
    place = "update cases set region_code = %s, level = 6 where id::text = any(%s)"
    town.conn.execute(place, (town.grid.code, [a, b, c]))
    got = answers(
        at_once([
            lambda: desk.act(a, command("merge", 1, main_case=b)),
            lambda: other.act(b, command("merge", 1, main_case=a)),
            lambda: third.act(c, command("merge", 1, main_case=a)),
        ])
    )  # fmt: skip
    assert {status for status, _ in got} <= {200, 409, 422}
    mains = "select id::text, main_case_id::text from cases where id::text = any(%s)"
    main = dict(town.conn.execute(mains, ([a, b, c],)).fetchall())
    assert [main[a], main[b]].count(None) == 1, "one of the two stays open"
    for status, case in zip((status for status, _ in got), (a, b, c), strict=True):
        assert (status == 200) is (main[case] is not None)


@pytest.mark.parametrize("_", range(2))
def test_C7_K3_sweeps_while_people_act_write_each_overdue_event_once(town: Town, database: str, _: int) -> None:
    cases = [town.report()["case_id"] for _ in range(6)]
    late = datetime.now(UTC) - timedelta(minutes=5)
    for case in cases:
        assert town.act("city dispatcher", case, sent("supervise", reason="请抓紧"))["refused"] is None
    town.conn.execute("update tasks set due_at = %s where case_id = any(%s)", (late, cases))
    town.conn.execute("update clocks set due_at = %s where case_id = any(%s) and step = 'arrive'", (late, cases))
    worker, desk = town.people["worker"], town.people["city dispatcher"]

    def sweeps() -> list[Any]:
        with psycopg.connect(database, autocommit=True) as own:
            return [sweep(own, "3601") for _ in range(12)]

    def works(act: Callable[[Any], Any]) -> Callable[[], list[Any]]:
        return lambda: [act(case) for case in cases]

    *swept, signed, replied, contacted, progressed = at_once([
        sweeps, sweeps, sweeps,
        works(lambda case: worker.act(case, command("sign", 3))),
        works(lambda case: worker.act(case, sent("supervise_reply", note="马上"))),
        works(lambda case: desk.act(case, sent("contact", note="已联系"))),
        works(lambda case: worker.act(case, sent("progress", note="在路上"))),
    ])  # fmt: skip
    assert {status for status, _ in answers([*signed, *replied, *contacted, *progressed])} == {200}
    total = sum(map(sum, swept)) + sweep(town.conn, "3601")
    marked, written, cases_of = town.conn.execute(
        "select (select count(*) from clocks where case_id = any(%(cases)s) and overdue_at is not null)"
        "     + (select count(*) from tasks where case_id = any(%(cases)s) and overdue_at is not null),"
        " count(*), count(distinct (case_id, coalesce(facts ->> 'task', facts ->> 'clock')))"
        " from events where case_id = any(%(cases)s) and action = 'overdue'",
        {"cases": cases},
    ).fetchone()
    assert marked == written == cases_of == total
    assert len(cases) <= total <= 2 * len(cases)


def test_C4_C7_the_same_command_by_eight_threads_is_done_once(town: Town, held: Any) -> None:
    case, made = held["case_id"], command("handle", 5, outcome="solved", reply="修好了", photos=[SHA])
    got = answers(at_once([lambda: town.people["handler"].act(case, made)] * 8))
    assert {status for status, _ in got} == {200}
    assert len({(body["version"], body["state"]) for _, body in got}) == 1
    handled = "select count(*) from events where case_id = %s and action = 'handle'"
    assert town.conn.execute(handled, (case,)).fetchone() == (1,)
    assert town.conn.execute("select count(*) from commands where id = %s", (made["id"],)).fetchone() == (1,)


@pytest.mark.parametrize("_", range(ROUNDS))
def test_C4_C7_one_id_for_two_cases_at_once_is_one_command(town: Town, _: int) -> None:
    one, other = (town.report()["case_id"] for _ in range(2))
    made = command("sign", 3)
    worker = town.people["worker"]
    got = answers(at_once([lambda: worker.act(one, made), lambda: worker.act(other, made)]))
    assert sorted(status for status, _ in got) == [200, 422]
    assert {body["code"] for status, body in got if status == 422} == {"same_id_other_body"}
    signed = "select count(*) from events where case_id = any(%s) and action = 'sign'"
    assert town.conn.execute(signed, ([one, other],)).fetchone() == (1,)


def test_the_logs_of_all_these_cases_hold(town: Town) -> None:
    """But for what a test has placed by hand."""
    assert [fault for fault in examine() if ": region_code is" not in fault and ": level is" not in fault] == []
