"""What reporters say between report and rating: by the device's secret or by their number; who joined says less."""

from __future__ import annotations

from typing import Any

import pytest

from gezhi.cases.doctor import examine
from gezhi.cases.schemas import REPORTER_SCHEMAS
from tests.cases.helpers import HANDLED, SECRET, SHA, ok, photo, refused, report
from tests.cases.steps import course, do, joins, may, says, seen, sent, tries
from tests.conftest import Caller

PHONE = "13870002222"
JOINED = "j" * 43
QUARREL = {"category": None, "matter": {"kind": "local", "code": "L1001"}, "photos": []}


def offered(phone: Caller, receipt: str, secret: str) -> set[str]:
    """The buttons on the receipt's page."""
    return {row["action"] for row in course(phone, receipt, secret)["allowed"]}


@pytest.fixture
def receipt(send: Any) -> Any:
    """The receipt of a report whose sender left a number; in the hands of the grid's worker."""
    return send(reporter={"phone": PHONE})


@pytest.fixture
def waiting_receipt(send: Any) -> Any:
    """The receipt of a report that waits at the desk."""
    return send(category="other", photos=[], reporter={"phone": PHONE})


# Add, remind, complain


def test_the_reporter_adds_reminds_and_complains_and_nothing_moves(
    receipt: Any, resident: Any, desk: Any, worker: Any
) -> None:
    code, case = receipt["receipt_code"], receipt["case_id"]
    sha = resident.put_photo(photo())
    ok(says(resident, code, "add", text="旁边那盏也不亮", photos=[sha]))
    ok(says(resident, code, "remind"))
    told = ok(says(resident, code, "complain", text="三天没人来"))
    assert [step["name"] for step in told["steps"]][-3:] == ["补充了情况", "催办了一次", "收到投诉"]
    assert [shown["sha256"] for shown in told["photos"]][-1] == sha
    steps = seen(desk, case)["timeline"][-3:]
    assert [(step["action"], step["note"], step["by"]) for step in steps] == [
        ("add", "旁边那盏也不亮", None), ("remind", None, None), ("complain", "三天没人来", None),
    ]  # fmt: skip
    assert (seen(desk, case)["version"], worker.tasks()[case]) == (3, "sign")


def test_P8_everybody_else_reads_that_it_was_said_and_not_what(receipt: Any, resident: Any, app: Any) -> None:
    ok(says(resident, receipt["receipt_code"], "add", text="我住 3 栋 502", photos=[SHA]))
    told = course(Caller(app), receipt["receipt_code"])
    assert (told["steps"][-1]["name"], told["photos"], told["allowed"]) == ("补充了情况", [], [])
    assert "502" not in str(told)


def test_C4_a_note_sent_again_is_answered_again_and_written_once(receipt: Any, resident: Any, conn: Any) -> None:
    note, path = sent("add", text="旁边也不亮"), f"/reports/{receipt['receipt_code']}/notes"
    answers = [ok(resident.post(path, note, X_Gezhi_Secret=SECRET)) for _ in range(2)]
    assert answers[0] == answers[1]
    refused(resident.post(path, note | {"text": "别的"}, X_Gezhi_Secret=SECRET), 422, "same_id_other_body")
    count = "select count(*) from events where case_id = %s and action = 'add'"
    assert conn.execute(count, (receipt["case_id"],)).fetchone() == (1,)


@pytest.mark.parametrize("state", ["closed", "rejected"])
def test_after_its_end_the_reporter_may_only_complain_beside_what_answers_the_end(
    state: str, send: Any, closed: Any, desk: Any, resident: Any
) -> None:
    told = closed
    if state == "rejected":
        told = send(category="other", photos=[])
        do(desk, told["case_id"], "reject", reason="不属于受理范围")
    for action in ("add", "remind"):
        refused(says(resident, told["receipt_code"], action, text="还在吗"), 409, "not_allowed_now")
    ok(says(resident, told["receipt_code"], "complain", text="态度不好"))
    expected = {"closed": {"rate", "confirm", "complain"}, "rejected": {"appeal", "complain"}}[state]
    assert offered(resident, told["receipt_code"], SECRET) == expected


