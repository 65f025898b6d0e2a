"""Handling and verifying: photos, the verifier, where one stands, and what comes back."""

from __future__ import annotations

from typing import Any

import pytest

from gezhi.cases.doctor import examine
from gezhi.cases.workflow import VERIFICATIONS
from gezhi.http.language import pick
from tests.cases.helpers import HANDLED, SHA, command, here, ok, refused, report
from tests.cases.steps import do, joins, may, seen, tries


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


# The modes (C2): what each asks for, both ways


def work(case: str, *people: Any) -> None:
    """Sign and handle, by the one who has it."""
    for person in people:
        do(person, case, "sign")
        do(person, case, "handle", **HANDLED)


MODES = {
    # mode: (matter, who verifies, what passing needs, the refusal without it)
    "on_site": ({"category": "street_light"}, "mate", {"photos": [SHA]}, "photo_required"),
    "photo": ({"category": None, "matter": {"kind": "matter", "code": "09011"}}, "mate", {"photos": [SHA]},
              "photo_required"),
    "phone": ({"category": None, "matter": {"kind": "local", "code": "L3001"}}, "desk", {"note": "老人说来过了"},
              "note_required"),
    "reporter_confirms": ({"category": None, "matter": {"kind": "local", "code": "L1001"}}, "desk",
                          {"note": "双方都说好了"}, "note_required"),
}  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
def test_C2_each_mode_passes_with_what_it_asks_for_and_not_without(
    mode: str, send: Any, worker: Any, request: Any, row_of: Any
) -> None:
    what, who, needs, refusal = MODES[mode]
    verifier = request.getfixturevalue(who)
    case = str(send(**what)["case_id"])
    work(case, worker)
    shown = seen(verifier, case)
    assert shown["verification_name"] == pick(*VERIFICATIONS[mode][:2])
    (passing,) = [row for row in shown["allowed"] if row["action"] == "verify_pass"]
    required = {need["field"] for need in passing["needs"] if need["required"]}
    assert required == set(VERIFICATIONS[mode][2])
    assert set(needs) <= required
    before = row_of(case)
    refused(tries(verifier, case, "verify_pass"), 422, refusal)
    assert row_of(case) == before
    done = do(verifier, case, "verify_pass", **needs)
    assert (done["state"], row_of(case)["row"]["step"]) == ("closed", None)


@pytest.mark.parametrize("mode", MODES)
def test_C2_each_mode_fails_with_a_note_and_goes_back_to_the_same_hands(
    mode: str, send: Any, worker: Any, request: Any
) -> None:
    what, who, *_ = MODES[mode]
    verifier = request.getfixturevalue(who)
    case = str(send(**what)["case_id"])
    work(case, worker)
    refused(tries(verifier, case, "verify_fail"), 422, "invalid")
    done = do(verifier, case, "verify_fail", note="没有办好")
    assert (done["state"], worker.tasks()[case]) == ("dispatched", "sign")


def test_C2_a_signature_is_a_photo_of_it(send: Any, worker: Any, enter: Any) -> None:
    case = send(category=None, matter={"kind": "local", "code": "L1005"}, photos=[])["case_id"]
    work(case, enter("handler", "360103", "justice"))
    assert seen(worker, case)["verification_name"] == "签字确认"
    refused(tries(worker, case, "verify_pass", note="签过了"), 422, "photo_required")
    assert do(worker, case, "verify_pass", photos=[SHA])["state"] == "closed"


def test_what_cannot_be_solved_says_why_and_when_it_is_looked_at_again(
    signed: str, worker: Any, mate: Any, row_of: Any
) -> None:
    told = {"outcome": "impossible", "reply": "要等管线迁改"}
    before = row_of(signed)
    for missing, rest in (("reason", {"review_on": "2099-01-01"}), ("review_on", {"reason": "管线未迁"})):
        problem = refused(tries(worker, signed, "handle", **told, **rest), 422, "invalid")
        assert list(problem["fields"]) == [missing]
    today = row_of(signed)["row"]["created_at"][:10]
    refused(tries(worker, signed, "handle", **told, reason="管线未迁", review_on=today), 422, "until_past")
    assert row_of(signed) == before
    do(worker, signed, "handle", **told, reason="管线未迁", review_on="2099-01-01")
    assert seen(mate, signed)["review_on"] == "2099-01-01"
    assert seen(mate, signed)["timeline"][-1]["detail"] == "客观无法解决"


