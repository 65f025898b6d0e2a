"""What came too late: kept with all it said, for the desk and for who sent it; the desk may adopt it (C6)."""

from __future__ import annotations

from typing import Any

import pytest

from gezhi.cases import answers
from gezhi.cases.doctor import examine
from tests.cases.helpers import HANDLED, SECRET, here, ok, photo, refused
from tests.cases.steps import course, do, may, says, seen, sent, tries
from tests.conftest import Caller


def kept(person: Any, case: str) -> list[dict[str, Any]]:
    """What somebody reads of what came too late."""
    body = ok(person.get(f"/cases/{case}/not-adopted"))
    assert answers.NotAdoptedList().validate(body) == {}
    return list(body["items"])


@pytest.fixture
def second(hire: Any, grid: Any) -> Any:
    """Somebody else of the grid, who gets the case."""
    return hire("assistant", grid.code)


@pytest.fixture
def late(signed: str, worker: Any, desk: Any, second: Any, grid: Any) -> dict[str, Any]:
    """What the worker did offline while the desk gave the case to somebody else."""
    do(desk, signed, "reassign", assignee={"post_id": str(second.post_id)}, reason="联系不上")
    do(second, signed, "sign")
    shot = worker.put_photo(photo())
    made = sent("handle", version=4, **HANDLED | {"photos": [shot], "note": "下午两点修的"})
    refused(worker.act(signed, made), 409, "not_yours_to_do")
    arrived = sent("arrive", position=here(grid.lng, grid.lat))
    refused(worker.act(signed, arrived), 409, "not_yours_to_do")
    return {"case": signed, "photo": shot, "handle": made["id"], "arrive": arrived["id"]}


def test_C6_desk_and_author_see_all_that_was_sent(late: dict[str, Any], desk: Any, worker: Any, centre: Any) -> None:
    for person in (desk, worker, centre(9)):
        first, other = kept(person, late["case"])
        assert (first["command"], first["action"], first["name"]) == (late["handle"], "handle", "处置反馈")
        assert (first["refused"], first["note"], first["photos"]) == ("not_yours_to_do", "修好了", [late["photo"]])
        assert other["command"] == late["arrive"]


def test_C6_nobody_else_sees_it(late: dict[str, Any], second: Any, enter: Any, centre: Any) -> None:
    assert kept(second, late["case"]) == []
    refused(enter("grid_worker", "360102002001001").get(f"/cases/{late['case']}/not-adopted"), 404, "not_found")
    leader = centre(9, "leader")
    assert leader.sees(late["case"])
    assert kept(leader, late["case"]) == []


def test_P7_the_author_sees_their_own_even_when_the_case_is_no_longer_theirs_to_see(
    late: dict[str, Any], worker: Any, conn: Any
) -> None:
    conn.execute("update cases set confidentiality = 'sensitive' where id = %s", (late["case"],))
    try:
        assert not worker.sees(late["case"])
        assert len(kept(worker, late["case"])) == 2
    finally:
        conn.execute("update cases set confidentiality = 'public' where id = %s", (late["case"],))


def test_C6_a_refusal_says_what_is_so_now_what_is_allowed_and_why(late: dict[str, Any], worker: Any) -> None:
    problem = refused(tries(worker, late["case"], "handle", **HANDLED), 409, "not_yours_to_do")
    now = problem["current"]
    assert (now["state"], now["state_name"], now["version"]) == ("signed", "处置中", 6)
    assert {row["action"] for row in now["allowed"]} == may(worker, late["case"])