# Withdraw, reject, appeal


def test_the_reporter_withdraws_before_somebody_has_it(waiting_receipt: Any, resident: Any, desk: Any) -> None:
    told = ok(says(resident, waiting_receipt["receipt_code"], "withdraw"))
    assert (told["state"], told["steps"][-1]["name"], told["allowed"]) == ("withdrawn", "您撤回了", [])
    case = seen(desk, waiting_receipt["case_id"])
    assert (case["state"], case["light"], case["allowed"]) == ("withdrawn", None, [])


def test_what_others_have_met_too_is_nobodys_to_withdraw(
    send: Any, resident: Any, app: Any, grid: Any, row_of: Any
) -> None:
    everybody = {"matter": {"kind": "matter", "code": "09012"}, "category": None}
    # A place of which only the address is known waits for the desk: it is public, and still the reporter's to withdraw.
    told = send(place=None, address="八一广场旁", **everybody)
    assert "withdraw" in offered(resident, told["receipt_code"], SECRET)
    joins(resident, told["case_id"], JOINED, text="我也遇到")
    before = row_of(told["case_id"])
    assert "withdraw" not in offered(resident, told["receipt_code"], SECRET)
    refused(says(resident, told["receipt_code"], "withdraw"), 409, "others_joined")
    assert row_of(told["case_id"]) == before


def test_what_somebody_has_already_is_not_withdrawn(receipt: Any, resident: Any, row_of: Any) -> None:
    before = row_of(receipt["case_id"])
    problem = refused(says(resident, receipt["receipt_code"], "withdraw"), 409, "not_allowed_now")
    assert problem["current"] == {"state": "dispatched", "state_name": "已交给负责的人"}
    assert row_of(receipt["case_id"]) == before


def test_a_rejection_tells_why_and_is_appealed_once_one_level_up(
    waiting_receipt: Any, resident: Any, centre: Any, desk: Any
) -> None:
    code, case = waiting_receipt["receipt_code"], waiting_receipt["case_id"]
    community, street = centre(12), centre(9)
    do(community, case, "reject", reason="属于物业自管")
    told = course(resident, code)
    assert (told["steps"][-1]["name"], told["steps"][-1]["note"]) == ("没有受理", "属于物业自管")
    appealed = ok(says(resident, code, "appeal", reason="路是市政的"))
    assert (appealed["state"], "路是市政的" in str(course(resident, code))) == ("reported", False)
    assert "accept" not in may(community, case)
    assert {"accept", "reject"} <= may(street, case)
    assert (seen(desk, case)["level"], seen(desk, case)["step"]) == (9, "accept")
    do(street, case, "reject", reason="确属物业")
    refused(says(resident, code, "appeal", reason="再看看"), 409, "already_appealed")
    assert offered(resident, code, SECRET) == {"complain"}


# Confirm (C2)


@pytest.mark.parametrize(("fixed", "state"), [(True, "closed"), (False, "dispatched")])
def test_C2_the_reporters_word_verifies_where_the_matter_says_so(
    fixed: bool, state: str, send: Any, worker: Any, resident: Any, desk: Any
) -> None:
    told = send(**QUARREL)
    case = told["case_id"]
    do(worker, case, "sign")
    do(worker, case, "handle", **HANDLED)
    answer = ok(says(resident, told["receipt_code"], "confirm", fixed=fixed, text="见过面了"))
    assert answer["state"] == state
    end = "verify_pass" if fixed else "verify_fail"
    assert [(step["action"], (step["by"] or {}).get("name")) for step in seen(desk, case)["timeline"]][-2:] == [
        ("confirm", None), (end, "系统"),
    ]  # fmt: skip
    assert (case in worker.tasks()) is not fixed


@pytest.mark.parametrize("fixed", [True, False])
def test_C2_elsewhere_it_is_heard_and_the_verifier_decides(
    fixed: bool, receipt: Any, worker: Any, mate: Any, resident: Any
) -> None:
    case = receipt["case_id"]
    do(worker, case, "sign")
    do(worker, case, "handle", **HANDLED)
    told = ok(says(resident, receipt["receipt_code"], "confirm", fixed=fixed))
    assert (told["state"], mate.tasks()[case]) == ("handled", "verify")
    assert seen(mate, case)["timeline"][-1]["detail"] == ("已解决" if fixed else "没解决")