# Who verifies (C3), every way


def test_C3_what_somebody_else_has_handled_the_grids_worker_looks_at(send: Any, worker: Any, enter: Any) -> None:
    case = send(category="road")["case_id"]  # the district's
    bureau = enter("handler", "360103", "urban_management")
    work(case, bureau)
    assert worker.tasks()[case] == "verify"
    assert "verify_pass" not in may(bureau, case)
    assert do(worker, case, "verify_pass", photos=[SHA])["state"] == "closed"


def test_C3_another_post_of_the_grid_comes_before_a_neighbour(signed: str, worker: Any, hire: Any, grid: Any) -> None:
    instructor, leader = hire("instructor", grid.code), hire("grid_leader", grid.code)
    do(worker, signed, "handle", **HANDLED)
    assert (leader.tasks().get(signed), instructor.tasks().get(signed)) == ("verify", None)


def test_C3_in_a_one_worker_grid_the_neighbours_worker_looks(signed: str, worker: Any, grid: Any, conn: Any) -> None:
    do(worker, signed, "handle", **HANDLED)
    role, region = conn.execute(
        "select p.role, p.region_code from cases c join posts p on p.id = c.verifier_post_id where c.id = %s", (signed,)
    ).fetchone()
    assert (role, region[:12], region != grid.code) == ("grid_worker", grid.code[:12], True)


def own(worker: Any, grid: Any, code: str = "01037", kind: str = "matter") -> str:
    """A case that the worker has reported, handled and settled alone."""
    how = {"outcome": "solved", "reply": "当场拧紧了", "photos": [SHA]}
    told = report([SHA], place=grid.place, category=None, matter={"kind": kind, "code": code}, settle=how)
    answer = worker.post("/reports", told)
    assert answer.status_code == 201, answer.json
    return str(answer.json["case_id"])


@pytest.fixture
def drawn(conn: Any, grid: Any) -> Any:
    """Sets how many in a hundred own cases of the grid are drawn."""

    def say(percent: int) -> None:
        conn.execute(
            "insert into verification_samples values ('3601', %s, %s)"
            " on conflict (city, region_code) do update set percent = excluded.percent",
            (grid.code, percent),
        )

    return say


def test_C3_a_workers_own_small_case_is_looked_at_by_a_desk_with_a_photo(
    worker: Any, grid: Any, desk: Any, drawn: Any
) -> None:
    drawn(0)
    case = own(worker, grid)
    shown = seen(desk, case)
    assert (shown["verification_name"], shown["sampled"]) == ("照片核查", False)
    refused(tries(worker, case, "verify_pass", photos=[SHA]), 409, "not_yours_to_do")
    refused(tries(desk, case, "verify_pass"), 422, "photo_required")
    done = do(desk, case, "verify_pass", photos=[SHA])  # from the desk: no fence
    assert (done["state"], done["case"]["timeline"][-1]["position"]) == ("closed", None)


def test_C3_where_somebody_met_it_too_their_word_stands_for_the_worker_alone(
    worker: Any, grid: Any, drawn: Any, send: Any, resident: Any, desk: Any, conn: Any
) -> None:
    drawn(0)
    told = worker.post("/reports", report([SHA], place=grid.place))  # the worker's own report ...
    case = told.json["case_id"]
    joins(resident, case, "j" * 43)  # ... that a resident has met too
    work(case, worker)
    assert seen(desk, case)["verification_name"] == "反映人确认"
    refused(tries(desk, case, "verify_pass"), 422, "note_required")
    assert do(desk, case, "verify_pass", note="打电话问过，亮了")["state"] == "closed"


