"""Routing rules: every condition, the order, the targets, equals, and that they hold at once (domain section 5)."""

# ruff: noqa: F811 - fixtures are asked for by their names
from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest

from gezhi.cases import service
from gezhi.cases.schemas import REPORT
from gezhi.db import uuid7
from tests.cases.helpers import SHA, refused, report
from tests.cases.ruling import (  # noqa: F401 - fixtures
    case_of,
    keeper,
    no_rules_stay,
    sent_rule,
    squad,
    write,
)

CITY_ZONE = timezone(timedelta(hours=8))
FRIDAY = datetime(2026, 11, 20, 10, 0, tzinfo=CITY_ZONE)
CONDITIONS = (
    "place", "matter_kind", "matter_code", "group_key", "channel", "opens", "closes", "weekdays", "contains",
    "reporter_kind", "urgency",
)  # fmt: skip
FACTS: dict[str, Any] = {
    "region": "360103002001001", "kind": "matter", "code": "01037", "group": "city", "channel": "app",
    "text": "学校门口的路灯不亮，已经三天", "reporter_kind": "anonymous", "urgency": "ordinary", "at": FRIDAY,
}  # fmt: skip
ASK = """
select name from rule_of_v1('3601', %(region)s, %(kind)s, %(code)s, %(group)s, %(channel)s, %(text)s,
  %(reporter_kind)s, %(urgency)s, %(at)s)
"""


def matched(conn: Any, **changed: Any) -> str | None:
    """The name of the rule that these facts meet."""
    row = conn.execute(ASK, {**FACTS, **changed}).fetchone()
    return row[0] if row else None


# Conditions

HOLDING: dict[str, list[dict[str, Any]]] = {
    "place": [{"place": "3601"}, {"place": "360103"}, {"place": "360103002001001"}],
    "matter": [{"matter_kind": "matter", "matter_code": "01037"}],
    "group": [{"group_key": "city"}],
    "channel": [{"channel": "app"}],
    "hours": [
        {"opens": 600, "closes": 601}, {"opens": 0, "closes": 1440}, {"opens": 1300, "closes": 601},
        {"opens": 600, "closes": 0},
    ],
    "weekdays": [{"weekdays": 0b0010000}, {"weekdays": 0b1111111}],
    "text": [{"contains": "路灯"}, {"contains": "三天 学校"}],
    "reporter": [{"reporter_kind": "anonymous"}],
    "urgency": [{"urgency": "ordinary"}],
}  # fmt: skip
MISSING: dict[str, list[dict[str, Any]]] = {
    "place": [{"place": "360102"}, {"place": "360103002001002"}],
    "matter": [
        {"matter_kind": "part", "matter_code": "01037"}, {"matter_kind": "matter", "matter_code": "01038"},
    ],
    "group": [{"group_key": "service"}],
    "channel": [{"channel": "phone"}],
    "hours": [
        {"opens": 540, "closes": 600}, {"opens": 601, "closes": 1440}, {"opens": 1300, "closes": 600},
        {"opens": 601, "closes": 0},
    ],
    "weekdays": [{"weekdays": 0b1101111}],
    "text": [{"contains": "井盖"}, {"contains": "路灯 井盖"}],
    "reporter": [{"reporter_kind": "known"}, {"reporter_kind": "staff"}],
    "urgency": [{"urgency": "critical"}],
}  # fmt: skip


@pytest.mark.parametrize("condition", HOLDING)
def test_P3_each_condition_alone_holds_or_not(conn: Any, write: Any, condition: str) -> None:
    for columns in HOLDING[condition]:
        rule = write(**columns)
        assert matched(conn) == str(rule), columns
        conn.execute("delete from routing_rules")
    for columns in MISSING[condition]:
        write(**columns)
        assert matched(conn) is None, columns
        conn.execute("delete from routing_rules")


