"""The roster through the API: who sees and who plans it (rules P6, P1), and that it holds plans only (F1)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from gezhi.db import uuid7
from tests.cases.conftest import Person
from tests.cases.helpers import ok, refused
from tests.conftest import Caller

Conn = psycopg.Connection[Any]
STREET = "360103001"
COMMUNITY = f"{STREET}001"
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def moment(days: float) -> str:
    """A moment so many days from this morning, as the API writes it."""
    return (TODAY + timedelta(days=days)).isoformat().replace("+00:00", "Z")


def shift(days: float, hours: float = 8) -> dict[str, str]:
    """A shift that begins so many days from now."""
    return {"starts_at": moment(days), "ends_at": moment(days + hours / 24)}


def absence(days: float = 1, length: float = 1, **more: Any) -> dict[str, Any]:
    """An absence as it is sent."""
    return {"starts_at": moment(days), "ends_at": moment(days + length), "reason": "休假", **more}


@pytest.fixture
def leader(hire: Callable[..., Person], unit: Callable[..., uuid.UUID]) -> Person:
    """The duty leader of a street."""
    return hire("duty_leader", STREET, unit(STREET))


@pytest.fixture
def worker(hire: Callable[..., Person]) -> Person:
    """A second worker in a grid of the street."""
    return hire("grid_worker", f"{COMMUNITY}001")


def put(person: Person, post: Any, body: dict[str, Any]) -> Any:
    """The response to new shifts."""
    return person.call("PUT", f"/posts/{post}/shifts", body)


def deeds(conn: Conn, post: uuid.UUID) -> list[tuple[Any, ...]]:
    """The audit trail of a post."""
    return conn.execute(
        "select user_id, deed, detail from audit_trail where subject = %s order by id", (f"post:{post}",)
    ).fetchall()


def row_of(person: Person, post: uuid.UUID, **asked: str) -> dict[str, Any] | None:
    """The roster's row of a post."""
    query = "&".join(f"{name}={quote(value)}" for name, value in ({"place": COMMUNITY} | asked).items())
    rows = [row for row in ok(person.get(f"/roster?{query}"))["items"] if row["post_id"] == str(post)]
    return rows[0] if rows else None


def test_P6_a_roster_shows_hours_shifts_and_absences(leader: Person, worker: Person) -> None:
    ok(put(leader, worker.post_id, {"from": moment(0), "to": moment(7), "shifts": [shift(2.5, 12)]}))
    assert worker.post(f"/posts/{worker.post_id}/absences", absence(3)).status_code == 201
    row = row_of(leader, worker.post_id, **{"from": moment(0), "to": moment(7)})
    assert row is not None
    assert row["name"] == "新人"
    assert (row["role"], row["role_name"], row["unit"]) == ("grid_worker", "网格员", None)
    assert row["region"]["code"] == f"{COMMUNITY}001"
    assert row["hours"] == [{"opens": 0, "closes": 1440, "weekdays": 127}]
    assert [datetime.fromisoformat(s["starts_at"]) for s in row["shifts"]] == [TODAY + timedelta(days=2.5)]
    assert [(a["reason"], a["covered_by"]) for a in row["absences"]] == [("休假", None)]
    # Plans only: no sign-in, no presence, no hours worked.
    assert set(row) == {"post_id", "role", "role_name", "name", "unit", "region", "hours", "shifts", "absences"}
    later = row_of(leader, worker.post_id, **{"from": moment(30)})
    assert later is not None
    assert (later["shifts"], later["absences"]) == ([], [])


def test_P6_the_roster_is_for_the_desks_and_leaders_above_and_for_administrators(
    hire: Any,
    unit: Any,
    worker: Person,
) -> None:
    for role, region in (("dispatcher", STREET), ("leader", "360103"), ("duty_leader", "3601")):
        assert row_of(hire(role, region, unit(region)), worker.post_id)
    assert row_of(hire("admin", "3601"), worker.post_id)


def test_P6_outside_its_scope_there_is_no_roster(hire: Any, unit: Any, app: Any, worker: Person) -> None:
    outsiders = [
        worker,
        hire("dispatcher", "360103002", unit("360103002")),
        hire("dispatcher", COMMUNITY, unit(COMMUNITY), ended=True),
        hire("handler", STREET, unit(STREET, "department", "lamps")),
        hire("leader", STREET, unit(STREET, "department", "lamps")),
    ]
    for person in outsiders:
        refused(person.get(f"/roster?place={COMMUNITY}"), 404, "not_found")
    own = hire("dispatcher", COMMUNITY, unit(COMMUNITY))
    refused(own.get(f"/roster?place={STREET}"), 404, "not_found")
    refused(Caller(app).get(f"/roster?place={COMMUNITY}"), 401, "not_signed_in")


