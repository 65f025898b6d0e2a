"""Cases of a post that is absent or handed over: offered, covered, passed on; never lost, never silent (P6, P7)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from gezhi.cases import handover
from gezhi.cases.doctor import examine
from tests.cases.conftest import Grid, Person
from tests.cases.helpers import command, ok, refused

Conn = psycopg.Connection[Any]


@pytest.fixture
def absent(conn: Conn) -> Callable[..., None]:
    """Plans an absence, from an hour ago for a day unless told otherwise."""

    def plan(post: uuid.UUID, cover: uuid.UUID | None = None, *, start: float = -1, hours: float = 24) -> None:
        begin = datetime.now(UTC) + timedelta(hours=start)
        conn.execute(
            "insert into absences (post_id, starts_at, ends_at, reason, covered_by) values (%s, %s, %s, '休假', %s)",
            (post, begin, begin + timedelta(hours=hours), cover),
        )

    return plan


@pytest.fixture
def sweep(conn: Conn) -> Callable[[], int]:
    """What the worker does every 15 seconds; returns how many cases changed."""
    return lambda: handover.apply_absences(conn, "3601")


@pytest.fixture
def alone(conn: Conn, grid: Grid) -> Iterator[None]:
    """Meanwhile nobody else of the community is on duty."""
    took = conn.execute(
        "delete from duty_hours d using posts p"
        " where p.id = d.post_id and p.region_code like %s and p.region_code <> %s returning d.*",
        (f"{grid.code[:12]}%", grid.code),
    ).fetchall()
    yield
    for row in took:
        conn.execute("insert into duty_hours values (%s, %s, %s, %s) on conflict do nothing", row)


def offered(conn: Conn, case: str) -> set[uuid.UUID | None]:
    """The posts and units that a case is offered to now."""
    rows = conn.execute(
        "select coalesce(post_id, unit_id) from tasks where case_id = %s and kind = 'offer' and closed_at is null",
        (case,),
    ).fetchall()
    return {row[0] for row in rows}


def holder(conn: Conn, case: str) -> tuple[Any, ...]:
    """State, version and assignee of a case."""
    row = conn.execute("select state, version, assignee_post_id from cases where id = %s", (case,)).fetchone()
    assert row is not None
    return row


def last(row_of: Any, case: str) -> dict[str, Any]:
    """The newest event of a case."""
    event: dict[str, Any] = row_of(case)["events"][-1]
    return event


def test_P6_an_absence_offers_what_waits_to_the_post_that_covers(
    case: str, worker: Person, mate: Person, hire: Any, absent: Any, sweep: Any, conn: Conn, row_of: Any
) -> None:
    far = hire("grid_worker", "360102002001001")
    absent(worker.post_id, far.post_id)
    assert not far.sees(case)
    assert sweep() == 1
    assert offered(conn, case) == {far.post_id}
    # An offer only: responsibility and version stay where they are until somebody signs.
    assert holder(conn, case) == ("dispatched", 3, worker.post_id)
    event = last(row_of, case)
    assert (event["action"], event["actor_kind"], event["facts"]["absent_post"]) == (
        "offer", "system", str(worker.post_id)
    )  # fmt: skip
    assert f"post:{far.post_id}" in event["audience"]
    assert far.sees(case)
    ok(far.act(case, command("sign", 3)))
    assert holder(conn, case) == ("signed", 4, far.post_id)
    assert offered(conn, case) == set()


def test_P6_without_one_it_is_offered_to_the_others_of_the_grid_on_duty(
    case: str, worker: Person, mate: Person, hire: Any, grid: Grid, absent: Any, sweep: Any, conn: Conn
) -> None:
    assistant = hire("assistant", grid.code)
    hire("assistant", grid.code, on_duty=False)
    hire("volunteer", grid.code)
    absent(worker.post_id)
    sweep()
    assert offered(conn, case) == {mate.post_id, assistant.post_id}


def test_P6_with_nobody_in_the_grid_it_is_offered_to_a_neighbour(
    case: str, worker: Person, enter: Any, grid: Grid, absent: Any, sweep: Any, conn: Conn, alone: None
) -> None:
    near = conn.execute(
        "select max(code) from regions where level = 15 and code like %s and code <> %s",
        (f"{grid.code[:12]}%", grid.code),
    ).fetchone()
    assert near is not None  # the last of the community: no other test has made its worker absent
    neighbour = enter("grid_worker", near[0])
    conn.execute("insert into duty_hours values (%s, 0, 1440, 127)", (neighbour.post_id,))
    absent(worker.post_id)
    assert sweep() == 1
    assert offered(conn, case) == {neighbour.post_id}
    ok(neighbour.act(case, command("sign", 3)))
    assert holder(conn, case)[2] == neighbour.post_id


def test_P6_with_nobody_at_all_it_stays_and_the_desk_hears_when_it_is_overdue(
    case: str, worker: Person, desk: Person, absent: Any, sweep: Any, conn: Conn, alone: None
) -> None:
    absent(worker.post_id)
    assert sweep() == 0
    assert (offered(conn, case), holder(conn, case)) == (set(), ("dispatched", 3, worker.post_id))
    assert desk.sees(case)
    assert conn.execute("select due_at is not null from cases where id = %s", (case,)).fetchone() == (True,)


def test_P7_the_first_to_sign_wins_and_the_others_lose_sight(
    case: str, worker: Person, mate: Person, hire: Any, grid: Grid, absent: Any, sweep: Any, conn: Conn
) -> None:
    sensitive = "update cases set confidentiality = 'sensitive' where id = %s"  # so that the grid alone shows nothing
    conn.execute(sensitive, (case,))
    assistant = hire("assistant", grid.code)
    absent(worker.post_id)
    sweep()
    people = [mate, assistant, worker]
    assert all(person.sees(case) for person in people)
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda person: person.act(case, command("sign", 3)), people))
    won = [person for person, answer in zip(people, answers, strict=True) if answer.status_code == 200]
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert holder(conn, case) == ("signed", 4, won[0].post_id)
    assert [person for person in people if person.sees(case)] == won


def test_P6_what_is_in_work_goes_to_the_post_that_covers(
    signed: str, worker: Person, mate: Person, absent: Any, sweep: Any, conn: Conn, row_of: Any
) -> None:
    absent(worker.post_id, mate.post_id)
    assert sweep() == 1
    assert holder(conn, signed) == ("dispatched", 5, mate.post_id)
    event = last(row_of, signed)
    assert (event["action"], event["actor_kind"]) == ("reassign", "system")
    assert (event["facts"]["why"], event["facts"]["previous_post"]) == ("absence", str(worker.post_id))
    assert mate.tasks()[signed] == "sign"


def test_P6_what_is_in_work_stays_where_nobody_covers(
    signed: str, worker: Person, mate: Person, absent: Any, sweep: Any, conn: Conn
) -> None:
    absent(worker.post_id)
    assert sweep() == 0
    assert (holder(conn, signed), offered(conn, signed)) == (("signed", 4, worker.post_id), set())


def test_P6_a_cover_that_has_ended_covers_nothing(
    send: Any, case: str, worker: Person, mate: Person, hire: Any, grid: Grid, absent: Any, sweep: Any, conn: Conn
) -> None:
    working = str(send()["case_id"])
    ok(worker.act(working, command("sign", 3)))
    gone = hire("assistant", grid.code, ended=True)
    absent(worker.post_id, gone.post_id)
    assert sweep() == 1
    assert offered(conn, case) == {mate.post_id}
    assert holder(conn, working) == ("signed", 4, worker.post_id)


def test_P6_a_units_post_hands_to_its_unit(
    case: str, desk: Person, hire: Any, unit: Any, absent: Any, sweep: Any, conn: Conn
) -> None:
    bureau = unit("360103", "department", "lamps")
    handler = hire("handler", "360103", bureau)
    ok(desk.act(case, command("reassign", 3, assignee={"post_id": str(handler.post_id)}, reason="归口")))
    absent(handler.post_id)
    assert sweep() == 0  # nobody else is there
    colleague = hire("handler", "360103", bureau)
    absent(handler.post_id, start=-0.5)
    assert sweep() == 1
    assert offered(conn, case) == {bureau}
    ok(colleague.act(case, command("sign", 4)))
    assert holder(conn, case) == ("signed", 5, colleague.post_id)


def test_P6_an_absence_takes_effect_once_and_not_before_it_begins(
    case: str, worker: Person, mate: Person, absent: Any, sweep: Any, conn: Conn, row_of: Any
) -> None:
    absent(worker.post_id, start=1)
    absent(worker.post_id, start=-30, hours=2)  # over before anybody looked
    assert (sweep(), offered(conn, case)) == (0, set())
    applied = "select starts_at < now(), applied_at is not null from absences where post_id = %s order by 1"
    assert conn.execute(applied, (worker.post_id,)).fetchall() == [(False, False), (True, True)]
    # It begins: the clock of the session is set ahead, as simulations do.
    conn.execute("select set_config('gezhi.now', (now() + interval '2 hours')::text, false)")
    assert (sweep(), sweep()) == (1, 0)
    assert offered(conn, case) == {mate.post_id}
    assert [event["action"] for event in row_of(case)["events"]].count("offer") == 1


def test_P6_two_workers_at_once_apply_an_absence_once(
    database: str, case: str, worker: Person, mate: Person, absent: Any, conn: Conn, row_of: Any
) -> None:
    absent(worker.post_id)

    def apply(_: int) -> int:
        with psycopg.connect(database, autocommit=True) as own:
            return handover.apply_absences(own, "3601")

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(apply, range(4))) == 1
    assert [event["action"] for event in row_of(case)["events"]].count("offer") == 1


def test_P6_a_case_that_somebody_acts_on_is_left_to_the_next_sweep(
    database: str, send: Any, worker: Person, mate: Person, absent: Any, sweep: Any, conn: Conn
) -> None:
    cases = [str(send()["case_id"]) for _ in range(2)]
    absent(worker.post_id)
    with psycopg.connect(database) as acting:
        acting.execute("select 1 from cases where id = %s for update", (cases[0],))
        assert sweep() == 1
        assert offered(conn, cases[0]) == set()
    assert sweep() == 1
    assert [offered(conn, case) for case in cases] == [{mate.post_id}] * 2
    assert sweep() == 0


def test_P6_the_worker_applies_absences_with_its_sweep(
    app: Any, case: str, worker: Person, mate: Person, absent: Any, conn: Conn
) -> None:
    from gezhi import worker as process

    absent(worker.post_id)
    process._sweep()
    assert offered(conn, case) == {mate.post_id}


@pytest.fixture
def leader(hire: Callable[..., Person], unit: Callable[..., uuid.UUID], grid: Grid) -> Person:
    """The duty leader of the grid's street."""
    return hire("duty_leader", grid.code[:9], unit(grid.code[:9]))


