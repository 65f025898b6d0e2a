"""What residents read and say: the public course, the secret, the rating."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from gezhi.cases import answers
from gezhi.cases.doctor import examine
from gezhi.db import uuid7
from tests.cases.helpers import SECRET, SHA, command, now, ok, photo, refused, report
from tests.conftest import Caller

OTHER = "t" * 43


def rating(**changed: Any) -> dict[str, Any]:
    return {
        "id": str(uuid7()), "action": "rate", "occurred_at": now(), "stars": 5, "satisfaction": "satisfied", **changed,
    }  # fmt: skip


@pytest.fixture
def rate(app: Any, closed: Any) -> Callable[..., Any]:
    """Rates the closed case from a phone."""

    def do(secret: str | None = SECRET, **changed: Any) -> Any:
        headers = {"X_Gezhi_Secret": secret} if secret else {}
        return Caller(app).post(f"/reports/{closed['receipt_code']}/notes", rating(**changed), **headers)

    return do


def test_a_case_is_rated_once_by_who_reported_it(rate: Any, closed: Any, desk: Any) -> None:
    sent = {"id": str(uuid7()), "occurred_at": now(), "comment": "很快"}
    course = ok(rate(**sent))
    assert answers.Course().validate(course) == {}
    assert course["rating"]["open"] is False
    assert course["rating"]["given"]["comment"] == "很快"
    assert ok(rate(**sent)) == course, "sent again: the same answer, one rating"
    refused(rate(**sent, stars=1), 422, "same_id_other_body")
    refused(rate(stars=1), 422, "already_rated")
    assert ok(rate(**sent))["rating"]["given"]["stars"] == 5
    steps = desk.get(f"/cases/{closed['case_id']}").json["timeline"]
    assert [step["action"] for step in steps].count("rate") == 1


@pytest.mark.parametrize(("secret", "status", "code"), [(OTHER, 404, "not_found"), (None, 403, "missing_header")])
def test_who_has_only_the_code_cannot_rate(
    rate: Any, closed: Any, row_of: Any, secret: str | None, status: int, code: str
) -> None:
    before = row_of(closed["case_id"])
    refused(rate(secret), status, code)
    assert row_of(closed["case_id"]) == before


def test_another_cases_secret_does_not_rate_this_one(app: Any, closed: Any, send: Any) -> None:
    send(secret=OTHER)
    answer = Caller(app).post(f"/reports/{closed['receipt_code']}/notes", rating(), X_Gezhi_Secret=OTHER)
    refused(answer, 404, "not_found")


def test_a_case_is_not_rated_before_it_is_closed(send: Any, app: Any, row_of: Any) -> None:
    receipt = send()
    before = row_of(receipt["case_id"])
    answer = Caller(app).post(f"/reports/{receipt['receipt_code']}/notes", rating(), X_Gezhi_Secret=SECRET)
    refused(answer, 422, "rating_not_open")
    assert row_of(receipt["case_id"]) == before


@pytest.mark.parametrize(("days", "open_"), [("13 days 23 hours", True), ("14 days 1 hour", False)])
def test_rating_is_open_for_14_days(rate: Any, closed: Any, conn: Any, app: Any, days: str, open_: bool) -> None:
    conn.execute("update cases set closed_at = now() - %s::interval where id = %s", (days, closed["case_id"]))
    assert Caller(app).get(f"/reports/{closed['receipt_code']}").json["rating"]["open"] is open_
    if open_:
        ok(rate())
    else:
        refused(rate(), 422, "rating_not_open")


@pytest.mark.parametrize(
    "changed",
    [{"stars": 0}, {"stars": 6}, {"stars": "5"}, {"stars": 4.5}, {"satisfaction": "great"}, {"comment": "长" * 501},
     {"comment": ""}, {"action": "sign"}, {"version": 3}, {"id": "x"}],
)  # fmt: skip
def test_a_faulty_rating_is_refused(rate: Any, closed: Any, row_of: Any, changed: dict[str, Any]) -> None:
    before = row_of(closed["case_id"])
    problem = refused(rate(**changed), 422, "invalid")
    assert list(problem["fields"]) == [next(iter(changed))]
    assert row_of(closed["case_id"]) == before


def test_P8_the_course_shows_roles_and_the_reply_and_nothing_else_of_persons(
    app: Any, closed: Any, conn: Any, worker: Any, rate: Any
) -> None:
    ok(rate(comment="谢谢万师傅"))
    names = [name for (name,) in conn.execute("select name from users where name <> '新人'").fetchall()]
    public = Caller(app).get(f"/reports/{closed['receipt_code']}")
    assert answers.Course().validate(public.json) == {}
    text = json.dumps(public.json, ensure_ascii=False)
    (worker_name,) = conn.execute("select name from users where id = %s", (worker.user,)).fetchone()
    assert worker_name in names
    assert worker_name not in text
    assert "新人" not in text
    assert "库存不多了" not in text, "the internal note"
    assert "谢谢万师傅" not in text, "the reporter's comment"
    assert "路灯不亮" not in text, "the reporter's text"
    assert (public.json["reply"], public.json["photos"], public.json["mine"]) == ("已更换灯泡", [], False)
    assert public.json["rating"]["given"]["comment"] is None
    assert [step["who"] for step in public.json["steps"] if step["who"]] == ["网格员", "网格员", "网格长"]


def test_P8_photos_are_for_the_secret_only(app: Any, send: Any, grid: Any) -> None:
    phone = Caller(app)
    sha = phone.put_photo(photo())
    receipt = phone.post("/reports", report([sha], place=grid.place)).json
    path = f"/reports/{receipt['receipt_code']}"
    for secret, shown in ((SECRET, [sha]), (OTHER, []), (SECRET.upper(), []), ("", [])):
        course = phone.get(path, X_Gezhi_Secret=secret).json
        assert [one["sha256"] for one in course["photos"]] == shown
        assert course["mine"] is bool(shown)
    assert phone.get(path).json["photos"] == []


@pytest.mark.parametrize("path", ["", "/qr.svg"])
@pytest.mark.parametrize("code", ["NOSUCHCD", "abc", "%00", "A%00CDEFGH", "%27%3B--", "A" * 5000, "甲乙丙丁"])
def test_an_unknown_code_is_not_found_whatever_it_is(resident: Any, code: str, path: str) -> None:
    refused(resident.get(f"/reports/{code}{path}"), 404, "not_found")
    if not path:
        answer = resident.post(f"/reports/{code}/notes", rating(), X_Gezhi_Secret=SECRET)
        refused(answer, 404, "not_found")


def test_the_receipts_QR_leads_to_its_page(resident: Any, closed: Any) -> None:
    answer = resident.get(f"/reports/{closed['receipt_code']}/qr.svg")
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    assert b"<svg" in answer.data


def test_the_course_is_told_in_the_readers_language(app: Any, closed: Any) -> None:
    english = Caller(app).get(f"/reports/{closed['receipt_code']}", Accept_Language="en").json
    assert english["state_name"] == "Done"
    assert all(step["name"].isascii() for step in english["steps"])


@pytest.mark.parametrize("query", ["q=%00", "category=%00", "category=%ED%A0%80", "q=" + "%F0%A0%AE%B7" * 100])
def test_a_list_asked_for_nonsense_is_no_failure(desk: Any, query: str) -> None:
    assert desk.get(f"/cases?view=scope&{query}").status_code in (200, 422)


def test_the_course_survives_a_second_round(send: Any, app: Any, worker: Any, hire: Any, grid: Any) -> None:
    receipt = send()
    mate = hire("grid_leader", grid.code)
    case, handled = receipt["case_id"], {"outcome": "solved", "photos": [SHA]}
    ok(worker.act(case, command("sign", 3)))
    ok(worker.act(case, command("handle", 4, reply="拧紧了", **handled)))
    ok(mate.act(case, command("verify_fail", 5, note="还是不亮")))
    ok(worker.act(case, command("sign", 6)))
    ok(worker.act(case, command("handle", 7, reply="换了灯泡", **handled)))
    course = Caller(app).get(f"/reports/{receipt['receipt_code']}").json
    assert [step["note"] for step in course["steps"] if step["key"] == "handle"] == ["拧紧了", "换了灯泡"]
    assert course["reply"] == "换了灯泡"
    assert "还是不亮" not in json.dumps(course, ensure_ascii=False)


def test_the_logs_of_all_these_cases_hold() -> None:
    assert examine() == []