@pytest.mark.parametrize("code", ["01037", "09011"])  # verified on the spot, and by photo
def test_C3_a_sample_drawn_goes_to_the_neighbour_on_the_spot(
    code: str, worker: Any, grid: Any, drawn: Any, enter: Any, desk: Any, conn: Any
) -> None:
    drawn(100)
    case = own(worker, grid, code)
    shown = seen(desk, case)
    assert (shown["verification_name"], shown["sampled"]) == ("现场核查", True)
    (region,) = conn.execute(
        "select p.region_code from cases c join posts p on p.id = c.verifier_post_id where c.id = %s", (case,)
    ).fetchone()
    neighbour = enter("grid_worker", region)
    assert neighbour.tasks()[case] == "verify"
    away = here(grid.lng + 0.02, grid.lat)
    refused(tries(neighbour, case, "verify_pass", photos=[SHA], position=away), 422, "outside_fence")
    done = do(neighbour, case, "verify_pass", photos=[SHA], position=here(grid.lng, grid.lat))
    assert done["state"] == "closed"


@pytest.mark.usefixtures("alone")
def test_C3_with_no_neighbour_a_drawn_case_is_the_desks_all_the_same(
    worker: Any, grid: Any, drawn: Any, desk: Any
) -> None:
    drawn(100)
    case = own(worker, grid)
    assert (seen(desk, case)["sampled"], "verify_pass" in may(desk, case)) == (False, True)


def test_C3_another_post_of_the_grid_looks_at_a_workers_own_case_on_the_spot(
    worker: Any, mate: Any, grid: Any, drawn: Any
) -> None:
    drawn(0)
    case = own(worker, grid)
    assert (mate.tasks()[case], seen(mate, case)["verification_name"]) == ("verify", "现场核查")


def test_C3_five_in_a_hundred_to_start_and_doubtful_positions_draw_more(worker: Any, grid: Any, conn: Any) -> None:
    asked = {"post": worker.post_id, "case": own(worker, grid)}

    def percent() -> float:
        row = conn.execute(
            "select count(*) filter (where sampled_v1("
            "   jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid())), %(post)s, now())) / 20.0"
            "  from cases c, generate_series(1, 2000) where c.id = %(case)s",
            asked,
        ).fetchone()
        return float(row[0])

    assert 3 < percent() < 8
    conn.execute(
        "insert into doubtful_positions"
        " select '3601', %(post)s, %(case)s, seq, now() from generate_series(101, 109) seq",
        asked,
    )
    assert 43 < percent() < 57
    conn.execute("update doubtful_positions set at = now() - interval '31 days' where post_id = %(post)s", asked)
    assert 3 < percent() < 8


def test_C2_C3_a_position_sent_with_a_handling_that_bears_nothing_out_raises_the_draw(
    signed: str, worker: Any, conn: Any
) -> None:
    before = conn.execute("select count(*) from doubtful_positions where post_id = %s", (worker.post_id,)).fetchone()
    do(worker, signed, "arrive", position={"unavailable": "denied"})
    after = conn.execute("select count(*) from doubtful_positions where post_id = %s", (worker.post_id,)).fetchone()
    assert after[0] == before[0] + 1


def test_what_fails_after_its_handler_has_left_goes_to_who_has_the_grid_now(
    handled: str, worker: Any, mate: Any, hire: Any, grid: Any, conn: Any
) -> None:
    new = hire("grid_worker", grid.code)
    conn.execute("update posts set ends_on = '2020-12-31' where id = %s", (worker.post_id,))
    done = do(mate, handled, "verify_fail", note="还是不亮")
    assert (done["state"], new.tasks()[handled]) == ("dispatched", "sign")


def test_what_fails_after_its_handler_has_left_goes_to_their_unit(
    send: Any, hire: Any, unit: Any, desk: Any, worker: Any, conn: Any
) -> None:
    case, bureau = send()["case_id"], unit("360103", "department", "lamps")
    first, second = hire("handler", "360103", bureau), hire("handler", "360103", bureau)
    do(desk, case, "reassign", assignee={"unit_id": str(bureau)}, reason="归口")
    work(case, first)
    conn.execute("update posts set ends_on = '2020-12-31' where id = %s", (first.post_id,))
    assert do(worker, case, "verify_fail", note="还是不亮")["state"] == "dispatched"
    assert second.tasks()[case] == "sign"


def test_the_logs_of_all_these_cases_hold() -> None:
    assert examine() == []
