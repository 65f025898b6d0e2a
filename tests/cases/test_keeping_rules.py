"""Keeping routing rules: the dry run, who may, the order, the audit trail, what is refused (domain section 5)."""

# ruff: noqa: F811 - fixtures are asked for by their names
from __future__ import annotations

import random
import uuid
from typing import Any

import pytest

from gezhi.db import uuid7
from tests.cases.helpers import SHA, refused, report
from tests.cases.ruling import (  # noqa: F401 - fixtures
    keeper,
    no_rules_stay,
    sent_rule,
    squad,
    write,
)
from tests.conftest import Caller

# The dry run


def everything(conn: Any) -> tuple[Any, ...]:
    """What a dry run must leave as it is."""
    row: tuple[Any, ...] = conn.execute(
        "select (select jsonb_agg(r order by r.id) from routing_rules r), (select count(*) from audit_trail),"
        " (select count(*) from events), (select max(updated_at) from cases)"
    ).fetchone()
    return row


@pytest.mark.parametrize("seed", range(4))
def test_a_dry_run_tells_what_then_happens_to_the_same_reports(
    app: Any, conn: Any, keeper: Any, grids: Any, squad: uuid.UUID, write: Any, seed: int
) -> None:
    dice = random.Random(seed)
    places = [next(grids) for _ in range(3)]
    write(place=places[0].code, contains="学校")

    def sent() -> dict[str, Any]:
        category = dice.choice(["street_light", "rubbish", "noise", "other"])
        text = dice.choice(["路灯不亮", "垃圾没人清", "学校门口很吵"])
        return report([SHA], place=dice.choice(places).place, category=category, text=text, danger=dice.random() < 0.2)

    reports = [sent() for _ in range(25)]
    first = [Caller(app).post("/reports", one).json for one in reports]
    rule = sent_rule(
        squad,
        **dice.choice([{"place": places[1].code}, {"contains": "路灯"}, {"urgency": "critical"}, {"group": "city"}]),
    )
    untouched = everything(conn)
    told = keeper.post("/rules/try", {"rule": rule}).json
    assert everything(conn) == untouched
    assert keeper.post("/rules", rule).status_code == 201
    again = [Caller(app).post("/reports", {**one, "id": str(uuid7())}).json for one in reports]
    moved = {
        old["number"]
        for old, new in zip(first, again, strict=True)
        if (old["assigned_to"], old["state"]) != (new["assigned_to"], new["state"])
    }
    of_these = {item["number"] for item in told["items"]} & {receipt["number"] for receipt in first}
    assert told["changed"] >= len(moved) > 0
    assert told["changed"] > 50 or of_these == moved


def test_a_dry_run_names_before_and_after_and_takes_every_kind_of_change(
    resident: Any, conn: Any, keeper: Any, grid: Any, squad: uuid.UUID, write: Any
) -> None:
    receipt = resident.post("/reports", report([SHA], place=grid.place)).json
    rule = sent_rule(squad, place=grid.code)
    told = keeper.post("/rules/try", {"rule": rule}).json
    assert (told["changed"], told["cases"] >= 1) == (1, True)
    (item,) = told["items"]
    assert (item["number"], item["before"]["kind"], item["after"]["kind"]) == (receipt["number"], "post", "unit")
    assert item["after"]["key"] == str(squad)
    assert item["before"]["name"]
    assert "西湖区" in item["place"]

    kept = write(place=grid.code)
    desk = {"rule": sent_rule(squad, place=grid.code, to_unit_id=None, to_desk=grid.code[:6]), "id": str(kept)}
    (item,) = keeper.post("/rules/try", desk).json["items"]
    assert (item["before"]["kind"], item["after"]["kind"], item["after"]["key"]) == ("unit", "desk", grid.code[:6])
    (item,) = keeper.post("/rules/try", {"id": str(kept)}).json["items"]
    assert (item["before"]["kind"], item["after"]["kind"]) == ("unit", "post")
    second = write(place=grid.code, to_desk=grid.code[:6])
    (item,) = keeper.post("/rules/try", {"order": [str(second), str(kept)]}).json["items"]
    assert (item["before"]["kind"], item["after"]["kind"]) == ("unit", "desk")
    refused(keeper.post("/rules/try", {"id": str(uuid7())}), 404, "not_found")
    assert list(refused(keeper.post("/rules/try", {}), 422, "invalid")["fields"]) == ["rule"]
    assert list(refused(keeper.post("/rules/try", {"order": []}), 422, "invalid")["fields"]) == ["ids"]


