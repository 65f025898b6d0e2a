"""The list of units through the API: what it shows and to whom (rules P1, P7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.cases.conftest import Person
from tests.cases.helpers import ok, refused
from tests.conftest import Caller

STREET = "360103001"
COMMUNITY = f"{STREET}001"


@pytest.fixture
def desk(hire: Callable[..., Person], unit: Any) -> Person:
    """The dispatcher of a street."""
    return hire("dispatcher", STREET, unit(STREET))


def listed(person: Person, place: str, **headers: str) -> list[dict[str, Any]]:
    """The units that somebody is shown of a place."""
    items: list[dict[str, Any]] = ok(person.get(f"/units?place={place}", **headers))["items"]
    return items


def test_P7_units_of_the_place_and_above_are_shown_and_none_beside_or_below(desk: Person, unit: Any) -> None:
    here, district = unit(STREET, "team"), unit("360103", "department", "lamps")
    city = unit("3601", "enterprise", "gas")
    others = {str(unit(region)) for region in ("360104", "360103002", COMMUNITY)}
    units = listed(desk, STREET)
    assert {str(made) for made in (here, district, city)} <= {one["id"] for one in units}
    assert not others & {one["id"] for one in units}
    levels = [len(one["region"]["code"]) for one in units]
    assert levels == sorted(levels, reverse=True)
    (found,) = (one for one in units if one["id"] == str(district))
    region = {"code": "360103", "name": found["region"]["name"]}
    assert found == {"id": str(district), "name": "新单位", "kind": "department", "region": region}
    assert region["name"]


def test_P7_units_are_named_in_the_language_asked_for(desk: Person, unit: Any) -> None:
    made = str(unit(STREET, "team"))
    assert "New unit" in [one["name"] for one in listed(desk, STREET, Accept_Language="en") if one["id"] == made]


def test_P7_units_are_for_desks_and_leaders_of_the_place_and_above_and_for_administrators(hire: Any, unit: Any) -> None:
    here = str(unit(COMMUNITY, "team"))
    for role, region in (("dispatcher", STREET), ("duty_leader", "360103"), ("leader", "3601")):
        assert here in {one["id"] for one in listed(hire(role, region, unit(region)), COMMUNITY)}
    assert here in {one["id"] for one in listed(hire("admin", "3601"), COMMUNITY)}


def test_P1_outside_their_scope_nobody_is_told_of_units(hire: Any, unit: Any, desk: Person, app: Any) -> None:
    lamps = unit(STREET, "department", "lamps")
    outsiders = [
        hire("dispatcher", "360103002", unit("360103002")),
        hire("dispatcher", COMMUNITY, unit(COMMUNITY)),
        hire("dispatcher", STREET, unit(STREET), ended=True),
        hire("grid_worker", f"{COMMUNITY}001"),
        *(hire(role, STREET, lamps) for role in ("handler", "leader")),
        hire("auditor", "3601"),
    ]
    for person in outsiders:
        refused(person.get(f"/units?place={STREET}"), 404, "not_found")
    for place in ("3601", "3701", "360103002", f"{STREET}999"):
        refused(desk.get(f"/units?place={place}"), 404, "not_found")
    refused(Caller(app).get(f"/units?place={STREET}"), 401, "not_signed_in")


@pytest.mark.parametrize("query", ["", "place=36", "place=abcd", f"place={STREET}&limit=3"])
def test_units_asked_for_wrongly_are_refused(desk: Person, query: str) -> None:
    refused(desk.get(f"/units?{query}"), 422, "invalid")
