"""Reports by every door: residents, staff in the field, and desks that write down what others tell them (代报)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gezhi.cases.words import CHANNELS
from gezhi.db import uuid7
from gezhi.people import vault
from tests.cases.helpers import SHA, refused, report
from tests.conftest import Caller

CALLER = {"name": "涂阿姨", "phone": "138 7000 1234"}


def kept(conn: Any, receipt: dict[str, Any]) -> dict[str, Any]:
    """The row of the report behind a receipt, with its case's channel and place."""
    row = conn.execute(
        "select to_jsonb(r) || jsonb_build_object('case_channel', c.channel, 'quality', c.place_quality, 'region',"
        " c.region_code, 'origin', c.origin, 'level', c.level, 'urgency', c.urgency)"
        " from reports r join cases c on c.city = r.city and c.id = r.case_id where r.receipt_code = %s",
        (receipt["receipt_code"],),
    ).fetchone()
    found: dict[str, Any] = row[0]
    return found


def clocks(conn: Any, receipt: dict[str, Any]) -> set[str]:
    """The steps whose clocks a case has."""
    rows = conn.execute("select step from clocks where case_id = %s", (receipt["case_id"],)).fetchall()
    return {row[0] for row in rows}


def taken(answer: Any) -> dict[str, Any]:
    """The receipt of a report that must have been taken."""
    receipt: dict[str, Any] = answer.json
    assert answer.status_code == 201, receipt
    return receipt


# Who may say how it came


def test_P8_a_desk_writes_down_a_call_and_the_number_is_sealed(desk: Any, conn: Any, grid: Any) -> None:
    receipt = taken(desk.post("/reports", report(place=grid.place, channel="phone", reporter=CALLER)))
    row = kept(conn, receipt)
    assert (row["channel"], row["case_channel"], row["hidden"]) == ("phone", "phone", False)
    assert vault.reveal(conn, row["reporter_id"]) == {"name": "涂阿姨", "phone": "13870001234"}
    assert bytes.fromhex(row["phone_hmac"].removeprefix("\\x")) == vault.phone_hmac("+86 138-7000-1234")
    everything = conn.execute(
        "select string_agg(x::text, '') from (select to_jsonb(e) from events e where case_id = %(case)s"
        " union all select to_jsonb(b) from event_bodies b where case_id = %(case)s"
        " union all select to_jsonb(c) from cases c where id = %(case)s) t (x)",
        {"case": receipt["case_id"]},
    ).fetchone()[0]
    assert "13870001234" not in everything
    assert "涂阿姨" not in everything


@pytest.mark.parametrize("field", ["channel", "region"])
def test_a_resident_does_not_say_by_which_door_or_where_without_a_point(resident: Any, conn: Any, field: str) -> None:
    said = {"channel": "app", "region": "360102"}[field]
    sent = report([SHA], place=None, address="八一广场") | {field: said}
    problem = refused(resident.post("/reports", sent), 422, "invalid")
    assert list(problem["fields"]) == [field]
    assert conn.execute("select count(*) from reports where id = %s", (sent["id"],)).fetchone() == (0,)


@pytest.mark.parametrize("role", ["leader", "expert", "admin", "security_admin", "auditor"])
def test_who_has_no_post_at_a_desk_or_in_the_field_reports_for_nobody(
    enter: Callable[..., Any], conn: Any, grid: Any, role: str
) -> None:
    person = enter(role, "3601", "centre")
    for changed in ({"channel": "phone"}, {"reporter": CALLER}, {"region": "360102"}):
        sent = report([SHA], place=None, address="八一广场", **changed)
        assert list(refused(person.post("/reports", sent), 422, "invalid")["fields"]) == list(changed)
    assert kept(conn, taken(person.post("/reports", report([SHA], place=grid.place))))["channel"] == "app"


