"""GET /limits, and the working calendar over HTTP: who may read it, who may edit it, and what is refused."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

DAY = "/calendars/2026/days/2026-11-23"


@pytest.fixture
def admin(sign_in: Any) -> Any:
    """The city's administrator."""
    return sign_in("admin")


@pytest.mark.parametrize("path", ["/limits", "/calendars/2026"])
def test_limits_and_calendars_are_for_who_is_signed_in(path: str, resident: Any, sign_in: Any) -> None:
    assert resident.get(path).status_code == 401
    assert sign_in("grid_worker").get(path).status_code == 200


def test_limits_are_told_with_names_and_null_for_any(admin: Any) -> None:
    found = admin.get("/limits").json
    assert found["profiles"] == [{"region_code": "3601", "profile": "rapid"}]
    fields = {"profile", "matter", "matter_name", "urgency", "urban", "step", "amount", "unit"}
    assert all(set(row) == fields for row in found["limits"])
    assert found["limits"][0] == {
        "profile": "rapid", "matter": None, "matter_name": None, "urgency": None, "urban": None,
        "step": "accept", "amount": 1, "unit": "minute",
    }  # fmt: skip
    light = {
        "profile": "standard", "matter": {"kind": "matter", "code": "01037"}, "matter_name": "路灯异常",
        "urgency": "ordinary", "urban": None, "step": "handle", "amount": 2, "unit": "working_day",
    }  # fmt: skip
    assert light in found["limits"]
    english = admin.get("/limits", Accept_Language="en").json
    assert {**light, "matter_name": "Street light out"} in english["limits"]
    arrivals = {row["urban"]: row["amount"] for row in found["limits"] if row["step"] == "arrive"}
    assert arrivals == {"town": 10, "country": 30}


def test_a_calendar_is_a_whole_year_of_days_and_the_hours_of_work(admin: Any) -> None:
    found = admin.get("/calendars/2027").json
    assert (found["year"], found["hours"]) == (2027, [["08:30", "12:00"], ["13:30", "17:30"]])
    first = date(2027, 1, 1)
    assert [day["day"] for day in found["days"]] == [(first + timedelta(n)).isoformat() for n in range(365)]
    assert found["days"][1] == {"day": "2027-01-02", "working": False, "provisional": True, "edited": False}


def test_K1_the_administrator_edits_a_day_and_what_is_due_follows(admin: Any, conn: Any) -> None:
    due = (
        "select due_at from limit_v1('3601', 'standard', null, null, 'ordinary', null, 'verify', '2026-11-20 16:30+08')"
    )
    monday = conn.execute(due).fetchone()[0]
    answer = admin.call("PUT", DAY, {"working": False})
    edited = {"day": "2026-11-23", "working": False, "provisional": False, "edited": True}
    assert (answer.status_code, answer.json) == (200, edited)
    assert edited in admin.get("/calendars/2026").json["days"]
    assert conn.execute(due).fetchone()[0] == monday + timedelta(days=1)
    assert admin.call("PUT", DAY, {"working": True}).json == {**edited, "working": True}
    assert conn.execute(due).fetchone()[0] == monday


def test_an_edit_is_audited(admin: Any, conn: Any) -> None:
    admin.call("PUT", "/calendars/2026/days/2026-12-05", {"working": True})
    deed = conn.execute(
        "select deed, subject, detail, account from audit_trail join users on users.id = user_id"
        " order by audit_trail.id desc limit 1"
    ).fetchone()
    assert deed == ("calendar_day", "2026-12-05", {"before": False, "working": True}, "admin")


def refused(conn: Any, caller: Any, path: str, body: Any) -> tuple[int, str]:
    """How an edit is refused; nothing is changed by it."""
    state = "select (select count(*) from audit_trail), (select count(*) from calendar_days where edited)"
    before = conn.execute(state).fetchone()
    answer = caller.call("PUT", path, body)
    assert conn.execute(state).fetchone() == before
    return answer.status_code, answer.json["code"]


def test_a_calendar_is_not_there_for_others_to_edit(resident: Any, sign_in: Any, conn: Any) -> None:
    assert refused(conn, resident, DAY, {"working": False}) == (401, "not_signed_in")
    for account in ("grid_worker", "dispatcher", "security_admin", "auditor"):
        assert refused(conn, sign_in(account), DAY, {"working": False}) == (404, "not_found"), account


def test_an_administrator_of_a_district_does_not_edit_the_citys_calendar(admin: Any, conn: Any) -> None:
    move = "update posts set region_code = %s where role = 'admin' and city = '3601'"
    conn.execute(move, ("360102",))
    assert refused(conn, admin, DAY, {"working": False}) == (404, "not_found")
    conn.execute(move, ("3601",))


@pytest.mark.parametrize(
    ("path", "body", "answer"),
    [
        ("/calendars/2040/days/2040-11-23", {"working": True}, (422, "outside_calendar")),
        ("/calendars/2025/days/2025-12-31", {"working": True}, (422, "outside_calendar")),
        ("/calendars/2026/days/2027-01-04", {"working": True}, (404, "not_found")),
        ("/calendars/2026/days/2026-02-30", {"working": True}, (404, "not_found")),
        ("/calendars/2026/days/20261123", {"working": True}, (404, "not_found")),
        (DAY, {}, (422, "invalid")),
        (DAY, {"working": "yes"}, (422, "invalid")),
        (DAY, {"working": None}, (422, "invalid")),
        (DAY, {"working": True, "edited": False}, (422, "invalid")),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused(
    admin: Any, conn: Any, path: str, body: Any, answer: tuple[int, str]
) -> None:
    assert refused(conn, admin, path, body) == answer


def test_a_year_that_is_not_loaded_says_which_are(admin: Any) -> None:
    for year in (0, 1999, 2040, 99999999999999999999):
        answer = admin.get(f"/calendars/{year}", Accept_Language="en")
        assert (answer.status_code, answer.json["code"]) == (422, "outside_calendar")
        assert "from 2026 to 2027" in answer.json["detail"]
