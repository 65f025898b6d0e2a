"""By which door a report comes: a resident's own, or staff who report for somebody without the app (代报)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gezhi.config import settings
from gezhi.http.language import pick
from gezhi.http.problems import Problem
from gezhi.people.models import DESK_ROLES
from gezhi.people.sessions import FIELD_ROLES, Actor
from gezhi.places.names import labels

_ROLES = FIELD_ROLES | {*DESK_ROLES}
_OF_STAFF = ("channel", "region")


def channel_of(sent: Mapping[str, Any], person: Actor | None) -> str:
    """The channel of a report: the one that staff name, `field` for them otherwise, `app` for everybody else.

    Raises Problem invalid naming the fields: what only posts of desks and in the field may say, and a region that is
    not in the city served or says less than the point that came with it.
    """
    city = settings().city
    if not person or not any(post.role in _ROLES and post.region_code.startswith(city) for post in person.posts):
        reserved = (*_OF_STAFF, "reporter") if person else _OF_STAFF
        _refuse({field: _only_staff() for field in reserved if sent[field] is not None})
        return "app"
    if sent["region"] is not None:
        _check_region(sent, city)
    return sent["channel"] or "field"


def _check_region(sent: Mapping[str, Any], city: str) -> None:
    region = sent["region"]
    if sent["place"] is not None:
        _refuse({"region": pick("已有定位，不用再填区划", "There is a point already: leave the region out")})
    if not region.startswith(city) or region not in labels([region]):
        _refuse({"region": pick("本市没有这个区划", "No such region in your city")})


def _only_staff() -> str:
    return pick("只有受理台和一线岗位可以代报", "Only desks and posts in the field report for others")


def _refuse(faults: dict[str, str]) -> None:
    if faults:
        raise Problem("invalid", fields={field: [fault] for field, fault in faults.items()})
