"""What crosses the wire about the roster. Moments are to the second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from gezhi.http.body import Iso, Strict
from gezhi.http.language import pick

LONGEST_PERIOD = timedelta(days=92)
LONGEST_SHIFT = timedelta(hours=24)
LONGEST_ABSENCE = timedelta(days=366)
_CODE = validate.Regexp(r"^[0-9]{4}([0-9]{2}([0-9]{3}([0-9]{3}([0-9]{3})?)?)?)?\Z")


def _in_order(start: datetime, end: datetime, longest: timedelta, field: str) -> None:
    if end <= start:
        raise ValidationError(pick("结束应晚于开始", "It must end after it starts."), field)
    if end - start > longest:
        hours = int(longest.total_seconds() // 3600)
        raise ValidationError(pick(f"最长 {hours} 小时", f"At most {hours} hours."), field)


class Second(Iso):
    """A moment to the second."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        return super()._deserialize(value, attr, data, **kwargs).replace(microsecond=0)


class RosterAsked(Strict):
    """Whose roster, and of when: seven days from now unless said otherwise, 92 at most."""

    place = fields.String(required=True, validate=_CODE)
    from_ = Second(data_key="from", load_default=lambda: datetime.now(UTC).replace(microsecond=0))
    to = Second(load_default=None)
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 200))
    cursor = fields.String(load_default=None, validate=validate.Length(max=500))

    @validates_schema
    def _check(self, data: dict[str, Any], **_: Any) -> None:
        if data["to"] is not None:
            _in_order(data["from_"], data["to"], LONGEST_PERIOD, "to")


class ShiftSent(Strict):
    """One turn of duty, 24 hours at most; across midnight as it comes."""

    starts_at = Second(required=True)
    ends_at = Second(required=True)

    @validates_schema
    def _check(self, data: dict[str, Any], **_: Any) -> None:
        _in_order(data["starts_at"], data["ends_at"], LONGEST_SHIFT, "ends_at")


class ShiftsSent(Strict):
    """All the shifts of a post that begin in a period; none empties it."""

    from_ = Second(data_key="from", required=True)
    to = Second(required=True)
    shifts = fields.List(fields.Nested(ShiftSent), required=True, validate=validate.Length(max=300))

    @validates_schema
    def _check(self, data: dict[str, Any], **_: Any) -> None:
        _in_order(data["from_"], data["to"], LONGEST_PERIOD, "to")
        if any(not data["from_"] <= shift["starts_at"] < data["to"] for shift in data["shifts"]):
            raise ValidationError(pick("班次应在这段时间内开始", "A shift must begin in the period."), "shifts")


class AbsenceSent(Strict):
    """An absence; `covered_by` is the post that takes over meanwhile, where somebody does."""

    starts_at = Second(required=True)
    ends_at = Second(required=True)
    reason = fields.String(required=True, validate=[validate.Length(1, 200), validate.Regexp(r".*\S")])
    covered_by = fields.UUID(load_default=None, allow_none=True)

    @validates_schema
    def _check(self, data: dict[str, Any], **_: Any) -> None:
        _in_order(data["starts_at"], data["ends_at"], LONGEST_ABSENCE, "ends_at")


class RosterHours(Schema):
    """Weekly hours: minutes of the city's day, 0 to 1440; bit 0 of the weekdays is Monday."""

    opens = fields.Integer(required=True)
    closes = fields.Integer(required=True)
    weekdays = fields.Integer(required=True)


class RosterShift(Schema):
    """A dated turn of duty. On a day that it touches, the weekly hours do not count."""

    starts_at = Second(required=True)
    ends_at = Second(required=True)


class RosterAbsence(RosterShift):
    """A time in which the post is not on duty whatever its hours say."""

    reason = fields.String(required=True)
    covered_by = fields.UUID(required=True, allow_none=True)


class RosterUnit(Schema):
    """The unit of a post."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)


class RosterRegion(Schema):
    """The region of a post."""

    code = fields.String(required=True)
    name = fields.String(required=True)


class RosterPost(Schema):
    """A post, who holds it, and its plan."""

    post_id = fields.UUID(required=True)
    role = fields.String(required=True)
    role_name = fields.String(required=True)
    name = fields.String(required=True)
    unit = fields.Nested(RosterUnit, required=True, allow_none=True)
    region = fields.Nested(RosterRegion, required=True)
    hours = fields.List(fields.Nested(RosterHours), required=True)
    shifts = fields.List(fields.Nested(RosterShift), required=True)
    absences = fields.List(fields.Nested(RosterAbsence), required=True)


class RosterPage(Schema):
    """A page of a roster, by region."""

    from_ = Second(data_key="from", required=True)
    to = Second(required=True)
    items = fields.List(fields.Nested(RosterPost), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class RosterShifts(Schema):
    """The shifts of a post in a period, in order."""

    items = fields.List(fields.Nested(RosterShift), required=True)