def test_P8_who_may_not_see_sensitive_cases_is_not_told_where_they_are(
    resident: Any, enter: Any, keeper: Any, grid: Any, squad: uuid.UUID
) -> None:
    matter = {"kind": "local", "code": "L1003"}
    number = resident.post("/reports", report(place=grid.place, category=None, matter=matter)).json["number"]
    tried = {"rule": sent_rule(squad, place=grid.code)}
    told = [enter("admin", "3601", "centre").post("/rules/try", tried).json, keeper.post("/rules/try", tried).json]
    assert [one["changed"] for one in told] == [1, 1]
    assert [[item["number"] for item in one["items"]] for one in told] == [[], [number]]


# Keeping them


def test_rules_are_kept_in_their_order_and_every_change_is_audited(
    conn: Any, keeper: Any, squad: uuid.UUID, enter: Any
) -> None:
    first = keeper.post("/rules", sent_rule(squad, name=" 甲  ", contains="路灯\u3000学校 "))
    assert first.status_code == 201
    assert (first.json["name"], first.json["contains"]) == ("甲", "路灯 学校")
    whole = sent_rule(
        squad, name="乙", place="360103", matter={"kind": "matter", "code": "01037"}, group="city", channel="phone",
        opens=1320, closes=360, weekdays=96, contains="井盖", reporter_kind="known", urgency="urgent",
    )  # fmt: skip
    second = enter("admin", "3601", "centre").post("/rules", whole).json
    assert (second["place"]["key"], second["matter"]["code"], second["group"]["name"]) == (
        "360103",
        "01037",
        "城市管理",
    )
    assert (second["channel"]["name"], second["to"]["kind"], second["to"]["key"]) == ("电话", "unit", str(squad))
    ids = [first.json["id"], second["id"]]
    assert [one["id"] for one in keeper.get("/rules").json["items"]] == ids
    answer = keeper.call("PUT", "/rules/order", {"ids": ids[::-1]})
    assert [one["id"] for one in answer.json["items"]] == ids[::-1]
    for wrong in (ids[:1], [*ids, str(uuid7())], [ids[0], ids[0]]):
        refused(keeper.call("PUT", "/rules/order", {"ids": wrong}), 422, "invalid")
    changed = keeper.call("PUT", f"/rules/{ids[0]}", sent_rule(squad, name="丙"))
    assert (changed.json["name"], changed.json["contains"]) == ("丙", None)
    assert keeper.call("DELETE", f"/rules/{ids[1]}").status_code == 204
    refused(keeper.call("DELETE", f"/rules/{ids[1]}"), 404, "not_found")
    refused(keeper.call("PUT", f"/rules/{ids[1]}", sent_rule(squad)), 404, "not_found")
    deeds = conn.execute(
        "select deed, user_id, detail #>> '{before,name}', detail #>> '{after,name}' from audit_trail"
        " where subject like 'routing_rule%%' order by id desc limit 5"
    ).fetchall()[::-1]
    assert [(deed, before, after) for deed, _, before, after in deeds] == [
        ("add_rule", None, "甲"), ("add_rule", None, "乙"), ("order_rules", None, None),
        ("change_rule", "甲", "丙"), ("remove_rule", "乙", None),
    ]  # fmt: skip
    assert {deed[1] for deed in deeds if deed[0] != "add_rule"} == {keeper.user}
    order = conn.execute("select detail from audit_trail where deed = 'order_rules' order by id desc").fetchone()[0]
    assert order == {"before": ids, "after": ids[::-1]}


OTHERS = [
    ("dispatcher", "3601", "centre"), ("leader", "3601", "centre"), ("auditor", "3601", "centre"),
    ("security_admin", "3601", "centre"), ("grid_worker", "360103001001001", None),
    ("handler", "360102", "urban_management"),
]  # fmt: skip


@pytest.mark.parametrize("who", OTHERS, ids=[role for role, _, _ in OTHERS])
def test_P7_for_anybody_else_there_are_no_rules(enter: Any, squad: uuid.UUID, write: Any, who: Any) -> None:
    _nothing_there(enter(*who), write(), squad)


