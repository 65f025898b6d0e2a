"""`gezhi doctor` finds what does not agree with the log, and is not disturbed by what has been erased."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

from gezhi.cases.doctor import examine
from gezhi.cli import main
from gezhi.db import connection

COLUMNS = {
    "state": "'signed'", "version": "version + 1", "seq": "seq + 1", "level": "6", "urgency": "'critical'",
    "confidentiality": "'internal'", "channel": "'field'", "category_key": "'road'", "matter_kind": "'part'",
    "matter_code": "'01002'", "region_code": "'360103'", "place_quality": "'unsure'",
    "point": "st_point(115.9, 28.7, 4326)", "origin": "'photo'", "lead_unit_id": "gen_random_uuid()",
    "assignee_post_id": "gen_random_uuid()", "handled_by_post_id": "null", "verifier_post_id": "null",
    "verifier_region": "'3601'", "step": "'verify'", "due_at": "now()", "stars": "1", "satisfaction": "'satisfied'",
    "number": "'360103-20260101-000001'",
}  # fmt: skip


@pytest.fixture
def case(closed: Any, conn: Any) -> str:
    """A closed case in which nothing is wrong; what a test does to it is undone afterwards."""
    conn.execute("delete from events where case_id <> %s", (closed["case_id"],))
    for table in ("event_bodies", "clocks", "commands", "reports"):
        conn.execute(f"delete from {table} where case_id <> %s", (closed["case_id"],))
    conn.execute("delete from cases where id <> %s", (closed["case_id"],))
    assert examine() == []
    return str(closed["case_id"])


@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_row_is_found_and_named(case: str, conn: Any, column: str) -> None:
    conn.execute(f"update cases set {column} = {COLUMNS[column]} where id = %s", (case,))
    faults = examine()
    assert faults
    assert all(fault.startswith(case) for fault in faults)
    shown = {"point": "lng"}.get(column, column)
    assert any(shown in fault for fault in faults)


@pytest.mark.parametrize("seq", range(1, 7))
def test_changed_facts_are_found_even_when_no_column_comes_of_them(case: str, conn: Any, seq: int) -> None:
    changed = 'update events set facts = facts || \'{"why": "bribe"}\' where case_id = %s and seq = %s'
    conn.execute(changed, (case, seq))
    assert examine() == [f"{case}: event {seq} was altered"]


@pytest.mark.parametrize(
    "changed",
    [
        "at = at - interval '1 hour'",
        "occurred_at = occurred_at - interval '1 microsecond'",
        "actor_user_id = gen_random_uuid()",
        "actor_post_id = gen_random_uuid()",
        "actor_kind = 'system'",
    ],
)
def test_who_did_it_and_when_cannot_be_changed_unseen(case: str, conn: Any, changed: str) -> None:
    conn.execute(f"update events set {changed} where case_id = %s and seq = 5", (case,))
    assert examine() == [f"{case}: event 5 was altered"]


@pytest.mark.parametrize("seq", range(1, 7))
def test_a_removed_event_is_found(case: str, conn: Any, seq: int) -> None:
    conn.execute("delete from event_bodies where case_id = %s and seq = %s", (case, seq))
    conn.execute("delete from events where case_id = %s and seq = %s", (case, seq))
    assert examine()


def test_a_log_closed_up_over_a_removed_event_is_found(case: str, conn: Any) -> None:
    conn.execute("delete from events where case_id = %s and seq = 3", (case,))
    for seq in (4, 5, 6):
        conn.execute("update events set seq = seq - 1 where case_id = %s and seq = %s", (case, seq))
        conn.execute("update event_bodies set seq = seq - 1 where case_id = %s and seq = %s", (case, seq))
    assert f"{case}: event 3 was altered" in examine()


def test_a_changed_text_is_found(case: str, conn: Any) -> None:
    changed = 'update event_bodies set body = body || \'{"reply": "没来过"}\' where case_id = %s and seq = 5'
    conn.execute(changed, (case,))
    assert examine() == [f"{case}: event 5 was altered"]


def test_a_text_that_vanished_is_found_but_one_that_was_erased_is_no_fault(case: str, conn: Any, desk: Any) -> None:
    with connection() as lent:
        lent.execute(
            "select erase_v1(e) from cases c, erasure_of_class_v1(c.city, c.id, 'ended_cases', now(), now()) e"
            " where c.id = %s", (case,)
        )  # fmt: skip
    assert examine() == []
    seen = desk.get(f"/cases/{case}").json
    notes = ["已删除", None, None, None, "已删除", "已删除"]
    assert (seen["text"], seen["photos"], [step["note"] for step in seen["timeline"]]) == ("已删除", [], notes)
    conn.execute("delete from event_bodies where case_id = %s and seq = 5", (case,))
    assert examine() == [f"{case}: event 5 was altered"]


def test_a_text_that_was_emptied_without_an_erasure_is_found(case: str, conn: Any) -> None:
    conn.execute(
        "update event_bodies set salt = sha256(salt || convert_to(body::text, 'UTF8')), body = 'null'"
        " where case_id = %s and seq = 5",
        (case,),
    )
    assert examine() == [f"{case}: the body of event 5 was erased, and no erasure says so"]


def test_the_command_says_so_and_fails(case: str, conn: Any) -> None:
    good = CliRunner().invoke(main, ["doctor"])
    assert good.exit_code == 0
    assert good.output.endswith("cannot change the log 应用账号不能改写记录\n0 faults\n")
    conn.execute("update cases set urgency = 'critical' where id = %s", (case,))
    bad = CliRunner().invoke(main, ["doctor"])
    assert bad.exit_code == 1
    assert case in bad.output
    assert "1 faults" in bad.output
