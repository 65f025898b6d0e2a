"""Routing rules: every condition, the order, the targets, the dry run, who keeps them (domain section 5)."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from gezhi.cases import service
from gezhi.cases.schemas import REPORT
from gezhi.db import uuid7
from tests.cases.helpers import SHA, refused, report
from tests.conftest import Caller

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


@pytest.fixture(autouse=True)
def _no_rules_stay(conn: Any) -> Iterator[None]:
    yield
    conn.execute("delete from routing_rules")


@pytest.fixture
def keeper(enter: Callable[..., Any]) -> Any:
    """The duty leader of the city's centre."""
    return enter("duty_leader", "3601", "centre")


@pytest.fixture
def squad(conn: Any) -> uuid.UUID:
    """A unit that no matter is given to by itself."""
    row = conn.execute("select id from units where function = 'service_team' order by id limit 1").fetchone()
    found: uuid.UUID = row[0]
    return found


@pytest.fixture
def write(conn: Any, squad: uuid.UUID) -> Callable[..., uuid.UUID]:
    """Writes a rule straight into the table, last in the order, for a unit unless told otherwise."""

    def do(**columns: Any) -> uuid.UUID:
        made = uuid7()
        row = {"to_unit_id": squad, "name": str(made), "city": "3601", **columns, "id": made}
        if {"to_post_id", "to_desk"} & columns.keys():
            del row["to_unit_id"]
        row.setdefault("position", conn.execute("select count(*) + 1 from routing_rules").fetchone()[0])
        names = ", ".join(row)
        conn.execute(
            f"insert into routing_rules ({names}) values ({', '.join(f'%({n})s' for n in row)})",
            row,
        )
        return made

    return do


def sent_rule(to: uuid.UUID, **changed: Any) -> dict[str, Any]:
    """A rule as the console sends it."""
    return {"name": "学校周边的路灯", "to_unit_id": str(to), **changed}


def matched(conn: Any, **changed: Any) -> str | None:
    """The name of the rule that these facts meet."""
    row = conn.execute(ASK, {**FACTS, **changed}).fetchone()
    return row[0] if row else None


def case_of(conn: Any, receipt: dict[str, Any]) -> dict[str, Any]:
    """The row of a receipt's case."""
    with conn.cursor(row_factory=dict_row) as cursor:
        row: dict[str, Any] = cursor.execute("select * from cases where id = %s", (receipt["case_id"],)).fetchone()
    return row


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