@pytest.mark.parametrize("condition", HOLDING)
def test_P3_all_together_must_hold_and_one_that_does_not_is_enough(conn: Any, write: Any, condition: str) -> None:
    whole: dict[str, Any] = {}
    for columns in HOLDING.values():
        whole |= columns[0]
    write(**{**whole, **MISSING[condition][0]})
    assert matched(conn) is None
    rule = write(**whole)
    assert matched(conn) == str(rule)


def test_P3_a_rule_without_conditions_holds_for_everything(conn: Any, write: Any) -> None:
    rule = str(write())
    assert matched(conn) == rule
    nothing = dict.fromkeys(("kind", "code", "group", "text"))
    assert matched(conn, **nothing, region="3601", channel="phone", urgency="critical") == rule


def test_P3_no_word_is_found_in_a_report_without_text(conn: Any, write: Any) -> None:
    write(contains="路灯")
    assert matched(conn, text=None) is None
    assert matched(conn, text="") is None


@pytest.mark.parametrize(
    ("moment", "holds"),
    [("21:59", False), ("22:00", True), ("23:59", True), ("00:00", True), ("05:59", True), ("06:00", False)],
)
def test_hours_over_midnight_are_those_of_the_citys_clock(conn: Any, write: Any, moment: str, holds: bool) -> None:
    write(opens=22 * 60, closes=6 * 60)
    hour, minute = map(int, moment.split(":"))
    at = FRIDAY.replace(hour=hour, minute=minute)
    assert (matched(conn, at=at) is not None) == holds
    assert (matched(conn, at=at.astimezone(UTC)) is not None) == holds


def test_weekdays_are_those_of_the_citys_day(conn: Any, write: Any) -> None:
    write(weekdays=0b0100000)  # Saturday
    assert matched(conn, at=datetime(2026, 11, 20, 15, 59, tzinfo=UTC)) is None
    assert matched(conn, at=datetime(2026, 11, 20, 16, 0, tzinfo=UTC)) is not None


def test_a_desks_rule_is_passed_over_outside_its_region(conn: Any, write: Any) -> None:
    write(to_desk="360102")
    second = write(to_desk="360103")
    assert matched(conn) == str(second)


def holds(rule: dict[str, Any], facts: dict[str, Any]) -> bool:
    """The conditions said once more, by themselves: what the statement is held against."""
    local = facts["at"].astimezone(CITY_ZONE)
    minute = local.hour * 60 + local.minute
    opens, closes = rule.get("opens"), rule.get("closes")
    hours = opens is None or (opens <= minute < closes if opens < closes else minute >= opens or minute < closes)
    plain = {"matter_kind": "kind", "matter_code": "code", "group_key": "group"} | {
        one: one for one in ("channel", "reporter_kind", "urgency")
    }
    return (
        hours
        and facts["region"].startswith(rule.get("place") or "")
        and all(rule.get(column) in (None, facts[fact]) for column, fact in plain.items())
        and (rule.get("weekdays") is None or bool(rule["weekdays"] >> local.weekday() & 1))
        and all(word in facts["text"] for word in (rule.get("contains") or "").split())
    )