def test_P6_the_head_of_a_unit_sees_the_units_posts_only(hire: Any, unit: Any, worker: Person) -> None:
    lamps = unit(STREET, "department", "lamps")
    head, handler = hire("leader", STREET, lamps), hire("handler", STREET, lamps)
    shown = ok(head.get(f"/roster?place={STREET}"))["items"]
    assert {row["post_id"] for row in shown} == {str(head.post_id), str(handler.post_id)}
    assert {row["unit"]["id"] for row in shown} == {str(lamps)}


def test_the_roster_comes_in_pages(leader: Person) -> None:
    whole = ok(leader.get(f"/roster?place={STREET}&limit=200"))
    assert whole["next_cursor"] is None
    seen, cursor = [], ""
    while cursor is not None:
        page = ok(leader.get(f"/roster?place={STREET}&limit=7" + (f"&cursor={cursor}" if cursor else "")))
        assert len(page["items"]) <= 7
        seen += page["items"]
        cursor = page["next_cursor"]
    assert seen == whole["items"]
    assert len(seen) > 14


@pytest.mark.parametrize(
    "query",
    ["", "place=36", "place=abcd", f"place={STREET}&from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z",
     f"place={STREET}&from=2026-01-01T00:00:00Z&to=2026-05-01T00:00:00Z", f"place={STREET}&limit=0",
     f"place={STREET}&from=2026-01-01"],
)  # fmt: skip
def test_a_roster_asked_for_wrongly_is_refused(leader: Person, query: str) -> None:
    refused(leader.get(f"/roster?{query}"), 422, "invalid")


def test_P6_shifts_of_a_period_are_replaced_and_others_stay(leader: Person, worker: Person, conn: Conn) -> None:
    ok(put(leader, worker.post_id, {"from": moment(0), "to": moment(10), "shifts": [shift(1), shift(5), shift(8)]}))
    done = ok(put(leader, worker.post_id, {"from": moment(4), "to": moment(7), "shifts": [shift(6), shift(4.5)]}))
    assert [datetime.fromisoformat(s["starts_at"]) for s in done["items"]] == [
        TODAY + timedelta(days=4.5), TODAY + timedelta(days=6)
    ]  # fmt: skip
    kept = conn.execute("select starts_at from shifts where post_id = %s order by 1", (worker.post_id,)).fetchall()
    assert [(row[0] - TODAY) / timedelta(days=1) for row in kept] == [1, 4.5, 6, 8]
    assert [(user, deed, detail["shifts"]) for user, deed, detail in deeds(conn, worker.post_id)] == [
        (leader.user, "set_shifts", 3), (leader.user, "set_shifts", 2)
    ]  # fmt: skip
    ok(put(leader, worker.post_id, {"from": moment(0), "to": moment(20), "shifts": []}))
    assert conn.execute("select count(*) from shifts where post_id = %s", (worker.post_id,)).fetchone() == (0,)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"from": moment(0), "to": moment(7), "shifts": [shift(1, 25)]}, "shifts.0.ends_at"),
        ({"from": moment(0), "to": moment(7), "shifts": [shift(1, -1)]}, "shifts.0.ends_at"),
        ({"from": moment(0), "to": moment(7), "shifts": [shift(7)]}, "shifts"),
        ({"from": moment(0), "to": moment(7), "shifts": [shift(1), shift(1.2)]}, "shifts"),
        ({"from": moment(0), "to": moment(100), "shifts": []}, "to"),
        ({"from": moment(0), "to": moment(7)}, "shifts"),
    ],
)
def test_P6_shifts_that_cannot_be_are_refused(
    leader: Person, worker: Person, conn: Conn, body: dict[str, Any], field: str
) -> None:
    assert field in refused(put(leader, worker.post_id, body), 422, "invalid")["fields"]
    assert deeds(conn, worker.post_id) == []


def test_P6_a_shift_into_the_next_period_is_not_overlapped(leader: Person, worker: Person, conn: Conn) -> None:
    ok(put(leader, worker.post_id, {"from": moment(0), "to": moment(1), "shifts": [shift(0.9, 12)]}))
    refused(put(leader, worker.post_id, {"from": moment(1), "to": moment(2), "shifts": [shift(1.1)]}), 422, "invalid")
    assert conn.execute("select count(*) from shifts where post_id = %s", (worker.post_id,)).fetchone() == (1,)