# By the secret, by the number


def test_P8_the_number_left_with_the_report_stands_for_the_secret(receipt: Any, app: Any, desk: Any) -> None:
    other_device = Caller(app)
    told = ok(says(other_device, receipt["receipt_code"], "add", None, text="换了手机", phone=f"+86 {PHONE}"))
    assert (told["mine"], told["steps"][-1]["key"]) == (True, "add")
    step = seen(desk, receipt["case_id"])["timeline"][-1]
    assert step["note"] == "换了手机"
    assert PHONE not in str(step)


def test_P8_a_number_is_never_in_what_is_kept_of_a_command(receipt: Any, app: Any, conn: Any) -> None:
    refused(says(Caller(app), receipt["receipt_code"], "withdraw", None, phone=PHONE), 409, "not_allowed_now")
    ok(says(Caller(app), receipt["receipt_code"], "add", None, text="好", phone=PHONE))
    kept = conn.execute(
        "select (select jsonb_agg(to_jsonb(c)) from commands c where case_id = %(id)s)::text,"
        " (select jsonb_agg(to_jsonb(b)) from event_bodies b where case_id = %(id)s)::text,"
        " (select jsonb_agg(e.facts) from events e where case_id = %(id)s)::text",
        {"id": receipt["case_id"]},
    ).fetchone()
    assert not any(PHONE in text for text in kept)


def test_P8_a_wrong_number_is_not_found_and_tries_are_few(receipt: Any, app: Any, row_of: Any) -> None:
    before = row_of(receipt["case_id"])
    for last in range(5):
        guess = says(Caller(app), receipt["receipt_code"], "remind", None, phone=f"1387000333{last}")
        refused(guess, 404, "not_found")
    # Whoever asks, and whether it is the right one now.
    over = refused(says(Caller(app), receipt["receipt_code"], "remind", None, phone=PHONE), 429, "too_many_requests")
    assert "秒后" in over["action"]
    assert row_of(receipt["case_id"]) == before
    ok(says(Caller(app), receipt["receipt_code"], "remind"))  # a secret is not guessed, so it is not counted


def test_P8_who_left_no_number_is_not_reached_by_one(send: Any, app: Any) -> None:
    refused(says(Caller(app), send()["receipt_code"], "remind", None, phone=PHONE), 404, "not_found")


@pytest.mark.parametrize(("secret", "status", "code"), [("t" * 43, 404, "not_found"), (None, 403, "missing_header")])
@pytest.mark.parametrize("action", sorted(REPORTER_SCHEMAS))
def test_P8_whoever_has_only_the_code_says_nothing(
    action: str, secret: str | None, status: int, code: str, receipt: Any, app: Any, row_of: Any
) -> None:
    fields: dict[str, dict[str, Any]] = {
        "appeal": {"reason": "x"}, "add": {"text": "x"}, "complain": {"text": "x"}, "confirm": {"fixed": True},
        "rate": {"stars": 5, "satisfaction": "satisfied"},
    }  # fmt: skip
    before = row_of(receipt["case_id"])
    refused(says(Caller(app), receipt["receipt_code"], action, secret, **fields.get(action, {})), status, code)
    assert row_of(receipt["case_id"]) == before


# Who met it too


@pytest.fixture
def joined(receipt: Any, resident: Any) -> str:
    """The receipt of somebody who met the same thing."""
    return joins(resident, receipt["case_id"], JOINED, text="我家楼下也黑")


def test_C11_who_joined_adds_reminds_and_complains_only(joined: str, receipt: Any, resident: Any, desk: Any) -> None:
    assert offered(resident, joined, JOINED) == {"add", "remind", "complain"}
    ok(says(resident, joined, "add", JOINED, text="晚上很黑"))
    ok(says(resident, joined, "remind", JOINED))
    ok(says(resident, joined, "complain", JOINED, text="没人管"))
    assert seen(desk, receipt["case_id"])["reports"] == 2
    for action, fields in (("withdraw", {}), ("confirm", {"fixed": True})):
        refused(says(resident, joined, action, JOINED, **fields), 409, "not_allowed_now")


