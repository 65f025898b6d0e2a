"""Disputes (矛盾纠纷): mediated step by step, 3+3+3 before they leave a level, unless a life is in danger (C9)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gezhi.cases.doctor import examine
from tests.cases.helpers import HANDLED, SHA, now, ok, refused
from tests.cases.steps import course, do, may, says, seen, tries

QUARREL = {"category": None, "matter": {"kind": "local", "code": "L1001"}, "photos": [], "text": "楼上漏水吵起来了"}
UP = {"reason": "谈不拢"}


def talk(**changed: Any) -> dict[str, Any]:
    """A mediation as it is recorded."""
    return {"mediation": "continued", "present": "张三、李四", "held_at": now(), "note": "双方各让一步", **changed}


@pytest.fixture
def dispute(send: Any, worker: Any) -> str:
    """A dispute between neighbours that the grid's worker has signed."""
    case = str(send(**QUARREL)["case_id"])
    do(worker, case, "sign")
    return case


@pytest.fixture
def desks(centre: Any) -> dict[int, Any]:
    """The desks of street and district by the level where they act."""
    return {9: centre(9), 6: centre(6)}


@pytest.fixture
def rise(dispute: str, worker: Any, desks: dict[int, Any]) -> Any:
    """Takes the dispute up to a level by danger to life; returns who may mediate there."""

    def go(level: int) -> Any:
        who = {12: worker, **desks}
        for here in (12, 9):
            if here > level:
                do(who[here], dispute, "escalate", reason="持刀", cause="danger_to_life")
        return who[level]

    return go


@pytest.mark.parametrize(("level", "above"), [(12, 9), (9, 6), (6, 4)])
def test_C9_leaving_a_level_needs_three_mediations_recorded_there(
    level: int, above: int, dispute: str, rise: Any, desk: Any
) -> None:
    who = rise(level)
    for held in range(3):
        assert seen(desk, dispute)["mediations"] == held
        problem = refused(tries(who, dispute, "escalate", **UP), 409, "mediations_needed")
        assert problem["current"]["state"] in ("signed", "accepted")
        do(who, dispute, "mediate", **talk())
    assert do(who, dispute, "escalate", **UP)["case"]["level"] == above
    assert seen(desk, dispute)["mediations"] == 0, "the next level counts from the beginning"


@pytest.mark.parametrize("level", [12, 9, 6])
def test_C9_a_recorded_danger_to_life_waits_for_no_mediation(level: int, dispute: str, rise: Any) -> None:
    who = rise(level)
    done = do(who, dispute, "escalate", reason="扬言伤人", cause="danger_to_life")
    assert done["case"]["timeline"][-1]["detail"] == "危及生命安全"


@pytest.mark.parametrize("cause", [None, "beyond_powers", "ownerless"])
def test_C9_no_other_cause_stands_for_the_mediations(cause: str | None, dispute: str, worker: Any) -> None:
    refused(tries(worker, dispute, "escalate", cause=cause, **UP), 409, "mediations_needed")


def test_C9_mediations_of_the_level_below_do_not_count_above(dispute: str, worker: Any, desks: dict[int, Any]) -> None:
    for _ in range(3):
        do(worker, dispute, "mediate", **talk())
    do(worker, dispute, "escalate", **UP)
    refused(tries(desks[9], dispute, "escalate", **UP), 409, "mediations_needed")


def test_C9_what_is_no_dispute_goes_up_without(signed: str, worker: Any) -> None:
    assert do(worker, signed, "escalate", **UP)["state"] == "accepted"


def test_C9_the_refused_escalation_is_kept_and_changes_nothing(
    dispute: str, worker: Any, desk: Any, row_of: Any
) -> None:
    before = row_of(dispute)
    refused(tries(worker, dispute, "escalate", **UP), 409, "mediations_needed")
    assert row_of(dispute) == before
    (late,) = ok(desk.get(f"/cases/{dispute}/not-adopted"))["items"]
    assert (late["action"], late["refused"], late["note"]) == ("escalate", "mediations_needed", "谈不拢")


