"""The catalogue over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import jsonify, request

from gezhi.catalogue import schemas, service
from gezhi.config import settings
from gezhi.http.language import language
from gezhi.http.openapi import Blueprint, open_to_all
from gezhi.http.problems import Problem
from gezhi.people.sessions import signed_in

blueprint = Blueprint("catalogue", __name__, url_prefix="/api/v1", description="事项清单 Catalogue")

KEPT_SECONDS = 60


@blueprint.get("/matters")
@open_to_all
@blueprint.response(200, schemas.Catalogue)
def matters() -> Any:
    """事项清单 The matters turned on, their groups, and what residents choose from."""
    found = service.matters(settings().city, language())
    response = jsonify(found)
    response.cache_control.public = True
    response.cache_control.max_age = KEPT_SECONDS
    response.vary.add("Accept-Language")
    response.set_etag(found["version"])
    response.make_conditional(request)
    return response


@blueprint.get("/limits")
@blueprint.response(200, schemas.Limits)
def limits() -> dict[str, Any]:
    """办理时限 How long each step may take, by profile, matter and urgency. For everybody who is signed in."""
    signed_in()
    return service.limits(settings().city)


@blueprint.get("/calendars/<int:year>")
@blueprint.response(200, schemas.Calendar)
def calendar(year: int) -> dict[str, Any]:
    """工作日历 The working days of a year and the hours of work. For everybody who is signed in."""
    signed_in()
    return service.calendar(settings().city, year)


@blueprint.put("/calendars/<int:year>/days/<day>")
@blueprint.arguments(schemas.CalendarDayEdit)
@blueprint.response(200, schemas.CalendarDay)
def edit_day(edit: schemas.Loaded, year: int, day: str) -> dict[str, Any]:
    """调整工作日 The city's administrator makes a day a working one or not; due times computed from now on follow."""
    here, person = settings().city, signed_in()
    if not any(post.role == "admin" and post.region_code == here for post in person.posts):
        raise Problem("not_found")
    return service.edit_day(here, person.user_id, _day(year, day), working=edit["working"])


def _day(year: int, text: str) -> date:
    """The day of an address like /calendars/2026/days/2026-10-01. Raises Problem not_found when it is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Problem("not_found") from None
    if day.isoformat() != text or day.year != year:
        raise Problem("not_found")
    return day