@pytest.mark.parametrize(("role", "function"), [("grid_worker", None), ("handler", "urban_management")])
def test_posts_in_the_field_report_what_they_see_and_for_others(
    enter: Callable[..., Any], conn: Any, grid: Any, role: str, function: str | None
) -> None:
    person = enter(role, grid.code if function is None else "360102", function)
    own = taken(person.post("/reports", report([SHA], place=grid.place)))
    told = taken(person.post("/reports", report(place=grid.place, channel="counter", reporter={"name": "老李"})))
    assert (kept(conn, own)["channel"], kept(conn, told)["channel"]) == ("field", "counter")
    assert kept(conn, told)["phone_hmac"] is None


def test_a_queue_of_a_phone_takes_them_too(worker: Any, conn: Any, grid: Any) -> None:
    sent = report(place=grid.place, channel="phone", reporter=CALLER)
    bad = report(place=grid.place, channel="phone", reporter={"phone": "12345"})
    results = worker.post("/commands", {"commands": [{"kind": "report", **one} for one in (sent, bad)]}).json["results"]
    assert [one["status"] for one in results] == [201, 422]
    assert list(results[1]["body"]["fields"]) == ["reporter.phone"]
    assert kept(conn, results[0]["body"])["channel"] == "phone"


# Photos


@pytest.mark.parametrize("channel", CHANNELS)
def test_no_photo_is_asked_for_where_nobody_stands_before_the_problem(desk: Any, grid: Any, channel: str) -> None:
    answer = desk.post("/reports", report(place=grid.place, channel=channel))
    if channel in ("phone", "counter", "platform"):
        assert CHANNELS[channel].photo_waived
        assert answer.status_code == 201
    else:
        refused(answer, 422, "photo_required")


def test_K2_the_danger_tap_is_critical_needs_no_photo_and_waits_for_no_working_time(
    app: Any, worker: Any, conn: Any, grid: Any
) -> None:
    for sender in (Caller(app), worker):
        receipt = taken(sender.post("/reports", report(place=grid.place, danger=True)))
        row = kept(conn, receipt)
        assert row["urgency"] == "critical"
        assert conn.execute(
            "select bool_or(working), max(due_at - started_at) < interval '1 hour' from clocks where case_id = %s",
            (receipt["case_id"],),
        ).fetchone() == (False, True)


# Where there is only an address


def test_P3_an_address_in_a_region_goes_to_the_desk_of_that_region(desk: Any, conn: Any, enter: Any) -> None:
    sent = report(place=None, address="象山南路 12 号", channel="phone", region="360103002")
    receipt = taken(desk.post("/reports", sent))
    row = kept(conn, receipt)
    assert (row["region"], row["quality"], row["origin"], row["level"]) == ("360103002", "unsure", "address", 9)
    assert (receipt["state"], receipt["assigned_to"]["kind"]) == ("reported", "desk")
    assert receipt["number"].startswith("360103-")


def test_P3_a_grid_that_a_desk_knows_by_name_only_is_unsure_and_not_dispatched(desk: Any, conn: Any, grid: Any) -> None:
    sent = report(place=None, address="第一网格老樟树下", channel="phone", region=grid.code)
    receipt = taken(desk.post("/reports", sent))
    row = kept(conn, receipt)
    assert (receipt["state"], row["region"], row["quality"], row["level"]) == ("reported", grid.code, "unsure", 12)


def test_a_region_without_an_address_is_no_place(desk: Any) -> None:
    refused(desk.post("/reports", report(place=None, channel="phone", region="360103")), 422, "place_needed")


@pytest.mark.parametrize("region", ["370102", "3601999", "360199", "360103002999"])
def test_P1_a_region_that_is_not_there_or_of_another_city_is_refused(desk: Any, region: str) -> None:
    sent = report(place=None, address="某处", channel="phone", region=region)
    assert list(refused(desk.post("/reports", sent), 422, "invalid")["fields"]) == ["region"]


def test_a_point_says_more_than_a_region(desk: Any, grid: Any) -> None:
    sent = report(place=grid.place, channel="phone", region=grid.code)
    assert list(refused(desk.post("/reports", sent), 422, "invalid")["fields"]) == ["region"]


# Who speaks