def test_C11_who_joined_confirms_and_rates_nothing_at_its_end(
    joined: str, receipt: Any, worker: Any, mate: Any, resident: Any, row_of: Any
) -> None:
    case = receipt["case_id"]
    do(worker, case, "sign")
    do(worker, case, "handle", **HANDLED)
    refused(says(resident, joined, "confirm", JOINED, fixed=True), 409, "not_yours_to_do")
    do(mate, case, "verify_pass", photos=[SHA])
    refused(says(resident, joined, "rate", JOINED, stars=1, satisfaction="dissatisfied"), 409, "not_yours_to_do")
    assert row_of(case)["row"]["dissatisfactions"] == 0
    assert offered(resident, joined, JOINED) == {"complain"}


def test_P8_who_joined_sees_their_own_photos_and_those_of_the_work_and_the_first_one_not_theirs(
    app: Any, grid: Any, worker: Any, mate: Any
) -> None:
    first, second = Caller(app), Caller(app)
    mine, theirs, work = first.put_photo(photo()), second.put_photo(photo()), worker.put_photo(photo())
    receipt = first.post("/reports", report([mine], place=grid.place)).json
    code = joins(second, receipt["case_id"], JOINED, photos=[theirs], text="我姓欧阳")
    do(worker, receipt["case_id"], "sign")
    do(worker, receipt["case_id"], "handle", **HANDLED | {"photos": [work]})
    readers = {"first": (receipt["receipt_code"], SECRET), "second": (code, JOINED), "nobody": (code, None)}
    shown = {
        name: [one["sha256"] for one in course(Caller(app), *reader)["photos"]] for name, reader in readers.items()
    }
    assert shown == {"first": [mine, work], "second": [theirs, work], "nobody": []}
    assert "欧阳" not in str(course(first, receipt["receipt_code"], SECRET))


# Bad input


@pytest.mark.parametrize(
    ("action", "wrong"),
    [
        ("appeal", {"reason": ""}), ("appeal", {}), ("add", {"text": "长" * 1001}), ("add", {}),
        ("add", {"text": "好", "photos": ["x"]}), ("add", {"text": "好", "photos": [SHA] * 10}),
        ("remind", {"text": ""}), ("complain", {}), ("confirm", {"fixed": "yes"}), ("confirm", {}),
        ("remind", {"phone": "12"}), ("remind", {"version": 3}), ("remind", {"occurred_at": "yesterday"}),
        ("remind", {"id": "x"}), ("sign", {}), ("void", {}), ("join", {}),
    ],
)  # fmt: skip
def test_what_is_not_whole_names_its_field_and_stores_nothing(
    action: str, wrong: dict[str, Any], receipt: Any, resident: Any, row_of: Any, conn: Any
) -> None:
    before = row_of(receipt["case_id"])
    problem = refused(says(resident, receipt["receipt_code"], action, **wrong), 422, "invalid")
    named = {"appeal": "reason", "add": "text", "complain": "text", "confirm": "fixed"}.get(action, "action")
    assert next(iter(problem["fields"])).split(".")[0] == (list(wrong)[-1] if wrong else named)
    assert row_of(receipt["case_id"]) == before


def test_what_reporters_say_is_told_in_english_too(receipt: Any, resident: Any) -> None:
    ok(says(resident, receipt["receipt_code"], "remind"))
    told = course(resident, receipt["receipt_code"], SECRET, Accept_Language="en")
    assert told["steps"][-1]["name"] == "A reminder was sent"
    assert {row["name"] for row in told["allowed"]} == {"Add", "Remind", "Complain"}
    assert str(told["allowed"]).isascii()


def test_staff_do_not_speak_for_the_reporter(receipt: Any, worker: Any, desk: Any) -> None:
    for person in (worker, desk):
        answer = tries(person, receipt["case_id"], "remind")
        refused(answer, 422, "invalid")


def test_the_logs_of_all_these_cases_hold() -> None:
    assert examine() == []
