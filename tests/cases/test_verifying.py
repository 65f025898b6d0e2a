"""Handling and verifying: photos, the verifier, where one stands, and what comes back."""

from __future__ import annotations

from typing import Any

import pytest

from gezhi.cases.doctor import examine
from tests.cases.helpers import HANDLED, SHA, command, here, ok, refused


def test_handling_needs_a_photo_as_the_matter_says(send: Any, worker: Any, row_of: Any, conn: Any) -> None:
    case = send()["case_id"]
    ok(worker.act(case, command("sign", 3)))
    before = row_of(case)
    sent = command("handle", 4, **HANDLED | {"photos": []})
    refused(worker.act(case, sent), 422, "photo_required")
    assert row_of(case) == before
    assert conn.execute("select count(*) from commands where id = %s", (sent["id"],)).fetchone() == (0,)
    care = send(category=None, matter={"kind": "local", "code": "L3001"})["case_id"]
    ok(worker.act(care, command("sign", 3)))
    assert ok(worker.act(care, command("handle", 4, **HANDLED | {"photos": None})))["state"] == "handled"


@pytest.mark.usefixtures("alone")
def test_C3_the_verifier_is_never_the_person_who_handled_it_whatever_posts_they_hold(
    signed: str, worker: Any, hire: Any, grid: Any, conn: Any, desk: Any
) -> None:
    hire("grid_leader", grid.code, user=worker.user)
    ok(worker.act(signed, command("handle", 4, **HANDLED)))
    verifier, region = conn.execute(
        "select verifier_post_id, verifier_region from cases where id = %s", (signed,)
    ).fetchone()
    assert (verifier, region) == (None, "3601")
    passed = command("verify_pass", 5, photos=[SHA], position=here(grid.lng, grid.lat))
    refused(worker.act(signed, passed), 409, "not_yours_to_do")
    assert signed not in worker.tasks()
    assert desk.tasks()[signed] == "verify"
    assert ok(desk.act(signed, command("verify_pass", 5, photos=[SHA])))["state"] == "closed"


def test_C3_a_dispatcher_who_handled_it_cannot_verify_it_at_the_desk(
    signed: str, worker: Any, desk: Any, hire: Any, conn: Any
) -> None:
    centre = conn.execute("select unit_id from posts where id = %s", (desk.post_id,)).fetchone()[0]
    hire("dispatcher", "3601", centre, user=worker.user)
    ok(worker.act(signed, command("handle", 4, **HANDLED)))
    refused(worker.act(signed, command("verify_pass", 5, photos=[SHA])), 409, "not_yours_to_do")
    assert worker.tasks().get(signed) is None
    assert "verify_pass" not in [row["action"] for row in worker.get(f"/cases/{signed}").json["allowed"]]


@pytest.mark.usefixtures("alone")
def test_C3_P6_with_nobody_near_on_duty_the_lowest_attended_desk_verifies(
    signed: str, worker: Any, hire: Any, unit: Any, grid: Any, conn: Any
) -> None:
    hire("grid_leader", grid.code, on_duty=False)
    street = hire("dispatcher", grid.code[:9], unit(grid.code[:9]))
    community = hire("dispatcher", grid.code[:12], unit(grid.code[:12]), on_duty=False)
    ok(worker.act(signed, command("handle", 4, **HANDLED)))
    assert conn.execute("select verifier_region from cases where id = %s", (signed,)).fetchone() == (grid.code[:9],)
    assert street.tasks()[signed] == "verify"
    assert signed not in community.tasks()


@pytest.mark.parametrize("unattended", range(4))
def test_P6_an_unattended_desk_hands_to_the_desk_above_up_to_the_citys(
    unattended: int, conn: Any, hire: Any, unit: Any
) -> None:
    grid = conn.execute("select min(code) from regions where level = 15 and code like '360104%'").fetchone()[0]
    chain = [grid[:digits] for digits in (12, 9, 6)]
    with conn.transaction(force_rollback=True):
        for place, region in enumerate(chain):
            post = hire("dispatcher", region, unit(region)).post_id
            if place < unattended:
                conn.execute(
                    "insert into absences values (%s, now() - interval '1 hour', now() + interval '1 hour', '病假')",
                    (post,),
                )
        desk = conn.execute("select attended_desk_v1('3601', %s, now())", (grid,)).fetchone()
    assert desk == ([*chain, "3601"][unattended],)


def test_P6_an_ordinary_matter_never_goes_to_somebody_off_duty(
    send: Any, worker: Any, conn: Any, hire: Any, grid: Any
) -> None:
    away = "insert into absences values (%s, now() - interval '1 hour', now() + interval '1 hour', '休假')"
    conn.execute(away, (worker.post_id,))
    neighbour = send()
    assert neighbour["assigned_to"]["kind"] == "post"
    post = conn.execute("select assignee_post_id from cases where id = %s", (neighbour["case_id"],)).fetchone()[0]
    assert post != worker.post_id
    region = conn.execute("select region_code from posts where id = %s", (post,)).fetchone()[0]
    assert (region[:12], region != grid.code) == (grid.code[:12], True)

    mate = hire("grid_leader", grid.code)
    post = conn.execute("select assignee_post_id from cases where id = %s", (send()["case_id"],)).fetchone()[0]
    assert post == mate.post_id


# Where one stands (C2): the fence of this matter is 100 m


_AWAY = (
    "select st_x(p), st_y(p) from (select st_project(st_point(%s, %s, 4326)::geography, %s, 1.0)::geometry as p) away"
)