def test_P8_a_resident_may_leave_a_name_and_a_number_or_be_hidden(resident: Any, conn: Any, grid: Any) -> None:
    receipt = taken(resident.post("/reports", report(place=grid.place, category="noise", reporter=CALLER)))
    assert kept(conn, receipt)["reporter_id"]
    assert "contact" in clocks(conn, receipt)
    whistle = {"kind": "local", "code": "L1003"}
    sent = report(place=grid.place, category=None, matter=whistle, reporter={**CALLER, "hidden": True})
    receipt = taken(Caller(resident._client.application).post("/reports", sent))
    assert kept(conn, receipt)["hidden"]
    assert conn.execute("select confidentiality from cases where id = %s", (receipt["case_id"],)).fetchone() == (
        "sensitive",
    )


def test_P8_who_only_wants_to_be_hidden_leaves_nothing_in_the_vault(worker: Any, conn: Any, grid: Any) -> None:
    before = conn.execute("select count(*) from personal_data").fetchone()
    receipt = taken(worker.post("/reports", report([SHA], place=grid.place, reporter={"hidden": True})))
    assert (kept(conn, receipt)["hidden"], kept(conn, receipt)["reporter_id"]) == (True, None)
    assert conn.execute("select count(*) from personal_data").fetchone() == before


def test_C4_the_same_report_again_keeps_its_reporter_once(desk: Any, conn: Any, grid: Any) -> None:
    before = conn.execute("select count(*) from personal_data").fetchone()[0]
    sent = report(place=grid.place, channel="phone", reporter=CALLER)
    first, again = desk.post("/reports", sent), desk.post("/reports", sent)
    assert (first.status_code, again.status_code, first.json) == (201, 200, again.json)
    assert conn.execute("select count(*) from personal_data").fetchone()[0] == before + 1
    other = sent | {"reporter": {"name": "别人", "phone": "13870001235"}}
    refused(desk.post("/reports", other), 422, "same_id_other_body")
    refused(desk.post("/reports", report(place=grid.place, channel="app", reporter=CALLER)), 422, "photo_required")
    assert conn.execute("select count(*) from personal_data").fetchone()[0] == before + 1


def test_the_database_and_the_table_of_channels_agree_on_whose_word_it_is(conn: Any) -> None:
    asked = "select reporter_kind_v1(%s, %s, %s)"
    for channel, row in CHANNELS.items():
        kinds = [
            conn.execute(asked, (who, channel, known)).fetchone()[0]
            for who, known in (("user:1", None), ("device:1", None), ("user:1", uuid7()), ("device:1", uuid7()))
        ]
        assert kinds == ["anonymous" if row.photo_waived else "staff", "anonymous", "known", "known"]


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown channel": ({"channel": "pigeon"}, "channel"),
    "a channel that is no word": ({"channel": 1}, "channel"),
    "a reporter without anything": ({"reporter": {}}, "reporter.name"),
    "a reporter of spaces": ({"reporter": {"name": " \u3000"}}, "reporter.name"),
    "a name of 51 letters": ({"reporter": {"name": "长" * 51}}, "reporter.name"),
    "a number that is none": ({"reporter": {"phone": "110"}}, "reporter.phone"),
    "a number of 31 digits": ({"reporter": {"phone": "1" * 31}}, "reporter.phone"),
    "hidden as a word": ({"reporter": {"name": "李", "hidden": "yes"}}, "reporter.hidden"),
    "something else about a person": ({"reporter": {"name": "李", "id_card": "36"}}, "reporter.id_card"),
    "a reporter that is a name": ({"reporter": "李"}, "reporter"),
    "a region of five digits": ({"region": "36010"}, "region"),
    "a region of other digits": ({"region": "３６０１"}, "region"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_word_about_the_door_is_refused_with_its_path(desk: Any, conn: Any, fault: str) -> None:
    changed, path = FAULTS[fault]
    sent = report([SHA], **changed)
    assert list(refused(desk.post("/reports", sent), 422, "invalid")["fields"]) == [path]
    assert conn.execute("select count(*) from reports where id = %s", (sent["id"],)).fetchone() == (0,)
