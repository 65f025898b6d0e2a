"""Lists: pages without gaps or repeats, the same statements for any number of rows, filters and scopes together."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from gezhi.cases.workflow import OPEN, REQUESTS, TASKS
from tests.cases.conftest import Person
from tests.cases.many import ALL, Row, all_items, ids, known, listed, pages, read_texts, scatter


@pytest.fixture
def many(send: Callable[..., Any], conn: Any) -> list[str]:
    """Seven cases of the test's grid, of which five came at the same moment; as a list has them."""
    cases = [send()["case_id"] for _ in range(7)]
    conn.execute("update cases set created_at = (select max(created_at) from cases) where id = any (%s)", (cases[1:6],))
    rows = conn.execute("select id from cases where id = any (%s) order by created_at desc, id desc", (cases,))
    return [str(row[0]) for row in rows.fetchall()]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_of_cases_of_one_moment_have_no_gap_and_no_repeat(
    limit: int, many: list[str], desk: Any, grid: Any
) -> None:
    found = list(pages(desk, f"view=scope&place={grid.code}&limit={limit}"))
    assert [one for page in found for one in page] == many
    assert {len(page) for page in found[:-1]} <= {limit}


def test_a_case_that_several_posts_open_is_listed_once(
    many: list[str], worker: Any, hire: Any, grid: Any, unit: Any
) -> None:
    hire("leader", grid.code[:9], unit(grid.code[:9]), user=worker.user)
    hire("dispatcher", "3601", unit("3601"), user=worker.user)
    found = list(pages(worker, f"view=scope&place={grid.code}&limit=3"))
    assert [one for page in found for one in page] == many
    assert [one for page in pages(worker, "view=mine&limit=2") for one in page if one in many] == many


def test_open_cases_and_those_that_are_over_are_listed_together_newest_first(
    many: list[str], conn: Any, desk: Any, worker: Any, grid: Any
) -> None:
    conn.execute("update cases set state = 'closed', due_at = null where id = any (%s)", (many[::2],))
    for person in (desk, worker):
        place = f"view=scope&place={grid.code}&limit=2"
        assert [one for page in pages(person, f"{place}&state=dispatched,closed") for one in page] == many
        assert [one for page in pages(person, f"{place}&state=closed") for one in page] == many[::2]
        assert [one for page in pages(person, place) for one in page] == many[1::2]
    assert [one for page in pages(worker, "view=mine&state=closed") for one in page] == []


def test_filters_narrow_together(many: list[str], conn: Any, desk: Any, grid: Any) -> None:
    conn.execute("update cases set category_key = 'road' where id = %s", (many[0],))
    conn.execute("update cases set address = '八一大道 7 号' where id = any (%s)", (many[:2],))
    read_texts(conn)
    place = f"view=scope&place={grid.code}"
    assert list(pages(desk, f"{place}&q=八一大道")) == [many[:2]]
    assert list(pages(desk, f"{place}&q=八一大道&category=road")) == [many[:1]]
    assert list(pages(desk, f"{place}&q=八一大道&category=road&light=red")) == [[]]
    assert list(pages(desk, f"{place}&q=路灯不亮")) == [many]
    assert list(pages(desk, f"{place}&q=__")) == [[]]


def test_a_light_is_asked_for_as_it_is_shown(many: list[str], conn: Any, desk: Any, grid: Any) -> None:
    """K1, also where a start or a limit is missing."""
    for case, change in zip(
        many,
        (
            "due_at = now() - interval '1 s'",
            "due_at = now() + interval '1 min', warn_at = now() - interval '1 s'",
            "due_at = now() + interval '1 hour', warn_at = now() + interval '1 min'",
            "due_at = now() + interval '1 hour', warn_at = null",
            "due_at = null",
            "state = 'suspended'",
            "state = 'suspended', due_at = null",
        ),
        strict=True,
    ):
        conn.execute(f"update cases set {change} where id = %s".encode(), (case,))
    place = f"view=scope&place={grid.code}"
    shown = {item["id"]: item["light"] for item in desk.get(f"/cases?{place}").json["items"]}
    assert list(shown.values()) == ["red", "yellow", "green", "green", None, "grey", "grey"]
    for light in ("red", "yellow", "green", "grey"):
        assert list(pages(desk, f"{place}&light={light}")) == [[case for case in many if shown[case] == light]]


