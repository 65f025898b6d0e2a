"""Which members of an answer are there for whom (rules P7, P8): every word of a case is a marker that is looked for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cases.conftest import Person, case, desk, enter, grid, grids, hire, mate, send, unit, worker  # noqa: F401
from tests.cases.helpers import HANDLED, command, now, ok, report
from tests.conftest import Caller
from tests.scopes.table import OPERATIONS, SENSITIVE, STANDS, V1, Who
from tests.scopes.town import NAME, PHONE, Town, note

MINE, OTHERS = "f" * 43, "j" * 43
"""Secrets of who reported first and of who met it too."""
WORDS = {
    "text": "井盖响个不停",
    "address": "桃苑东路九号楼三单元",
    "contact": "联系时对方在上班",
    "progress": "先摆了围挡",
    "reply": "已换上新井盖",
    "internal": "施工队欠一次保养",
    "join": "我家窗下也听得见",
    "add": "夜里一点最响",
    "complain": "催了三天没人理",
    "supervise": "区里点名要办",
    "check": "现场量过井圈",
    "comment": "总算能睡着了",
    "revisit": "回访时说满意",
}
NAMES = {"worker": "司徒巡", "desk": "上官接", "mate": "欧阳核"}
REPORTER = {"name": "慕容反映", "phone": "13907910042"}


class Story:
    """A case that has gone all the way, every word in it a marker; who reported it and who met it too."""

    def __init__(self, app: Any, conn: Any, people: dict[str, Person], place: dict[str, Any]) -> None:
        self.conn, self.people = conn, people
        sent = report(["ab" * 32], place=place, text=WORDS["text"], address=WORDS["address"], reporter=REPORTER)
        receipt = Caller(app).post("/reports", sent | {"secret": MINE}).json
        self.case, self.code = receipt["case_id"], receipt["receipt_code"]
        joined = {"id": note("join")["id"], "secret": OTHERS, "occurred_at": now(), "text": WORDS["join"]}
        self.joined = Caller(app).post(f"/nearby/{self.case}/join", joined).json["receipt_code"]
        self.caller = Caller(app)

    def name_everybody(self) -> None:
        """Gives the people names to be looked for."""
        for key, person in self.people.items():
            self.conn.execute("update users set name = %s where id = %s", (NAMES[key], person.user))

    def act(self, who: str, sent: dict[str, Any]) -> None:
        """One of the staff does something."""
        ok(self.people[who].act(self.case, sent))

    def tell(self, action: str, **fields: Any) -> None:
        """The first reporter says something."""
        ok(self.caller.post(f"/reports/{self.code}/notes", note(action, **fields), X_Gezhi_Secret=MINE))

    def tell_all(self) -> None:
        """The whole story."""
        self.act("desk", note("contact", note=WORDS["contact"]))
        self.act("desk", note("supervise", reason=WORDS["supervise"]))
        self.tell("add", text=WORDS["add"])
        self.tell("complain", text=WORDS["complain"])
        self.act("worker", command("sign", 3))
        self.act("worker", note("progress", note=WORDS["progress"]))
        self.act("worker", command("handle", 4, **HANDLED | {"reply": WORDS["reply"], "note": WORDS["internal"]}))
        self.act("mate", command("verify_pass", 5, photos=["cd" * 32], note=WORDS["check"]))
        self.act("desk", note("revisit", note=WORDS["revisit"], satisfaction="satisfied"))
        self.tell("rate", stars=5, satisfaction="satisfied", comment=WORDS["comment"])

    def course(self, code: str, secret: str | None = None) -> str:
        """The course as a text."""
        headers = {"X_Gezhi_Secret": secret} if secret else {}
        return json.dumps(ok(self.caller.get(f"/reports/{code}", **headers)), ensure_ascii=False)


@pytest.fixture
def story(app: Any, conn: Any, grid: Any, worker: Person, desk: Person, mate: Person) -> Story:  # noqa: F811
    told = Story(app, conn, {"worker": worker, "desk": desk, "mate": mate}, grid.place)
    told.name_everybody()
    told.tell_all()
    return told


def told(answer: str) -> set[str]:
    """The markers that an answer has in it."""
    secret = {**NAMES, **{f"reporter's {key}": value for key, value in REPORTER.items()}}
    return {key for key, word in {**WORDS, **secret}.items() if word in answer}


def test_P7_P8_a_course_tells_the_reply_and_to_each_what_they_said_themselves(story: Story) -> None:
    """No names, no notes, nobody else's words: not to who has the code, nor to who met it too."""
    for code in (story.code, story.joined):
        for secret in (None, "x" * 43):
            course = story.course(code, secret)
            assert told(course) == {"reply"}
            assert story.case not in course
            assert '"mine": false' in course
    assert told(story.course(story.code, MINE)) == {"reply", "comment"}
    assert told(story.course(story.joined, OTHERS)) == {"reply"}
    assert told(story.course(story.joined, MINE)) == {"reply"}


