"""Cases that another platform is responsible for: its number and its deadline are followed; they can be taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gezhi.cases.clocks import sweep
from gezhi.cases.doctor import examine
from tests.cases.helpers import SECRET, ok, refused
from tests.cases.steps import course, do, may, says, seen, tries, waiting


def to_police(**changed: Any) -> dict[str, Any]:
    end = datetime.now(UTC) + timedelta(days=3)
    return {"platform": "110 接警平台", "number": "JJ2026-0007", "deadline": end.isoformat(), **changed}


@pytest.fixture
def transferred(signed: str, desk: Any) -> str:
    """A case in work that has been passed to the police."""
    do(desk, signed, "transfer", reason="属警情", **to_police())
    return signed


def test_a_transferred_case_shows_platform_number_and_deadline_and_waits_for_nobody_here(
    signed: str, worker: Any, desk: Any
) -> None:
    do(worker, signed, "request", request="void", reason="不归我们")
    fields = to_police()
    done = do(desk, signed, "transfer", **fields)
    case = done["case"]
    assert (done["state"], case["assignee"], case["step"]) == ("transferred", None, "external")
    assert case["external"] == {
        "platform": fields["platform"], "number": fields["number"], "deadline": case["due_at"],
    }  # fmt: skip
    assert case["timeline"][-1]["detail"] == "110 接警平台 JJ2026-0007"
    assert (waiting(desk, signed), signed in worker.tasks(), may(worker, signed)) == ([], False, set())
    assert may(desk, signed) == {"recall"}


def test_K3_the_other_platforms_deadline_is_overdue_once(transferred: str, desk: Any, at: Any, conn: Any) -> None:
    due = datetime.fromisoformat(seen(desk, transferred)["due_at"])
    lights = []
    for moment in (due - timedelta(days=2), due - timedelta(minutes=1), due + timedelta(minutes=1)):
        at(moment)
        sweep(conn, "3601")
        sweep(conn, "3601")
        lights.append(seen(desk, transferred)["light"])
    assert lights == ["green", "yellow", "red"]
    late = [step["detail"] for step in seen(desk, transferred)["timeline"] if step["action"] == "overdue"]
    assert late.count("外部平台办理") == 1


def test_what_comes_back_is_dispatched_anew_and_no_longer_another_platforms(
    transferred: str, desk: Any, worker: Any, mate: Any, conn: Any
) -> None:
    done = do(desk, transferred, "recall", reason="警方说不属警情")
    assert (done["state"], done["case"]["external"], done["case"]["step"]) == ("accepted", None, "dispatch")
    do(desk, transferred, "dispatch", assignee={"post_id": str(mate.post_id)})
    assert mate.tasks()[transferred] == "sign"
    assert "progress" not in may(worker, transferred)


def test_what_waits_for_its_dispatch_is_transferred_too(case: str, worker: Any, desk: Any) -> None:
    do(worker, case, "return", reason="不是我的")
    assert do(desk, case, "transfer", **to_police())["state"] == "transferred"


@pytest.mark.parametrize("state", ["case", "handled"])
def test_what_is_to_be_signed_or_verified_is_not_transferred(state: str, request: Any, desk: Any) -> None:
    refused(tries(desk, request.getfixturevalue(state), "transfer", **to_police()), 409, "not_allowed_now")


def test_its_deadline_lies_ahead(signed: str, desk: Any, row_of: Any) -> None:
    before = row_of(signed)
    gone = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    refused(tries(desk, signed, "transfer", **to_police(deadline=gone)), 422, "until_past")
    assert row_of(signed) == before


def test_only_the_desk_transfers_and_takes_back(signed: str, worker: Any, mate: Any, desk: Any) -> None:
    for person in (worker, mate):
        refused(tries(person, signed, "transfer", **to_police()), 409, "not_yours_to_do")
    do(desk, signed, "transfer", **to_police())
    refused(tries(mate, signed, "recall", reason="我来"), 409, "not_yours_to_do")


def test_the_reporter_reads_where_it_went_and_may_complain(send: Any, worker: Any, desk: Any, resident: Any) -> None:
    receipt = send()
    do(worker, receipt["case_id"], "sign")
    do(desk, receipt["case_id"], "transfer", reason="这类事由公安办理", **to_police())
    told = course(resident, receipt["receipt_code"], SECRET)
    step = told["steps"][-1]
    assert (told["state_name"], step["name"], step["note"]) == (
        "已移送别的平台办理", "移送110 接警平台办理", "这类事由公安办理",
    )  # fmt: skip
    assert "JJ2026-0007" not in str(told)
    assert {row["action"] for row in told["allowed"]} == {"complain"}
    ok(says(resident, receipt["receipt_code"], "complain", text="没人联系我"))
    english = course(resident, receipt["receipt_code"], Accept_Language="en")
    assert english["state_name"] == "Passed to another platform"


def test_the_logs_of_all_these_cases_hold() -> None:
    assert examine() == []
