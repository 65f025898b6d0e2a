"""Filters kept under a name: each person's own, always loadable, few, and never two of one name."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest

from gezhi.db import uuid7
from tests.cases.helpers import ok, refused
from tests.conftest import Caller

FILTER = {"view": "scope", "state": "signed,closed", "from": "2026-03-01", "q": "路灯"}


def filter_(name: str = "三月的路灯", **asked: str) -> dict[str, Any]:
    return {"id": str(uuid7()), "name": name, "filter": asked or FILTER}


def kept(person: Any) -> list[tuple[str, dict[str, str]]]:
    return [(one["name"], one["filter"]) for one in ok(person.get("/filters"))["items"]]


@pytest.fixture
def person(hire: Any) -> Any:
    return hire("dispatcher", "3601")


def test_a_filter_is_kept_changed_and_deleted(person: Any) -> None:
    sent = filter_()
    made = person.post("/filters", sent)
    assert made.status_code == 201
    assert {key: made.json[key] for key in sent} == sent
    assert kept(person) == [("三月的路灯", FILTER)]
    assert person.get(f"/cases?{urlencode(made.json['filter'])}").status_code == 200
    changed = {"name": "红灯", "filter": {"light": "red"}}
    assert ok(person.call("PUT", f"/filters/{sent['id']}", changed))["id"] == sent["id"]
    assert kept(person) == [("红灯", {"light": "red"})]
    assert person.call("DELETE", f"/filters/{sent['id']}").status_code == 204
    assert kept(person) == []
    refused(person.call("DELETE", f"/filters/{sent['id']}"), 404, "not_found")
    refused(person.call("PUT", f"/filters/{sent['id']}", changed), 404, "not_found")


def test_P7_filters_of_others_do_not_exist(person: Any, hire: Any, app: Any) -> None:
    other, sent = hire("dispatcher", "3601"), filter_()
    assert person.post("/filters", sent).status_code == 201
    assert kept(other) == []
    refused(other.call("DELETE", f"/filters/{sent['id']}"), 404, "not_found")
    refused(other.call("PUT", f"/filters/{sent['id']}", {"name": "红灯", "filter": {}}), 404, "not_found")
    assert other.post("/filters", sent).status_code == 201, "ids are one's own"
    assert kept(person) == kept(other) == [("三月的路灯", FILTER)]
    for method, path in (("GET", "/filters"), ("POST", "/filters"), ("DELETE", f"/filters/{sent['id']}")):
        answer = Caller(app).call(method, path, sent if method == "POST" else None)
        assert (answer.status_code, answer.json["code"]) == (401, "not_signed_in")


def test_the_same_again_is_no_second_filter(person: Any) -> None:
    sent = filter_()
    answers = [person.post("/filters", sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json == answers[1].json
    refused(person.post("/filters", sent | {"name": "另一个"}), 422, "same_id_other_body")
    assert len(kept(person)) == 1


def test_names_are_unique_for_each_person(person: Any) -> None:
    first, second = filter_(), filter_("红灯", light="red")
    assert person.post("/filters", first).status_code == 201
    problem = refused(person.post("/filters", filter_()), 422, "invalid")
    assert set(problem["fields"]) == {"name"}
    assert person.post("/filters", second).status_code == 201
    taken = {"name": first["name"], "filter": {}}
    assert "name" in refused(person.call("PUT", f"/filters/{second['id']}", taken), 422, "invalid")["fields"]
    assert ok(person.call("PUT", f"/filters/{first['id']}", taken))["filter"] == {}


def test_of_many_at_once_one_gets_the_name_and_thirty_are_the_most(person: Any) -> None:
    with ThreadPoolExecutor(8) as pool:
        same = list(pool.map(lambda _: person.post("/filters", filter_()).status_code, range(8)))
        assert sorted(same) == [201] + [422] * 7
        many = list(pool.map(lambda n: person.post("/filters", filter_(f"第 {n} 个")).status_code, range(35)))
    assert (many.count(201), many.count(422), len(kept(person))) == (29, 6, 30)


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"state": "gone"}, "filter.state"),
        ({"light": "blue"}, "filter.light"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "filter.from"),
        ({"cursor": "x"}, "filter.cursor"),
        ({"limit": "5"}, "filter.limit"),
        ({"unknown": "1"}, "filter.unknown"),
        ({"q": "x" * 201}, "filter.q"),
    ],
)
def test_what_the_list_does_not_take_is_not_kept(wrong: dict[str, str], where: str, person: Any) -> None:
    problem = refused(person.post("/filters", filter_("错的", **wrong)), 422, "invalid")
    assert any(path.startswith(where) for path in problem["fields"]), problem["fields"]
    assert kept(person) == []


@pytest.mark.parametrize("changed", [{"name": ""}, {"name": " "}, {"name": "长" * 41}, {"filter": None}, {"more": 1}])
def test_a_filter_without_a_name_or_content_is_refused(changed: dict[str, Any], person: Any) -> None:
    refused(person.post("/filters", filter_() | changed), 422, "invalid")
    refused(person.post("/filters", filter_() | {"filter": {"limit": 5}}), 422, "invalid")