def test_P6_only_duty_leaders_and_administrators_in_scope_plan_shifts(
    hire: Any,
    unit: Any,
    worker: Person,
) -> None:
    body = {"from": moment(0), "to": moment(7), "shifts": [shift(1)]}
    others = [
        worker,
        hire("dispatcher", STREET, unit(STREET)),
        hire("leader", STREET, unit(STREET)),
        hire("duty_leader", "360103002", unit("360103002")),
        hire("duty_leader", STREET, unit(STREET, "department", "lamps")),
        hire("admin", "360104"),
    ]
    for person in others:
        refused(put(person, worker.post_id, body), 404, "not_found")
    for person in (hire("duty_leader", "3601", unit("3601")), hire("admin", "3601")):
        ok(put(person, worker.post_id, body))
        refused(put(person, uuid7(), body), 404, "not_found")


def test_P6_one_plans_ones_own_absence_and_the_duty_leader_anybodys(
    leader: Person,
    worker: Person,
    hire: Any,
    conn: Conn,
) -> None:
    url = f"/posts/{worker.post_id}/absences"
    mate = hire("grid_leader", f"{COMMUNITY}002")
    first = worker.post(url, absence(1, covered_by=str(mate.post_id)))
    assert first.status_code == 201
    again = worker.post(url, absence(1, covered_by=str(mate.post_id)))
    assert (again.status_code, again.json) == (200, first.json)
    assert leader.post(url, absence(5)).status_code == 201
    refused(mate.post(url, absence(9)), 404, "not_found")
    assert [(user, deed, detail["covered_by"]) for user, deed, detail in deeds(conn, worker.post_id)] == [
        (worker.user, "register_absence", str(mate.post_id)), (leader.user, "register_absence", None)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (absence(1.5), 409, "absence_overlaps"),
        (absence(1, reason="培训"), 409, "absence_overlaps"),
        (absence(0.5, 2), 409, "absence_overlaps"),
        (absence(-2, 1), 422, "absence_over"),
        (absence(3, 400), 422, "invalid"),
        (absence(3, 0), 422, "invalid"),
        (absence(3, reason=" "), 422, "invalid"),
        (absence(3, covered_by=str(uuid.uuid4())), 422, "unknown_assignee"),
    ],
)
def test_P6_absences_that_cannot_be_are_refused(
    worker: Person, conn: Conn, sent: dict[str, Any], status: int, code: str
) -> None:
    url = f"/posts/{worker.post_id}/absences"
    assert worker.post(url, absence(1)).status_code == 201
    refused(worker.post(url, sent), status, code)
    assert len(deeds(conn, worker.post_id)) == 1


def test_P6_who_covers_is_a_colleague_whose_post_goes_on(worker: Person, leader: Person, hire: Any, unit: Any) -> None:
    url, far = f"/posts/{worker.post_id}/absences", hire("grid_worker", "360104002001001")
    gone = hire("grid_worker", f"{COMMUNITY}002", ended=True)
    of_unit = hire("handler", STREET, unit(STREET, "department", "lamps"))
    for cover in (far, gone, of_unit, worker):
        refused(worker.post(url, absence(1, covered_by=str(cover.post_id))), 422, "unknown_assignee")
    assert leader.post(url, absence(1, covered_by=str(of_unit.post_id))).status_code == 201


def test_P6_an_absence_to_come_is_taken_back_and_a_running_one_ends_now(worker: Person, conn: Conn) -> None:
    url = f"/posts/{worker.post_id}/absences"
    running, coming = worker.post(url, absence(-0.5, 2)).json, worker.post(url, absence(4)).json
    for planned in (running, coming):
        assert worker.call("DELETE", f"{url}/{quote(planned['starts_at'])}").status_code == 204
        refused(worker.call("DELETE", f"{url}/{quote(planned['starts_at'])}"), 404, "not_found")
    left = conn.execute("select ends_at <= now() from absences where post_id = %s", (worker.post_id,)).fetchall()
    assert left == [(True,)]
    assert conn.execute("select on_duty_v1(%s, clock_timestamp())", (worker.post_id,)).fetchone() == (True,)
    assert [deed for _, deed, _ in deeds(conn, worker.post_id)] == [*["register_absence"] * 2, *["end_absence"] * 2]


@pytest.mark.parametrize("starts_at", ["tomorrow", "2026-11-20", "2026-11-20T08:00:00"])
def test_an_absence_is_named_by_its_moment(worker: Person, starts_at: str) -> None:
    refused(worker.call("DELETE", f"/posts/{worker.post_id}/absences/{starts_at}"), 404, "not_found")


def test_P6_nobody_else_ends_an_absence(worker: Person, hire: Any, conn: Conn) -> None:
    planned = worker.post(f"/posts/{worker.post_id}/absences", absence(1)).json
    other = hire("grid_leader", f"{COMMUNITY}001")
    url = f"/posts/{worker.post_id}/absences/{quote(planned['starts_at'])}"
    refused(other.call("DELETE", url), 404, "not_found")
    assert len(deeds(conn, worker.post_id)) == 1