def test_C6_the_desk_adopts_it_with_its_words_and_photos(
    late: dict[str, Any], desk: Any, second: Any, worker: Any
) -> None:
    before = seen(desk, late["case"])
    done = do(desk, late["case"], "adopt", command=late["handle"], note="照片能证明")
    step = done["case"]["timeline"][-1]
    assert (step["action"], step["note"], [shown["sha256"] for shown in step["photos"]]) == (
        "adopt", "修好了", [late["photo"]],
    )  # fmt: skip
    assert step["internal_note"] == "照片能证明"
    assert late["photo"] in [shown["sha256"] for shown in done["case"]["photos"] if shown["ready"] is not None]
    assert (done["state"], done["version"]) == (before["state"], before["version"]), "nothing moves by it"
    assert [row["command"] for row in kept(desk, late["case"])] == [late["arrive"]]
    assert "handle" in may(second, late["case"])


def test_C6_what_was_only_a_position_is_adopted_too(late: dict[str, Any], desk: Any) -> None:
    do(desk, late["case"], "adopt", command=late["arrive"])
    assert [row["command"] for row in kept(desk, late["case"])] == [late["handle"]]


def test_C6_it_is_adopted_once_and_only_by_the_desk(
    late: dict[str, Any], desk: Any, worker: Any, second: Any, row_of: Any
) -> None:
    for person in (worker, second):
        refused(tries(person, late["case"], "adopt", command=late["handle"]), 409, "not_yours_to_do")
    do(desk, late["case"], "adopt", command=late["handle"])
    before = row_of(late["case"])
    refused(tries(desk, late["case"], "adopt", command=late["handle"]), 422, "unknown_command")
    assert row_of(late["case"]) == before


def test_C6_only_what_was_refused_on_this_case_is_adopted(
    late: dict[str, Any], desk: Any, send: Any, worker: Any, conn: Any
) -> None:
    other = send()["case_id"]
    signature = do(worker, other, "sign")
    (taken,) = conn.execute("select id from commands where case_id = %s", (other,)).fetchone()
    for wrong in (str(taken), late["handle"], signature["case_id"]):
        refused(tries(desk, other, "adopt", command=wrong), 422, "unknown_command")


def test_C6_what_came_after_the_end_is_adopted_too(handled: str, worker: Any, mate: Any, desk: Any) -> None:
    do(mate, handled, "verify_pass", photos=["cd" * 32])
    refused(tries(worker, handled, "progress", note="我又紧了一遍"), 409, "not_allowed_now")
    (row,) = kept(desk, handled)
    assert do(desk, handled, "adopt", command=row["command"])["case"]["timeline"][-1]["note"] == "我又紧了一遍"


def test_C6_what_a_reporter_sent_too_late_is_kept_and_adopted(closed: Any, resident: Any, desk: Any) -> None:
    refused(says(resident, closed["receipt_code"], "add", text="还漏一盏"), 409, "not_allowed_now")
    (row,) = kept(desk, closed["case_id"])
    assert (row["action"], row["note"], row["by"]) == ("add", "还漏一盏", None)
    do(desk, closed["case_id"], "adopt", command=row["command"], note="转物业")
    assert kept(desk, closed["case_id"]) == []


def test_P8_nothing_of_it_is_in_the_public_course(late: dict[str, Any], desk: Any, app: Any, conn: Any) -> None:
    do(desk, late["case"], "adopt", command=late["handle"], note="照片能证明")
    (code,) = conn.execute("select receipt_code from reports where case_id = %s", (late["case"],)).fetchone()
    for secret in (None, SECRET):
        told = course(Caller(app), code, secret)
        assert "adopt" not in [step["key"] for step in told["steps"]]
        assert "下午两点修的" not in str(told)
        assert late["photo"] not in [shown["sha256"] for shown in told["photos"]]


def test_C6_a_faulty_command_is_not_kept(signed: str, worker: Any, desk: Any) -> None:
    refused(tries(worker, signed, "handle", outcome="solved", reply="好了", photos=[]), 422, "photo_required")
    refused(tries(worker, signed, "handle", outcome="maybe", reply="好了"), 422, "invalid")
    assert kept(desk, signed) == []


def test_the_logs_of_all_these_cases_hold() -> None:
    assert examine() == []
