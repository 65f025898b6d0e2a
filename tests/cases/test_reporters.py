"""Who reported: masked on the case, in clear for a reason that is kept, hidden when they wish it (rules P7, P8)."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from gezhi.http import logs
from tests.cases.conftest import Grid, Person
from tests.cases.helpers import SHA, command, ok, refused, report

Conn = psycopg.Connection[Any]
NAME, PHONE = "欧阳小敏", "13807917788"
WHY = {"reason": "电话核实地点"}


@pytest.fixture
def told(send: Callable[..., Any]) -> str:
    """A case whose reporter left name and number."""
    return str(send(reporter={"name": NAME, "phone": f"+86 {PHONE}"})["case_id"])


@pytest.fixture
def hidden(send: Callable[..., Any]) -> str:
    """A case whose reporter asked to be hidden from those who handle it."""
    return str(send(reporter={"name": NAME, "phone": PHONE, "hidden": True})["case_id"])


def seen(person: Person, case: str) -> Any:
    """The reporter as the case shows it."""
    return ok(person.get(f"/cases/{case}"))["reporter"]


def reveal(person: Person, case: str, body: Any = None) -> Any:
    """The response to a look at the reporter."""
    return person.post(f"/cases/{case}/reporter", WHY if body is None else body)


def looks(conn: Conn, case: str) -> list[tuple[Any, ...]]:
    """The audited looks at the reporter of a case."""
    return conn.execute(
        "select user_id, detail ->> 'reason' from audit_trail"
        " where deed = 'reveal_reporter' and subject = %s order by id",
        (f"case:{case}",),
    ).fetchall()


def test_P8_the_case_shows_masked_forms_only(told: str, desk: Person, worker: Person) -> None:
    for person in (desk, worker):
        assert seen(person, told) == {"anonymous": False, "name": "欧**", "phone": "138****7788", "hidden": False}
        whole = person.get(f"/cases/{told}").get_data(as_text=True) + person.get("/cases?limit=100").get_data(True)
        assert NAME not in whole
        assert PHONE not in whole


def test_P8_of_an_anonymous_reporter_there_is_nothing(case: str, desk: Person, conn: Conn) -> None:
    assert seen(desk, case) == {"anonymous": True, "name": "匿名群众", "phone": None, "hidden": False}
    refused(reveal(desk, case), 409, "no_reporter")
    assert looks(conn, case) == []


def test_P8_a_name_alone_and_a_number_alone(send: Any, desk: Person) -> None:
    named = send(reporter={"name": NAME})["case_id"]
    phoned = send(reporter={"phone": "0791-8622 1234"})["case_id"]
    assert seen(desk, named) == {"anonymous": False, "name": "欧**", "phone": None, "hidden": False}
    assert seen(desk, phoned) == {"anonymous": False, "name": "未留姓名", "phone": "079****1234", "hidden": False}
    assert ok(reveal(desk, named)) == {"name": NAME, "phone": None}
    assert ok(reveal(desk, phoned)) == {"name": None, "phone": "079186221234"}


def test_P8_desk_and_assignee_see_it_in_clear_and_each_look_is_kept(
    told: str, desk: Person, worker: Person, conn: Conn
) -> None:
    for person in (desk, worker):
        assert ok(reveal(person, told)) == {"name": NAME, "phone": PHONE}
    assert looks(conn, told) == [(desk.user, WHY["reason"]), (worker.user, WHY["reason"])]


def test_P8_a_number_in_the_reason_is_not_kept(told: str, desk: Person, conn: Conn) -> None:
    ok(reveal(desk, told, {"reason": f"回拨{PHONE}"}))
    assert looks(conn, told) == [(desk.user, "回拨<phone>")]


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "  "}, {"reason": "长" * 201}, {"reason": 1}])
def test_P8_without_a_reason_nothing_is_shown(told: str, desk: Person, conn: Conn, body: Any) -> None:
    refused(reveal(desk, told, body), 422, "invalid")
    assert looks(conn, told) == []


def test_P7_whoever_is_neither_desk_nor_assignee_is_told_nothing(
    told: str, hire: Any, unit: Any, grid: Any, conn: Conn
) -> None:
    lookers = [hire("grid_leader", grid.code), hire("leader", grid.code[:9], unit(grid.code[:9]))]
    strangers = [hire("dispatcher", "360102", unit("360102")), hire("admin", "3601")]
    for person in lookers:
        assert seen(person, told)["name"] == "欧**"
    for person in (*lookers, *strangers):
        refused(reveal(person, told), 404, "not_found")
    assert looks(conn, told) == []


def test_P8_a_hidden_reporter_is_for_the_desk_alone(hidden: str, desk: Person, worker: Person, conn: Conn) -> None:
    assert seen(desk, hidden) == {"anonymous": False, "name": "欧**", "phone": "138****7788", "hidden": True}
    assert seen(worker, hidden) == {"anonymous": False, "name": "匿名群众", "phone": None, "hidden": True}
    refused(reveal(worker, hidden), 409, "reporter_hidden")
    assert ok(reveal(desk, hidden)) == {"name": NAME, "phone": PHONE}
    assert looks(conn, hidden) == [(desk.user, WHY["reason"])]


def test_P8_a_row_of_another_key_hides_the_reporter_but_not_the_case(told: str, desk: Person, conn: Conn) -> None:
    conn.execute(
        "update personal_data set key_id = '9' where id = (select reporter_id from reports where case_id = %s)", (told,)
    )
    assert seen(desk, told) == {"anonymous": False, "name": "无法读取", "phone": None, "hidden": False}
    refused(reveal(desk, told), 500, "internal")
    assert looks(conn, told) == []


def test_P8_the_vault_is_the_only_place_of_name_and_number(told: str, conn: Conn, row_of: Any) -> None:
    assert NAME not in json.dumps(row_of(told), ensure_ascii=False, default=str)
    rows = conn.execute("select to_jsonb(r)::text from reports r where case_id = %s", (told,)).fetchall()
    assert all(PHONE not in row[0] and NAME not in row[0] for row in rows)


@pytest.fixture
def logging_on(app: Any) -> Iterator[None]:
    """The logs of every level, written as the processes write them, to standard error."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure("DEBUG")
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.usefixtures("logging_on")
def test_P8_nothing_of_the_reporter_is_ever_logged(
    send: Any, desk: Person, conn: Conn, capsys: pytest.CaptureFixture[str]
) -> None:
    case = send(reporter={"name": NAME, "phone": PHONE})["case_id"]
    ok(reveal(desk, case, {"reason": f"回拨{PHONE}"}))
    refused(desk.post("/reports", {"reporter": {"name": NAME, "phone": f"{PHONE}0"}}), 422, "invalid")
    conn.execute("update personal_data set phone = name where phone is not null")
    refused(reveal(desk, case), 500, "internal")
    told = capsys.readouterr().err
    assert "gezhi.access" in told
    assert "InvalidTag" in told
    assert PHONE not in told
    assert NAME not in told


def test_P8_who_had_the_case_before_is_told_nothing(
    told: str, worker: Person, desk: Person, hire: Any, grid: Any
) -> None:
    other = hire("grid_leader", grid.code)
    ok(desk.act(told, command("reassign", 3, assignee={"post_id": str(other.post_id)}, reason="轮休")))
    ok(other.act(told, command("sign", 4)))
    refused(reveal(worker, told), 404, "not_found")
    assert ok(reveal(other, told))["phone"] == PHONE


def test_P8_staff_who_asked_to_stay_hidden_are_not_named_to_those_who_handle(
    enter: Callable[..., Person], desk: Person, worker: Person, grid: Grid
) -> None:
    insider = enter("handler", "360103", "urban_management")
    sent = report([SHA], place=grid.place, channel="field", reporter={"hidden": True})
    case = insider.post("/reports", sent).json["case_id"]
    for person, named in ((desk, True), (worker, False)):
        whole, alone = person.get(f"/cases/{case}").json["timeline"], person.get(f"/cases/{case}/events").json["items"]
        assert (whole[0]["by"] is not None, alone[0]["by"] is not None) == (named, named)