@pytest.mark.parametrize("seed", range(12))
def test_C10_the_first_active_rule_that_holds_wins(conn: Any, write: Any, seed: int) -> None:
    dice = random.Random(seed)

    def drawn() -> dict[str, Any]:
        choices = [
            {"place": dice.choice(["3601", "360103", "360102", "360103002001001"])},
            {"matter_kind": "matter", "matter_code": dice.choice(["01037", "06010"])},
            {"group_key": dice.choice(["city", "service"])},
            {"channel": dice.choice(["app", "phone"])},
            dict(zip(("opens", "closes"), dice.sample(range(1440), 2), strict=True)),
            {"weekdays": dice.randrange(1, 128)},
            {"contains": dice.choice(["路灯", "井盖", "路灯 学校"])},
            {"reporter_kind": dice.choice(["anonymous", "known", "staff"])},
            {"urgency": dice.choice(["ordinary", "critical"])},
        ]
        whole: dict[str, Any] = {}
        for condition in dice.sample(choices, dice.randrange(3)):
            whole |= condition
        return whole | {"active": dice.random() < 0.8, "position": dice.randrange(1, 9)}

    made = [(columns, write(**columns)) for columns in (drawn() for _ in range(10))]
    made.sort(key=lambda one: (one[0]["position"], one[1]))
    for _ in range(25):
        facts = FACTS | {
            "region": dice.choice(["360103002001001", "360102003004005"]),
            "code": dice.choice(["01037", "06010"]),
            "channel": dice.choice(["app", "phone"]),
            "text": dice.choice(["路灯坏了", "井盖没了", "学校的路灯"]),
            "reporter_kind": dice.choice(["anonymous", "known", "staff"]),
            "urgency": dice.choice(["ordinary", "critical"]),
            "at": FRIDAY + timedelta(minutes=dice.randrange(7 * 1440)),
        }
        expected = next((str(rule) for columns, rule in made if columns["active"] and holds(columns, facts)), None)
        assert matched(conn, **facts) == expected


# Targets


def test_P3_a_rule_gives_a_report_to_its_unit_and_says_why(
    resident: Any, conn: Any, write: Any, grid: Any, squad: uuid.UUID
) -> None:
    write(place=grid.code)
    receipt = resident.post("/reports", report([SHA], place=grid.place)).json
    row = case_of(conn, receipt)
    assert (row["state"], row["lead_unit_id"], row["assignee_post_id"], row["level"]) == ("dispatched", squad, None, 9)
    assert (receipt["assigned_to"]["kind"], receipt["why"]) == ("unit", "按本市的分派规则")
    assert resident.post("/reports", report([SHA], place=grid.place, id=receipt["id"])).status_code == 422


def test_P6_a_rules_post_has_it_on_duty_and_its_grids_others_when_not(
    resident: Any, conn: Any, write: Any, hire: Any, enter: Any, grids: Any
) -> None:
    here, there = next(grids), next(grids)
    worker = enter("grid_worker", there.code)
    leader = hire("grid_leader", there.code)
    write(place=here.code, to_post_id=worker.post_id)

    def assigned() -> tuple[Any, Any]:
        row = case_of(conn, resident.post("/reports", report([SHA], place=here.place)).json)
        return row["assignee_post_id"], row["level"]

    assert assigned() == (worker.post_id, 12)
    conn.execute("delete from duty_hours where post_id = %s", (worker.post_id,))
    assert assigned() == (leader.post_id, 12)
    conn.execute("delete from duty_hours where post_id = %s", (leader.post_id,))
    own = enter("grid_worker", here.code)
    assert assigned() == (own.post_id, 12)


def test_P6_the_post_of_a_unit_that_is_off_duty_hands_to_its_unit(
    resident: Any, conn: Any, write: Any, hire: Any, grid: Any, squad: uuid.UUID
) -> None:
    region = conn.execute("select region_code from units where id = %s", (squad,)).fetchone()[0]
    post = hire("responder", region, squad)
    write(place=grid.code, to_post_id=post.post_id)
    sent = report([SHA], place=grid.place)
    row = case_of(conn, resident.post("/reports", sent).json)
    assert (row["assignee_post_id"], row["lead_unit_id"]) == (post.post_id, squad)
    conn.execute("delete from duty_hours where post_id = %s", (post.post_id,))
    row = case_of(conn, resident.post("/reports", report([SHA], place=grid.place)).json)
    assert (row["assignee_post_id"], row["lead_unit_id"]) == (None, squad)


