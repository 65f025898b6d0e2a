"""Lists: pages without gaps or repeats, the same statements for any number of rows, filters and scopes together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest


@pytest.fixture
def many(send: Callable[..., Any], conn: Any) -> list[str]:
    """Seven cases of the test's grid, of which five came at the same moment; as a list has them."""
    cases = [send()["case_id"] for _ in range(7)]
    conn.execute("update cases set created_at = (select max(created_at) from cases) where id = any (%s)", (cases[1:6],))
    rows = conn.execute("select id from cases where id = any (%s) order by created_at desc, id desc", (cases,))
    return [str(row[0]) for row in rows.fetchall()]


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every statement that is run from here on."""
    ran: list[Any] = []
    execute = psycopg.Cursor.execute

    def noted(self: Any, query: Any, *args: Any, **more: Any) -> Any:
        ran.append(query)
        return execute(self, query, *args, **more)

    monkeypatch.setattr(psycopg.Cursor, "execute", noted)
    return ran


def pages(person: Any, query: str) -> Iterator[list[str]]:
    """The ids of each page to the end."""
    cursor = ""
    while cursor is not None:
        page = person.get(f"/cases?{query}" + (f"&cursor={cursor}" if cursor else "")).json
        yield [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]


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
            "due_at = now() + interval '1 min', step_started_at = now() - interval '1 hour'",
            "due_at = now() + interval '1 hour'",
            "due_at = now() + interval '1 hour', step_started_at = null",
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
