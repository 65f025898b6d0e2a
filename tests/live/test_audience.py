"""Who hears of an event (rule P7)."""

from __future__ import annotations

import uuid

import pytest

from gezhi.live.audience import addressed, listened
from gezhi.people.sessions import Actor, PostView

GRID = "360102002001001"
POST, UNIT = uuid.uuid4(), uuid.uuid4()


def reader(role, region, *, unit=None, function=None, post=None):
    view = PostView(post or uuid.uuid4(), role, unit, unit and "x", function, region, len(region))
    user = uuid.uuid4()
    return listened(Actor(user, "", None, (view,), b"", f"user:{user}"))


def hears(keys, *audience):
    return not keys.isdisjoint(addressed(audience))


@pytest.mark.parametrize(
    ("who", "region", "heard"),
    [
        ("desk", "3601", True),
        ("desk", "360102", True),
        ("desk", "360102002", True),
        ("desk", "360102002001", True),
        ("desk", "360103", False),
        ("desk", "360102003", False),
        ("desk", "3602", False),
        ("grid", GRID, True),
        ("grid", "360102002001002", False),
    ],
)
def test_P7_a_desk_hears_of_all_below_it_and_a_grid_post_of_its_grid(who, region, heard):
    keys = (
        reader("dispatcher", region, unit=UNIT, function="centre") if who == "desk" else reader("grid_worker", region)
    )
    assert hears(keys, f"region:{GRID}") is heard


def test_P7_a_handler_does_not_hear_of_the_region_of_the_department():
    keys = reader("handler", "360102", unit=UNIT, function="lamps")
    assert not hears(keys, f"region:{GRID}")
    assert hears(keys, f"region:{GRID}", f"unit:{UNIT}")


def test_P7_a_post_hears_of_what_it_has_or_had():
    assert hears(reader("grid_worker", "360102002001002", post=POST), f"region:{GRID}", f"post:{POST}")


def test_a_case_known_by_its_street_only_is_heard_at_the_street_and_above():
    assert hears(reader("dispatcher", "360102002", unit=UNIT, function="centre"), "region:360102002")
    assert not hears(reader("dispatcher", "360102002001", unit=UNIT, function="centre"), "region:360102002")
    assert not hears(reader("grid_worker", GRID), "region:360102002")