def hand(person: Person, post: uuid.UUID, to: uuid.UUID, reason: str = "调离") -> Any:
    """The response to a hand-over."""
    return person.post(f"/posts/{post}/hand-over", {"to_post_id": str(to), "reason": reason})


def test_P6_a_hand_over_passes_every_open_case_on_with_an_event_each(
    send: Any, case: str, worker: Person, mate: Person, leader: Person, conn: Conn, row_of: Any
) -> None:
    working = str(send()["case_id"])
    ok(worker.act(working, command("sign", 3)))
    assert ok(hand(leader, worker.post_id, mate.post_id)) == {"cases": 2}
    assert (holder(conn, case), holder(conn, working)) == (
        ("dispatched", 4, mate.post_id), ("dispatched", 5, mate.post_id)
    )  # fmt: skip
    for one in (case, working):
        event = last(row_of, one)
        assert (event["action"], event["facts"]["why"]) == ("reassign", "hand_over")
        assert (event["actor_user_id"], event["actor_post_id"]) == (str(leader.user), str(leader.post_id))
        assert row_of(one)["bodies"][-1]["body"] == {"reason": "调离"}
    assert ok(hand(leader, worker.post_id, mate.post_id)) == {"cases": 0}
    deeds = conn.execute(
        "select user_id, detail from audit_trail where deed = 'hand_over' and subject = %s order by id",
        (f"post:{worker.post_id}",),
    ).fetchall()
    assert deeds == [(leader.user, {"to": str(mate.post_id), "cases": n}) for n in (2, 0)]