def test_C9_an_agreement_and_a_referral_are_recorded_with_who_when_and_photos(
    dispute: str, worker: Any, desk: Any
) -> None:
    held = datetime.now(UTC) - timedelta(hours=3)
    said = talk(
        mediation="agreed", present="张三、李四、调解员王五", held_at=held.isoformat(), photos=[SHA],
        agreement="楼上三日内修好，赔偿 300 元", referral=True,
    )  # fmt: skip
    do(worker, dispute, "mediate", **said)
    step = seen(desk, dispute)["timeline"][-1]
    assert (step["action"], step["note"], [photo["sha256"] for photo in step["photos"]]) == (
        "mediate", "双方各让一步", [SHA],
    )  # fmt: skip
    for words in ("达成协议", "申请司法确认", "张三、李四、调解员王五", "楼上三日内修好，赔偿 300 元"):
        assert words in step["detail"], words


def test_C9_when_it_was_held_is_no_moment_to_come(dispute: str, worker: Any, row_of: Any) -> None:
    before = row_of(dispute)
    late = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    refused(tries(worker, dispute, "mediate", **talk(held_at=late)), 422, "held_in_future")
    assert row_of(dispute) == before


def test_C9_co_handlers_and_the_desk_mediate_too_and_nobody_else(
    dispute: str, worker: Any, desk: Any, hire: Any, grid: Any, enter: Any
) -> None:
    mediator = hire("mediator", grid.code)
    assert not mediator.sees(dispute), "a quarrel is for those who work on it (P8)"
    fields = {"assignee": {"post_id": str(worker.post_id)}, "reason": "请调解员一起去"}
    do(desk, dispute, "reassign", **fields)
    assert not mediator.sees(dispute)
    do(worker, dispute, "return", reason="请调解员协办")
    helpers = [{"post_id": str(mediator.post_id)}]
    do(desk, dispute, "dispatch", assignee=fields["assignee"], co_handlers=helpers)
    do(mediator, dispute, "mediate", **talk())
    do(desk, dispute, "mediate", **talk())
    assert seen(desk, dispute)["mediations"] == 2
    assert "mediate" in may(worker, dispute)
    refused(enter("handler", "360103", "justice").act(dispute, {**talk(), "id": SHA}), 422, "invalid")


def test_C2_C9_a_settled_dispute_ends_with_the_reporters_own_word(
    send: Any, worker: Any, resident: Any, desk: Any
) -> None:
    receipt = send(**QUARREL)
    case, code = receipt["case_id"], receipt["receipt_code"]
    do(worker, case, "sign")
    do(worker, case, "mediate", **talk(mediation="agreed", agreement="各自负责"))
    do(worker, case, "handle", **HANDLED)
    assert seen(desk, case)["verification_name"] == "反映人确认"
    assert "confirm" in {row["action"] for row in course(resident, code, "s" * 43)["allowed"]}
    assert ok(says(resident, code, "confirm", fixed=True))["state"] == "closed"


def test_P8_nothing_of_a_mediation_is_in_the_public_course(send: Any, worker: Any, resident: Any) -> None:
    receipt = send(**QUARREL)
    do(worker, receipt["case_id"], "sign")
    do(worker, receipt["case_id"], "mediate", **talk(agreement="楼上赔偿 300 元", photos=[SHA]))
    for secret in (None, "s" * 43):
        told = course(resident, receipt["receipt_code"], secret)
        assert "mediate" not in [step["key"] for step in told["steps"]]
        assert told["photos"] == []
        for words in ("张三", "双方各让一步", "300"):
            assert words not in str(told)


def test_P8_a_dispute_is_not_near_anybody_and_not_on_lists_of_the_grid(
    dispute: str, resident: Any, grid: Any, mate: Any
) -> None:
    near = ok(resident.get(f"/nearby?lng={grid.lng}&lat={grid.lat}"))
    assert dispute not in str(near)
    assert dispute not in str(mate.get("/cases?view=scope&limit=100").json)
    assert not mate.sees(dispute)


def test_the_logs_of_all_these_cases_hold() -> None:
    assert examine() == []


def test_C9_a_dispatch_to_a_unit_above_is_a_way_up_too(dispute: str, desk: Any, worker: Any, conn: Any) -> None:
    (justice,) = conn.execute(
        "select id from units where function = 'justice' and region_code = '360103' order by id"
    ).fetchone()
    up = {"assignee": {"unit_id": str(justice)}, "reason": "请司法所调解"}
    refused(tries(desk, dispute, "reassign", **up), 409, "mediations_needed")
    for _ in range(3):
        do(worker, dispute, "mediate", **talk())
    assert do(desk, dispute, "reassign", **up)["case"]["level"] == 6