def test_a_list_costs_the_same_few_statements_for_one_row_and_for_many(
    many: list[str], desk: Any, grid: Any, statements: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from gezhi.places import names

    counts = []
    for limit in (1, 7):
        for _ in range(2):  # the first look may fetch what the process keeps
            monkeypatch.setattr(names._names, "since", 0.0)
            statements.clear()
            items = desk.get(f"/cases?view=scope&place={grid.code}&limit={limit}").json["items"]
        assert len(items) == limit
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert counts[0] <= 1 + 3, "the session's, and three"


def test_who_has_no_post_finds_nothing(many: list[str], hire: Any) -> None:
    person = hire("volunteer", "360102002001001", ended=True)
    for view in ("mine", "scope"):
        assert list(pages(person, f"view={view}&state=dispatched,closed")) == [[]]


# Against a slow reader of everything


def test_P1_P7_P8_a_list_has_exactly_what_one_may_see(people: dict[str, Person], conn: Any) -> None:
    alone = set()
    for name, person in people.items():
        seen = [case for case in known(conn, person.user) if case["relations"]]
        alone |= {tuple(case["relations"]) for case in seen if len(case["relations"]) == 1}
        assert listed(person, view="scope", state=ALL) == ids(seen), name
        assert listed(person, view="scope") == ids([case for case in seen if case["state"] in OPEN]), name
        assert bool(seen) is (name != "gone")
    ways = {"grid", "viewer", "keeper", "verifier", "co", "offered", "whistled", "supervised", "consulted"}
    assert {(one,) for one in ways | {"expert", "owner", "evaluator"}} <= alone, "each opens a case by itself"


def my_tasks(conn: Any, person: Person, case: Row) -> list[tuple[str, bool]]:
    """Kinds of the open tasks of a case that are a person's, and whether each waits at no desk below."""
    posts = conn.execute(
        "select p.id, p.role, p.unit_id, p.region_code, coalesce(u.kind = 'centre', false) from posts p"
        " left join units u on u.id = p.unit_id where p.user_id = %s and p.ends_on is null",
        (person.user,),
    ).fetchall()
    found = []
    for task in case["tasks"] or ():
        for post, role, unit, region, centre in posts:
            working = role in ("handler", "responder", "dispatcher", "duty_leader", "mediator", "leader")
            desk = centre and role in ("dispatcher", "duty_leader") and (task["desk"] or "").startswith(region)
            if not (task["post_id"] == str(post) or (working and unit and task["unit_id"] == str(unit)) or desk):
                continue
            decides = task["kind"] == "correction" or role == "duty_leader"
            if task["kind"] in ("correction", *REQUESTS) and (not decides or task["asked_by"] == str(person.user)):
                continue
            (attended,) = conn.execute(
                "select attended_desk_v1('3601', %s, now_v1())", (task["desk"] or region,)
            ).fetchone()
            found.append((task["kind"], not task["desk"] or len(attended) <= len(region)))
    return found


def desks(conn: Any, person: Person) -> list[str]:
    rows = conn.execute(
        "select p.region_code from posts p join units u on u.id = p.unit_id where p.user_id = %s and u.kind = 'centre'"
        " and p.role in ('dispatcher', 'duty_leader') and p.ends_on is null",
        (person.user,),
    ).fetchall()
    return [row[0] for row in rows]


def waits(desk: str, sits: str | None, attended: str) -> bool:
    """Whether what sits at a place's desk waits at this one: its own, or above it with none attended between (P6)."""
    return bool(sits) and str(sits).startswith(desk) and len(attended) <= len(desk)


def test_P6_P7_C3_what_waits_for_somebody_is_what_they_can_do_now(people: dict[str, Person], conn: Any) -> None:
    order = list(TASKS)
    for name, person in people.items():
        mine, own_desks = {}, desks(conn, person)
        posts = [row[0] for row in conn.execute("select id from posts where user_id = %s", (person.user,)).fetchall()]
        for case in known(conn, person.user):
            state, relations, tasks = case["state"], case["relations"], my_tasks(conn, person, case)
            task = sorted((kind for kind, _ in tasks), key=order.index)[:1]
            if state in ("dispatched", "signed") and "assignee" in relations:
                task, here = ["sign" if state == "dispatched" else "handle"], True
            elif "verifier" in relations:
                task = ["verify"]
                here = case["verifier_post_id"] in posts or any(
                    waits(desk, case["verifier_region"], case["verified_at"]) for desk in own_desks
                )
            else:
                here = state in ("reported", "accepted") and any(
                    case["level"] >= len(desk) and waits(desk, case["region_code"][: case["level"]], case["sits"])
                    for desk in own_desks
                )
            if here or any(waiting for _, waiting in tasks):
                mine[str(case["id"])] = task[0] if task else None
        shown = {item["id"]: item["task"] for item in all_items(person, view="mine")}
        assert shown == mine, name
        assert mine or name in ("gone", "leader", "bystander"), name


def test_pages_cover_the_whole_while_others_report(people: dict[str, Person], conn: Any, crowd: dict[str, Any]) -> None:
    person, around = people["city dispatcher"], crowd["around"]
    whole = listed(person, view="scope", state=ALL)
    found = []
    for page in pages(person, f"view=scope&state={ALL}&limit=17"):
        found += page
        (case,) = scatter(conn, random.Random(len(found)), around, 1)
        conn.execute("update cases set created_at = now_v1() where id = %s", (case["id"],))
    assert found == whole
    assert set(listed(person, view="scope", state=ALL)) > set(whole)


@pytest.mark.parametrize("view", ["scope", "mine"])
def test_counts_are_those_of_the_list(view: str, people: dict[str, Person], grid: Any, statements: list[Any]) -> None:
    for name, person in people.items():
        for place in ({}, {"place": "3601"}, {"place": "360199"}):
            items = all_items(person, view=view, state=",".join(OPEN), **place)
            statements.clear()
            counted = person.get(f"/cases/counts?{urlencode({'view': view, **place})}").json
            assert len(statements) == 1 + 1, "the session's, and one"
            assert counted["total"] == len(items), name
            for shown, by in (("states", "state"), ("lights", "light"), ("tasks", "task")):
                assert counted[shown] == dict(Counter(item[by] for item in items if item[by])), (name, by)