def test_a_rule_for_a_desk_assigns_nobody(resident: Any, conn: Any, write: Any, grid: Any, row_of: Any) -> None:
    write(place=grid.code, to_desk=grid.code[:6])
    sent = report([SHA], place=grid.place)
    receipt = resident.post("/reports", sent).json
    row = case_of(conn, receipt)
    assert (row["state"], row["level"], row["step"], row["version"]) == ("accepted", 6, "dispatch", 2)
    assert (row["assignee_post_id"], row["lead_unit_id"]) == (None, None)
    assert (receipt["assigned_to"]["kind"], receipt["why"]) == ("desk", "按本市的分派规则，由受理台决定")
    events = row_of(receipt["case_id"])["events"]
    assert [event["action"] for event in events] == ["report", "accept"]
    assert (events[1]["facts"]["why"], events[1]["facts"]["level"]) == ("rule_desk", 6)
    assert resident.post("/reports", sent).json == receipt


def test_what_grid_workers_may_not_be_given_goes_to_no_post_of_a_grid(
    resident: Any, conn: Any, write: Any, enter: Any, grid: Any, keeper: Any
) -> None:
    worker = enter("grid_worker", grid.code)
    write(place=grid.code, to_post_id=worker.post_id)
    sent = {"category": None, "matter": {"kind": "matter", "code": "01037"}, "place": grid.place}
    row = case_of(conn, resident.post("/reports", report([SHA], **sent)).json)
    assert row["assignee_post_id"] == worker.post_id
    for admitted in ("proposed", "refused"):
        conn.execute("update city_matters set admitted = %s where code = '01037' and kind = 'matter'", (admitted,))
        row = case_of(conn, resident.post("/reports", report([SHA], **sent)).json)
        assert row["assignee_post_id"] is None
        rule = sent_rule(uuid7(), to_unit_id=None, to_post_id=str(worker.post_id), matter=sent["matter"])
        assert list(refused(keeper.post("/rules", rule), 422, "invalid")["fields"]) == ["to_post_id"]
        conn.execute("delete from routing_rules")
        row = case_of(conn, resident.post("/reports", report([SHA], **sent)).json)
        assert row["assignee_post_id"] is None
    conn.execute("update city_matters set admitted = 'admitted' where code = '01037' and kind = 'matter'")


def test_among_equals_the_post_with_fewer_open_tasks_has_it(
    resident: Any, conn: Any, enter: Any, hire: Any, grid: Any
) -> None:
    posts = {enter("grid_worker", grid.code).post_id, hire("grid_worker", grid.code).post_id}
    hire("grid_leader", grid.code)

    def assigned() -> uuid.UUID:
        found: uuid.UUID = case_of(conn, resident.post("/reports", report([SHA], place=grid.place)).json)[
            "assignee_post_id"
        ]
        return found

    turns = [assigned() for _ in range(4)]
    assert turns == [min(posts), max(posts)] * 2
    conn.execute("update cases set state = 'handled' where assignee_post_id = %s", (max(posts),))
    assert [assigned(), assigned()] == [max(posts)] * 2
    assert assigned() == min(posts)


def test_among_neighbours_the_one_with_fewer_open_tasks_has_it(resident: Any, conn: Any, grids: Any) -> None:
    first = next(grids)
    while (grid := next(grids)).code[:12] == first.code[:12]:
        pass
    community = f"{grid.code[:12]}%"
    mates = [
        row[0]
        for row in conn.execute(
            "select id from posts where region_code like %s and role = 'grid_worker' and region_code <> %s order by id",
            (community, grid.code),
        ).fetchall()
    ]
    assert len(mates) > 1
    conn.execute("delete from duty_hours where post_id in (select id from posts where region_code = %s)", (grid.code,))
    receipts = [resident.post("/reports", report([SHA], place=grid.place)).json for _ in range(len(mates) + 1)]
    assert [case_of(conn, one)["assignee_post_id"] for one in receipts] == [*mates, mates[0]]