def test_P7_who_met_it_too_is_not_asked_for_the_rating_that_is_not_theirs(story: Story, conn: Any) -> None:
    conn.execute("update cases set stars = null, satisfaction = null where id = %s", (story.case,))
    first, joined = (
        ok(story.caller.get(f"/reports/{code}", X_Gezhi_Secret=secret))
        for code, secret in ((story.code, MINE), (story.joined, OTHERS))
    )
    assert first["rating"]["open"] is True
    assert joined["rating"]["open"] is False
    assert "rate" in {action["action"] for action in first["allowed"]}
    assert {action["action"] for action in joined["allowed"]} == {"complain"}


def test_P8_a_photo_is_on_the_public_course_after_a_desk_has_released_it(story: Story) -> None:
    assert '"photos": []' in story.course(story.code)


def test_P7_P8_staff_read_what_was_said_and_never_the_reporters_name_or_number(story: Story) -> None:
    for person in story.people.values():
        for path in (f"/cases/{story.case}", f"/cases/{story.case}/events"):
            seen = told(json.dumps(ok(person.get(path)), ensure_ascii=False))
            assert seen >= {"contact", "progress", "internal", "comment", "worker", "desk", "mate"}
            assert seen.isdisjoint({"reporter's name", "reporter's phone"})


def test_P8_a_list_has_no_names_of_reporters_and_no_notes(story: Story) -> None:
    for person in story.people.values():
        page = json.dumps(ok(person.get("/cases?view=scope&state=closed&limit=100")), ensure_ascii=False)
        assert {"text", "address"} <= told(page) <= {"text", "address", "worker"}


PROVEN = ["add", "remind", "complain"]


@pytest.mark.parametrize("action", ["add", "remind", "complain", "confirm", "rate", "withdraw", "appeal"])
def test_P7_notes_are_for_who_holds_the_report_and_the_last_word_for_who_reported_first(
    action: str,
    app: Any,
    conn: Any,
    grid: Any,  # noqa: F811
    worker: Person,  # noqa: F811
    desk: Person,  # noqa: F811
) -> None:
    """By the secret or the number that was left; another's secret, number or receipt opens nothing."""
    story = Story(app, conn, {"worker": worker, "desk": desk}, grid.place)
    state = {"confirm": "handled", "rate": "closed", "withdraw": "accepted", "appeal": "rejected"}.get(action)
    if state:
        conn.execute("update cases set state = %s, closed_at = now() where id = %s", (state, story.case))
    fields = {
        "add": {"text": "还有"},
        "complain": {"text": "太慢"},
        "confirm": {"fixed": True},
        "rate": {"stars": 4, "satisfaction": "basically"},
        "appeal": {"reason": "再看看"},
    }.get(action, {})
    told_by = lambda code, more, **headers: (  # noqa: E731
        Caller(app).post(f"/reports/{code}/notes", note(action, **fields, **more), **headers).status_code
    )
    assert told_by(story.code, {}) == 403
    assert told_by(story.code, {}, X_Gezhi_Secret="x" * 43) == 404
    assert told_by(story.code, {}, X_Gezhi_Secret=OTHERS) == 404
    assert told_by(story.code, {"phone": "13800000000"}) == 404
    assert told_by("ABCDEFGH", {}, X_Gezhi_Secret=MINE) == 404
    assert told_by(story.joined, {"phone": REPORTER["phone"]}) == 404
    assert told_by(story.joined, {}, X_Gezhi_Secret=OTHERS) == (200 if action in PROVEN else 409)
    held_up = 409 if action == "withdraw" else 200  # what others met too is nobody's to withdraw
    assert told_by(story.code, {"phone": REPORTER["phone"]}) == held_up


