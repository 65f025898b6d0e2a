"""Filters of lists and the search, alone and together, against a slow reader of everything; what is refused."""

from __future__ import annotations

import random
from typing import Any
from urllib.parse import urlencode

import pytest

from gezhi.db import uuid7
from tests.cases.conftest import Person
from tests.cases.many import ALL, HOLDS, Row, ids, known, listed


def choices(cases: list[Row]) -> dict[str, list[str]]:
    """Values worth asking for, by filter."""
    some = cases[:40]
    return {
        "state": ["closed", "reported,signed", "transferred,handled", ALL],
        "category": [case["category_key"] for case in some],
        "matter": [f"{case['matter_kind']}:{case['matter_code']}" for case in some if case["matter_code"]],
        "group": ["city", "governance", "nowhere"],
        "place": ["3601", some[0]["region_code"], "3601020", "360199"],
        "channel": ["app", "phone", "counter"],
        "urgency": ["ordinary", "urgent", "critical"],
        "assignee": [str(case["assignee_post_id"] or case["lead_unit_id"] or uuid7()) for case in some],
        "from": ["2026-02-28", "2026-03-01", "2026-03-02", "0001-01-01"],
        "to": ["2026-02-28", "2026-03-01", "9999-12-31"],
        "light": ["green", "yellow", "red", "grey"],
        "q": [
            "路灯", "wi-fi", "7 号", "路", "3", "360", "3601", some[0]["number"][:6], some[0]["number"],
            some[1]["number"][:15], some[2]["number"][:11], some[3]["number"][:8], some[4]["receipt_code"].lower(),
            "没有", "360102-20261399", "路灯，不亮", "水，电", "%_", "，，",
        ],
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_filters_alone_and_together_find_what_a_slow_reader_finds(
    seed: int, people: dict[str, Person], conn: Any
) -> None:
    dice = random.Random(seed)
    for name in ("city dispatcher", "two posts", "handler"):
        cases = [case for case in known(conn, people[name].user) if case["relations"]]
        values = choices(cases)
        asked = [{one: dice.choice(values[one])} for one in values]
        asked += [
            {one: dice.choice(values[one]) for one in dice.sample(sorted(values), dice.choice((2, 2, 3)))}
            for _ in range(25)
        ]
        for filters in asked:
            if filters.get("from", "") > filters.get("to", "9999"):
                continue
            whole = {"state": ALL, **filters}
            found = [case for case in cases if all(HOLDS[one](case, value) for one, value in whole.items())]
            assert listed(people[name], view="scope", **whole) == ids(found), (name, filters)


def test_every_filter_has_been_seen_to_find_and_to_leave_out(people: dict[str, Person], conn: Any) -> None:
    person = people["city dispatcher"]
    cases = [case for case in known(conn, person.user) if case["relations"]]
    for one, values in choices(cases).items():
        counts = {len(listed(person, view="scope", **{"state": ALL, one: value})) for value in values}
        assert any(0 < count < len(cases) for count in counts), one


def test_common_words_are_found_by_walking(
    people: dict[str, Person], conn: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gezhi.cases import lists, searching

    few = searching.CANDIDATES.replace(str(searching.FEW + 1), "4").replace(str(searching.FEW), "3")
    monkeypatch.setattr(lists, "CANDIDATES", few)
    for name in ("city dispatcher", "worker", "handler"):
        cases = [case for case in known(conn, people[name].user) if case["relations"]]
        for q in ("路灯", "wi-fi", cases[0]["receipt_code"]):
            found = ids([case for case in cases if HOLDS["q"](case, q)])
            assert listed(people[name], view="scope", state=ALL, q=q) == found


def test_a_search_costs_the_same_few_statements(people: dict[str, Person], statements: list[Any]) -> None:
    person = people["city dispatcher"]
    for asked in (
        {"q": "路灯"},
        {"q": "路灯", "group": "city", "from": "2026-01-01", "light": "red"},
        {"view": "mine"},
    ):
        person.get(f"/cases?{urlencode({'view': 'scope', **asked})}")
        statements.clear()
        person.get(f"/cases?{urlencode({'view': 'scope', **asked})}")
        assert len(statements) <= 1 + 3


@pytest.mark.parametrize(
    "query",
    [
        "view=all", "state=gone", "light=blue", "matter=01037", "group=A", "place=36", "channel=fax", "urgency=high",
        "assignee=me", "from=yesterday", "to=2026-02-30", "from=2026-03-02&to=2026-03-01", "q=", "q=%00", "limit=0",
        "limit=101", "cursor=x", "unknown=1", "from=2026-01-01T00:00:00Z",
    ],
)  # fmt: skip
def test_a_list_says_what_is_wrong_with_a_filter(query: str, desk: Any) -> None:
    answer = desk.get(f"/cases?{query}")
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")
    wrong = {part.split("=")[0] for part in query.split("&")}
    assert set(answer.json["fields"]) & wrong


def test_the_cursor_of_another_list_is_refused(desk: Any, app: Any) -> None:
    from gezhi.http import cursor

    with app.test_request_context():
        other = cursor.encode({"before": str(uuid7())})
    assert desk.get(f"/cases?cursor={other}").status_code == 422