def test_P7_a_districts_duty_leader_keeps_no_rules_of_the_city(
    hire: Any, unit: Any, squad: uuid.UUID, write: Any
) -> None:
    _nothing_there(hire("duty_leader", "360103", unit("360103")), write(), squad)
    _nothing_there(hire("duty_leader", "3601", unit("3601", "department", "lamps")), write(), squad)


def _nothing_there(person: Any, rule: uuid.UUID, squad: uuid.UUID) -> None:
    body = sent_rule(squad)
    for method, path, sent in (
        ("GET", "/rules", None), ("POST", "/rules", body), ("POST", "/rules/try", {"rule": body}),
        ("PUT", "/rules/order", {"ids": [str(rule)]}), ("PUT", f"/rules/{rule}", body),
        ("DELETE", f"/rules/{rule}", None),
    ):  # fmt: skip
        refused(person.call(method, path, sent), 404, "not_found")


def test_who_is_not_signed_in_is_asked_to(resident: Any, squad: uuid.UUID) -> None:
    refused(resident.get("/rules"), 401, "not_signed_in")
    refused(resident.post("/rules", sent_rule(squad)), 401, "not_signed_in")


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"name": None}, "name"),
    "a name of spaces": ({"name": "  "}, "name"),
    "a name of 81 letters": ({"name": "长" * 81}, "name"),
    "a region that is not there": ({"place": "360199"}, "place"),
    "a region of another city": ({"place": "3701"}, "place"),
    "half a region": ({"place": "36010"}, "place"),
    "a matter that is not turned on": ({"matter": {"kind": "matter", "code": "99999"}}, "matter"),
    "a matter of another kind": ({"matter": {"kind": "part", "code": "01037"}}, "matter"),
    "a group that is not there": ({"group": "nothing"}, "group"),
    "an unknown channel": ({"channel": "pigeon"}, "channel"),
    "one hour": ({"opens": 60}, "closes"),
    "no hour at all": ({"opens": 60, "closes": 60}, "closes"),
    "an hour of the next day": ({"opens": 60, "closes": 1441}, "closes"),
    "no weekday": ({"weekdays": 0}, "weekdays"),
    "an eighth weekday": ({"weekdays": 128}, "weekdays"),
    "words that are none": ({"contains": " "}, "contains"),
    "an unknown reporter": ({"reporter_kind": "friend"}, "reporter_kind"),
    "an unknown urgency": ({"urgency": "very"}, "urgency"),
    "no target": ({"to_unit_id": None}, "to_unit_id"),
    "two targets": ({"to_desk": "3601"}, "to_unit_id"),
    "a unit that is not there": ({"to_unit_id": str(uuid7())}, "to_unit_id"),
    "a post that is not there": ({"to_unit_id": None, "to_post_id": str(uuid7())}, "to_post_id"),
    "a desk that is not there": ({"to_unit_id": None, "to_desk": "360103001001001"}, "to_desk"),
    "a desk beside the place": ({"to_unit_id": None, "to_desk": "360102", "place": "360103"}, "to_desk"),
    "a code of a program": ({"when": "1=1"}, "when"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_rule_is_refused_with_the_path_of_the_fault(
    conn: Any, keeper: Any, squad: uuid.UUID, write: Any, fault: str
) -> None:
    changed, path = FAULTS[fault]
    kept = write()
    sent = sent_rule(squad, **changed)
    for method, to in (("POST", "/rules"), ("PUT", f"/rules/{kept}")):
        assert list(refused(keeper.call(method, to, sent), 422, "invalid")["fields"]) == [path]
    tried = refused(keeper.post("/rules/try", {"rule": sent}), 422, "invalid")
    assert [field.removeprefix("rule.") for field in tried["fields"]] == [path]
    assert conn.execute("select array_agg(id) from routing_rules").fetchone() == ([kept],)


def test_a_post_that_has_ended_is_no_target(keeper: Any, hire: Any, grid: Any) -> None:
    gone = hire("grid_worker", grid.code, ended=True)
    sent = sent_rule(uuid7(), to_unit_id=None, to_post_id=str(gone.post_id))
    assert list(refused(keeper.post("/rules", sent), 422, "invalid")["fields"]) == ["to_post_id"]