@pytest.mark.parametrize("action", ["verify_pass", "verify_fail"])
@pytest.mark.parametrize(
    ("metres", "accuracy", "answer", "doubtful"),
    [
        (0, 5, 200, False),
        (99, 0, 200, False),
        (101, 0, 422, None),
        (149, 50, 200, False),
        (151, 50, 422, None),
        (199, 100, 200, False),
        (201, 100, 422, None),
        (5000, 101, 200, True),
        (5000, 150_000, 200, True),
    ],
)
def test_C2_P5_the_fence_is_the_matters_metres_plus_the_accuracy(
    action: str, metres: int, accuracy: int, answer: int, doubtful: bool | None,
    handled: str, mate: Any, grid: Any, conn: Any, row_of: Any,
) -> None:  # fmt: skip
    lng, lat = conn.execute(_AWAY, (grid.lng, grid.lat, metres)).fetchone()
    before = row_of(handled)
    said = mate.act(handled, command(action, 5, photos=[SHA], note="看过", position=here(lng, lat, accuracy)))
    assert said.status_code == answer, said.json
    if answer == 422:
        problem = refused(said, 422, "outside_fence")
        assert str(metres) in problem["detail"]
        assert "100" in problem["detail"]
        assert row_of(handled) == before
    else:
        position = said.json["case"]["timeline"][-1]["position"]
        assert position == {
            "distance_m": pytest.approx(metres, abs=1), "accuracy_m": accuracy, "doubtful": doubtful,
        }  # fmt: skip


@pytest.mark.parametrize("position", [None, {"unavailable": "denied"}, {"unavailable": "timeout"}])
def test_C2_a_phone_that_cannot_say_where_it_is_never_traps_a_worker(handled: str, mate: Any, position: Any) -> None:
    done = ok(mate.act(handled, command("verify_pass", 5, photos=[SHA], position=position)))
    assert done["case"]["timeline"][-1]["position"] == {"distance_m": None, "accuracy_m": None, "doubtful": True}


@pytest.mark.parametrize(
    "position", [{}, {"lng": 115.8, "lat": 28.6}, {"lng": 115.8, "lat": 28.6, "accuracy_m": 5, "unavailable": "denied"}]
)
def test_C2_half_a_position_is_refused(handled: str, mate: Any, position: Any) -> None:
    refused(mate.act(handled, command("verify_pass", 5, photos=[SHA], position=position)), 422, "invalid")


def test_C2_only_a_matter_verified_on_site_has_a_fence(send: Any, worker: Any, desk: Any) -> None:
    case = send(category=None, matter={"kind": "local", "code": "L3001"})["case_id"]  # verified by phone
    ok(worker.act(case, command("sign", 3)))
    ok(worker.act(case, command("handle", 4, **HANDLED)))
    done = ok(desk.act(case, command("verify_pass", 5, note="老人说来过了", position=here(115.9, 28.9))))
    assert (done["state"], done["case"]["timeline"][-1]["position"]["doubtful"]) == ("closed", False)


def test_C2_a_matter_verified_on_site_needs_a_photo_to_pass(handled: str, mate: Any, grid: Any, row_of: Any) -> None:
    before = row_of(handled)
    passed = command("verify_pass", 5, position=here(grid.lng, grid.lat))
    refused(mate.act(handled, passed), 422, "photo_required")
    assert row_of(handled) == before


def test_C1_K1_what_fails_verification_goes_back_to_the_same_hands_with_new_clocks(
    handled: str, worker: Any, mate: Any, conn: Any
) -> None:
    failed = ok(mate.act(handled, command("verify_fail", 5, note="还是不亮")))
    assert (failed["state"], failed["version"]) == ("dispatched", 6)
    assert worker.tasks()[handled] == "sign"
    ok(worker.act(handled, command("sign", 6)))
    ok(worker.act(handled, command("handle", 7, **HANDLED)))
    ok(mate.act(handled, command("verify_pass", 8, photos=[SHA])))
    rounds = conn.execute(
        "select step, count(*), max(round), bool_and(stopped_at is not null) from clocks"
        " where case_id = %s group by step order by step",
        (handled,),
    ).fetchall()
    assert rounds == [
        (step, count, count, True)
        for step, count in (("accept", 1), ("arrive", 2), ("dispatch", 1), ("handle", 2), ("sign", 2), ("verify", 2))
    ]


def test_P7_the_verifier_of_a_sensitive_matter_sees_it_while_it_is_theirs(
    send: Any, worker: Any, mate: Any, enter: Any
) -> None:
    case = send(category=None, matter={"kind": "local", "code": "L1005"})["case_id"]  # by signature
    bureau = enter("handler", "360103", "justice")
    assert [person.sees(case) for person in (bureau, worker, mate)] == [True, False, False]
    ok(bureau.act(case, command("sign", 3)))
    ok(bureau.act(case, command("handle", 4, **HANDLED)))
    assert [person.sees(case) for person in (bureau, worker, mate)] == [True, True, False]
    assert case in [item["id"] for item in worker.get("/cases?view=scope").json["items"]]
    done = ok(worker.act(case, command("verify_pass", 5, photos=[SHA])))
    assert (done["state"], done["case"]) == ("closed", None)
    assert [person.sees(case) for person in (bureau, worker, mate)] == [True, False, False]


def test_the_logs_of_all_these_cases_hold() -> None:
    assert examine() == []