def test_P6_a_post_that_has_ended_is_handed_over_too(
    case: str, worker: Person, mate: Person, leader: Person, conn: Conn
) -> None:
    conn.execute("update posts set ends_on = '2026-01-02' where id = %s", (worker.post_id,))
    assert ok(hand(leader, worker.post_id, mate.post_id)) == {"cases": 1}
    assert holder(conn, case)[2] == mate.post_id


def test_P6_only_a_duty_leader_in_scope_hands_over(
    case: str, worker: Person, mate: Person, hire: Any, unit: Any, grid: Grid, conn: Conn
) -> None:
    street = grid.code[:9]
    for person in (
        worker,
        hire("dispatcher", street, unit(street)),
        hire("duty_leader", "360102", unit("360102")),
        hire("duty_leader", street, unit(street, "department", "lamps")),
        hire("admin", "3601"),
    ):
        refused(hand(person, worker.post_id, mate.post_id), 404, "not_found")
    assert holder(conn, case) == ("dispatched", 3, worker.post_id)


def test_P6_a_hand_over_goes_to_another_current_post_in_scope(
    case: str, worker: Person, leader: Person, hire: Any, grid: Grid, conn: Conn
) -> None:
    gone, far = hire("grid_leader", grid.code, ended=True), hire("grid_worker", "360102002001001")
    for to in (worker.post_id, gone.post_id, far.post_id, uuid.uuid4()):
        refused(hand(leader, worker.post_id, to), 422, "unknown_assignee")
    refused(hand(leader, uuid.uuid4(), far.post_id), 404, "not_found")
    refused(hand(leader, worker.post_id, far.post_id, " "), 422, "invalid")
    assert holder(conn, case) == ("dispatched", 3, worker.post_id)


def test_the_logs_of_all_these_cases_hold(conn: Conn) -> None:
    # Rows that a test has put into a state by hand differ in just that.
    assert [fault for fault in examine() if "confidentiality" not in fault] == []
