"""The clocks that a report starts: due and yellow moments, contact and arrival, profiles by place (rules K1, K2)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from gezhi.cases import service
from gezhi.cases.schemas import REPORT
from gezhi.db import uuid7
from tests.cases.helpers import SHA, report
from tests.cases.test_reports import WEST_OF_THE_CITY

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
URBAN = "update regions set urban_class = %s where code = %s"


@pytest.fixture
def take(database: str, grid: Any, conn: Any) -> Any:
    """Takes a report in the test's grid on Friday at noon, and gives its case's clocks by step and its row."""

    def do(**changed: Any) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
        loaded = REPORT.load(report(**{"photos": [SHA], "place": grid.place, **changed}))
        with psycopg.connect(database, autocommit=True, options=f"-c gezhi.now={NOON.isoformat()}") as then:
            facts = service.take_report(then, loaded, f"device:{uuid7()}", None)
        with conn.cursor(row_factory=dict_row) as cursor:
            asked = (facts["case_id"],)
            rows = cursor.execute("select * from clocks where case_id = %s", asked).fetchall()
            case = cursor.execute("select * from cases where id = %s", asked).fetchone()
        return {row["step"]: row for row in rows}, case

    return do


def minutes(clock: dict[str, Any]) -> tuple[float, float]:
    """Of a clock that began at noon: minutes until it turns yellow, and until it is red."""
    assert clock["started_at"] == NOON
    yellow, red = ((clock[part] - NOON).total_seconds() / 60 for part in ("warn_at", "due_at"))
    return yellow, red


def test_K1_each_step_turns_yellow_after_four_fifths_of_its_time(take: Any) -> None:
    clocks, case = take()
    assert minutes(clocks["accept"]) == (0.8, 1)
    assert minutes(clocks["dispatch"]) == (2.4, 3)
    assert minutes(clocks["sign"]) == (24, 30)
    assert [clocks[step]["stopped_at"] for step in ("accept", "dispatch", "sign")] == [NOON, NOON, None]
    assert (case["due_at"], case["warn_at"]) == (clocks["sign"]["due_at"], clocks["sign"]["warn_at"])
    assert (case["step_started_at"], case["created_at"]) == (NOON, NOON)


def test_K2_the_reporter_who_can_be_called_is_within_two_minutes_of_the_report(take: Any) -> None:
    assert "contact" not in take()[0]
    assert "contact" not in take(reporter={"name": "李"})[0]
    clocks, case = take(reporter={"phone": "13870001234"})
    assert minutes(clocks["contact"]) == (1.6, 2)
    assert (case["profile"], clocks["contact"]["stopped_at"], clocks["contact"]["working"]) == ("rapid", None, False)


@pytest.mark.parametrize(("urban", "limit"), [(111, 10), (121, 10), (112, 30), (220, 30), (None, 30)])
def test_K2_who_is_sent_arrives_within_ten_minutes_in_town_and_thirty_elsewhere(
    take: Any, conn: Any, grid: Any, urban: int | None, limit: int
) -> None:
    conn.execute(URBAN, (urban, grid.code[:12]))
    assert minutes(take()[0]["arrive"]) == (0.8 * limit, limit)


def test_K2_nobody_is_on_the_way_before_a_post_has_it(take: Any, conn: Any) -> None:
    clocks, case = take(category=None, matter={"kind": "local", "code": "L1003"}, photos=[])
    assert (case["state"], case["assignee_post_id"], "arrive" in clocks) == ("dispatched", None, False)
    clocks, case = take(category="other")
    assert (case["state"], list(clocks)) == ("reported", ["accept"])


def test_K2_the_longest_code_gives_the_profile_and_the_standard_one_has_no_arrival(
    take: Any, conn: Any, grid: Any
) -> None:
    conn.execute("insert into region_profiles values ('3601', %s, 'standard')", (grid.code,))
    clocks, case = take(reporter={"phone": "13870001234"})
    assert (case["profile"], set(clocks) & {"arrive", "contact"}) == ("standard", set())
    conn.execute("insert into limits (city, profile, kind, code, urgency, urban, step, amount, unit)"
                 " values ('3601', 'standard', '*', '*', '*', '*', 'contact', 4, 'working_hour')")  # fmt: skip
    try:
        clocks, _ = take(reporter={"phone": "13870001234"})
        assert (clocks["contact"]["working"], clocks["contact"]["due_at"] > NOON + timedelta(hours=4)) == (True, True)
    finally:
        conn.execute("delete from limits where profile = 'standard' and step = 'contact'")


def test_K2_a_case_that_lies_in_no_grid_runs_by_the_profile_of_what_is_known(take: Any, conn: Any) -> None:
    clocks, case = take(place=None, address="某处")
    assert (case["profile"], minutes(clocks["accept"])) == ("rapid", (0.8, 1))
    lng, lat = conn.execute(WEST_OF_THE_CITY, (100,)).fetchone()
    conn.execute("update limits set amount = 7 where profile = 'rapid' and step = 'accept'")
    try:
        clocks, case = take(place={"lng": lng, "lat": lat, "origin": "gps"})
    finally:
        conn.execute("update limits set amount = 1 where profile = 'rapid' and step = 'accept'")
    assert (case["place_quality"], case["profile"], minutes(clocks["accept"])) == ("approximate", "rapid", (5.6, 7))


@pytest.mark.parametrize("profile", ["rapid", "standard"])
@pytest.mark.parametrize("urban", ["town", "country"])
@pytest.mark.parametrize("urgency", ["ordinary", "urgent", "critical"])
@pytest.mark.parametrize("code", [None, "01037"])
def test_K1_the_limits_of_a_new_case_are_what_each_step_has_by_itself(
    conn: Any, profile: str, urban: str, urgency: str, code: str | None
) -> None:
    asked = {"profile": profile, "urban": urban, "urgency": urgency, "code": code, "at": NOON}
    of_one = "limit_v1('3601', %(profile)s, 'matter', %(code)s, %(urgency)s, %(urban)s, '{0}', %(at)s) {0}"
    steps = ("accept", "dispatch", "sign", "contact", "arrive")
    one_by_one = conn.execute("select * from " + ", ".join(map(of_one.format, steps)), asked).fetchone()
    at_once = conn.execute(
        "select * from report_limits_v1('3601', %(profile)s, 'matter', %(code)s, %(urgency)s, %(urban)s, %(at)s)",
        asked,
    ).fetchone()
    assert at_once == one_by_one


def test_what_its_sender_has_settled_is_accepted_and_not_dispatched(conn: Any, grid: Any) -> None:
    loaded = REPORT.load(report([SHA], place=grid.place))
    facts = service.take_report(conn, loaded, f"device:{uuid7()}", None, hold=True)
    assert (facts["state"], facts["post_role"], facts["why"]) == ("accepted", None, None)
    row = conn.execute(
        "select version, step, assignee_post_id, level from cases where id = %s", (facts["case_id"],)
    ).fetchone()
    assert row == (2, "dispatch", None, 12)