def test_P7_what_was_reported_is_erased_by_who_reported_it_and_by_nobody_else(story: Story, desk: Person) -> None:  # noqa: F811
    """Not by the code alone, nor by who met it too, nor by staff, who may not speak for the reporter."""

    def erased(caller: Caller, code: str, secret: str | None) -> int:
        headers = {"X_Gezhi_Secret": secret} if secret else {}
        return int(caller.call("DELETE", f"/reports/{code}", **headers).status_code)

    for caller in (Caller(story.caller._client.application), desk):
        assert erased(caller, story.code, None) == 403
        assert erased(caller, story.code, OTHERS) == 404
        assert erased(caller, "ABCDEFGH", MINE) == 404
    assert WORDS["text"] in json.dumps(desk.get(f"/cases/{story.case}").json, ensure_ascii=False)
    assert ok(revealed(desk, story)) == REPORTER
    assert erased(story.caller, story.code, MINE) == 204
    assert WORDS["text"] not in json.dumps(desk.get(f"/cases/{story.case}").json, ensure_ascii=False)
    assert revealed(desk, story).status_code == 409
    assert WORDS["join"] in json.dumps(desk.get(f"/cases/{story.case}").json, ensure_ascii=False), "others' words stay"


def revealed(person: Person, story: Story) -> Any:
    """The response to a look at who reported."""
    return person.post(f"/cases/{story.case}/reporter", {"reason": "核对"})


def test_P8_who_reported_is_masked_for_whoever_sees_the_case_and_hidden_from_all_but_the_desk(town: Town) -> None:
    """Nobody's list, case or events has the name or the number; a hidden reporter is for the desk alone."""
    for thing, case_id in town.cases.items():
        for who, person in town.people.items():
            standing = STANDS[who][thing]
            if standing not in OPERATIONS[f"GET {V1}/cases/<uuid:case_id>"].answers:
                continue
            detail = person.get(f"/cases/{case_id}")
            shown = detail.json["reporter"]
            masked = thing not in SENSITIVE or standing == "desk"
            assert (shown["phone"], shown["name"]) == (("138****9527", "蔡**") if masked else (None, "匿名群众")), who
            events = person.get(f"/cases/{case_id}/events")
            for answer in (detail, events, person.get("/cases?view=scope&limit=100")):
                assert NAME not in answer.get_data(as_text=True), who
                assert PHONE not in answer.get_data(as_text=True), who


def test_P8_each_look_at_a_reporter_is_in_the_audit_trail_and_no_refused_one(town: Town, conn: Any) -> None:
    looked = "select count(*) from audit_trail where deed = 'reveal_reporter' and subject = %s and user_id = %s"
    case_id = town.cases["dispute"]
    for who, status in (
        (Who("dispatcher@district", "own"), 200),
        (Who("dispatcher@street", "own"), 404),
        (Who("handler", "own"), 409),
        (Who("admin", "own"), 404),
    ):
        person = town.people[who]
        answer = person.post(f"/cases/{case_id}/reporter", {"reason": "回访"})
        assert answer.status_code == status, who
        assert conn.execute(looked, (f"case:{case_id}", person.user)).fetchone() == (int(status == 200),)
        if status == 200:
            assert answer.json == {"name": NAME, "phone": PHONE}