def test_a_case_that_is_there_is_routed_by_its_first_report(
    resident: Any, worker: Any, conn: Any, write: Any, grid: Any, squad: uuid.UUID
) -> None:
    cases = [
        (resident.post("/reports", report([SHA], place=grid.place, text="学校的路灯")), "text"),
        (resident.post("/reports", report(place=grid.place, category="noise", reporter={"name": "李"})), "known"),
        (worker.post("/reports", report([SHA], place=grid.place)), "staff"),
        (resident.post("/reports", report(place=grid.place, danger=True)), "danger"),
    ]
    write(contains="学校 路灯")
    write(reporter_kind="known", urgency="ordinary")
    write(channel="field", reporter_kind="staff")
    write(urgency="critical")
    for answer, _ in cases:
        unit, why = conn.execute(
            "select r.unit_id, r.why from cases c, route_case_v1(c, now()) r where c.id = %s",
            (answer.json["case_id"],),
        ).fetchone()
        assert (unit, why) == (squad, "rule")


def test_C10_a_decision_about_an_ownerless_case_becomes_the_rule_for_its_district(
    resident: Any, conn: Any, write: Any, grid: Any, squad: uuid.UUID
) -> None:
    first = write(place="360102", to_desk="360102")
    case = resident.post("/reports", report([SHA], place=grid.place)).json["case_id"]
    make = "select rule_from_case_v1(c, %s, %s, now()) from cases c where id = %s"
    rule = conn.execute(make, (squad, None, case)).fetchone()[0]
    assert conn.execute(make, (squad, None, case)).fetchone()[0] == rule
    name = conn.execute("select name from matters where kind = 'matter' and code = '01037'").fetchone()[0]
    row = conn.execute(
        "select name, place, matter_kind, matter_code, to_unit_id, source_case_id, position from routing_rules"
        " where id = %s",
        (rule,),
    ).fetchone()
    assert row == (name, grid.code[:6], "matter", "01037", squad, uuid.UUID(case), 2)
    later = resident.post("/reports", report([SHA], place=grid.place)).json
    assert case_of(conn, later)["lead_unit_id"] == squad
    other = conn.execute("select id from units where id <> %s order by id limit 1", (squad,)).fetchone()[0]
    assert conn.execute(make, (other, None, case)).fetchone()[0] == rule
    assert case_of(conn, resident.post("/reports", report([SHA], place=grid.place)).json)["lead_unit_id"] == other
    deeds = conn.execute(
        "select detail #>> '{before,to_unit_id}', detail #>> '{after,to_unit_id}' from audit_trail"
        " where subject = %s order by id",
        (f"routing_rule:{rule}",),
    ).fetchall()
    assert deeds == [(None, str(squad)), (str(squad), str(other))]
    assert conn.execute("select count(*) from routing_rules").fetchone() == (2,)
    assert first != rule


# At once, everywhere


def test_a_changed_rule_holds_for_the_next_report_of_a_process_that_is_long_at_work(
    database: str, conn: Any, keeper: Any, grid: Any, squad: uuid.UUID
) -> None:
    with psycopg.connect(database, autocommit=True, prepare_threshold=0) as other:

        def lead() -> Any:
            sent = REPORT.load(report([SHA], place=grid.place))
            facts = service.take_report(other, sent, f"device:{uuid.uuid4()}", None)
            return case_of(conn, facts)["lead_unit_id"]

        assert [lead() for _ in range(7)] == [None] * 7
        rule = keeper.post("/rules", sent_rule(squad, place=grid.code)).json
        assert lead() == squad
        changed = sent_rule(squad, place=grid.code, active=False)
        assert keeper.call("PUT", f"/rules/{rule['id']}", changed).status_code == 200
        assert lead() is None
        assert keeper.call("PUT", f"/rules/{rule['id']}", {**changed, "active": True}).status_code == 200
        assert lead() == squad
        assert keeper.call("DELETE", f"/rules/{rule['id']}").status_code == 204
        assert lead() is None
