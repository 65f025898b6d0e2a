"""What crosses the wire about cases: requests are strict, answers are documented."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from gezhi.cases.words import CHANNELS
from gezhi.cases.workflow import (
    ACTIONS,
    CAUSES,
    EVALUATIONS,
    MEDIATIONS,
    OUTCOMES,
    REPORTER_ACTIONS,
    REQUESTS,
    SATISFACTIONS,
    STAFF_ACTIONS,
    STATES,
)
from gezhi.catalogue.models import URGENCIES
from gezhi.http.body import Iso, Number, Sha256Hex, Strict, Uuid7, Yes
from gezhi.http.language import pick
from gezhi.people.phones import NotAPhone, normalised
from gezhi.places.systems import VAGUEST

_TEXT = validate.Length(min=1, max=1000)
# A phone's clock may be wrong by decades; beyond these years the database's calendar and Python's part ways.
_MOMENT = validate.Range(datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
_SYSTEMS = ("wgs84", "gcj02", "bd09", "cgcs2000")


class MatterChosen(Strict):
    """A matter by kind and code; part and matter codes overlap."""

    kind = fields.String(required=True, validate=validate.OneOf(("part", "matter", "local")))
    code = fields.String(required=True, validate=validate.Regexp(r"^[0-9A-Z]{2,10}\Z"))


class PlaceSent(Strict):
    """Where, as the phone knows it: degrees in the system named, accuracy in metres."""

    lng = Number(required=True, validate=validate.Range(-180, 180))
    lat = Number(required=True, validate=validate.Range(-90, 90))
    system = fields.String(load_default="wgs84", validate=validate.OneOf(_SYSTEMS))
    accuracy_m = Number(load_default=None, allow_none=True, validate=validate.Range(0, VAGUEST))
    origin = fields.String(required=True, validate=validate.OneOf(("gps", "pin", "photo")))


def is_phone(value: str) -> None:
    """Raise ValidationError for what is not a phone number."""
    try:
        normalised(value)
    except NotAPhone:
        raise ValidationError(
            pick("请填手机号，或带区号的座机号", "A mobile number, or a landline with its area code")
        ) from None


class SpeakerSent(Strict):
    """Who speaks, as far as they say so: kept apart and sealed. `hidden` keeps it from those who handle (rule P8)."""

    name = fields.String(load_default=None, allow_none=True, validate=validate.Regexp(r"^(?=.*\S).{1,50}\Z"))
    phone = fields.String(load_default=None, allow_none=True, validate=(validate.Length(max=30), is_phone))
    hidden = Yes(load_default=False)

    @validates_schema
    def says_something(self, data: dict[str, Any], **_: Any) -> None:
        """A name, a number, or the wish to be hidden."""
        if not (data.get("name") or data.get("phone") or data.get("hidden")):
            raise ValidationError(pick("请填姓名或电话", "Give a name or a phone number"), "name")


class SettleSent(Strict):
    """How a grid worker has settled at once what they report (即报即结); `photos` are those of afterwards."""

    outcome = fields.String(required=True, validate=validate.OneOf(("solved", "explained")))
    reply = fields.String(required=True, validate=_TEXT)
    note = fields.String(load_default=None, allow_none=True, validate=_TEXT)
    photos = fields.List(Sha256Hex(), load_default=list, validate=validate.Length(max=9))


class ReportSent(Strict):
    """A report as a phone or a desk sends it (POST /reports). `id` and `secret` are made there.

    Staff may report for others: `channel` says how it came, `region` where an address is known to be.
    """

    id = Uuid7(required=True)
    secret = fields.String(required=True, validate=validate.Regexp(r"^[A-Za-z0-9_-]{43}\Z"))
    occurred_at = Iso(required=True, validate=_MOMENT)
    category = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 40))
    matter = fields.Nested(MatterChosen, load_default=None, allow_none=True)
    text = fields.String(load_default=None, allow_none=True, validate=_TEXT)
    place = fields.Nested(PlaceSent, load_default=None, allow_none=True)
    address = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 200))
    photos = fields.List(Sha256Hex(), load_default=list, validate=validate.Length(max=9))
    danger = Yes(load_default=False)
    channel = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(tuple(CHANNELS)))
    reporter = fields.Nested(SpeakerSent, load_default=None, allow_none=True)
    region = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Regexp(r"^([0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12}|[0-9]{15})\Z"),
    )
    settle = fields.Nested(SettleSent, load_default=None, allow_none=True)
    replaces = Uuid7(load_default=None, allow_none=True)

    @validates_schema
    def says_what(self, data: dict[str, Any], **_: Any) -> None:
        """A category, a matter or a text: one of them says what it is about."""
        if not (data.get("category") or data.get("matter") or data.get("text")):
            raise ValidationError(
                pick("请选一个类别，或写一句话说明", "Choose a category or say what it is"), "category"
            )
        if len(set(data.get("photos", ()))) != len(data.get("photos", ())):
            raise ValidationError(pick("同一张照片只发一次", "Send a photo once only"), "photos")


class AssigneeSent(Strict):
    """A post, or a unit whose posts may all sign; exactly one of them."""

    post_id = fields.UUID(load_default=None, allow_none=True)
    unit_id = fields.UUID(load_default=None, allow_none=True)

    @validates_schema
    def names_one(self, data: dict[str, Any], **_: Any) -> None:
        """Exactly one is named."""
        if (data.get("post_id") is None) == (data.get("unit_id") is None):
            raise ValidationError(pick("请选一个岗位或一个单位", "Name one post or one unit"), "post_id")


class PositionSent(Strict):
    """Where the worker stands, or why the phone cannot say (rule C2: that never traps a worker)."""

    lng = Number(validate=validate.Range(-180, 180))
    lat = Number(validate=validate.Range(-90, 90))
    accuracy_m = Number(validate=validate.Range(0, VAGUEST))
    unavailable = fields.String(validate=validate.OneOf(("denied", "timeout", "unsupported")))

    @validates_schema
    def is_whole(self, data: dict[str, Any], **_: Any) -> None:
        """All three numbers, or the reason why there are none."""
        if set(data) not in ({"lng", "lat", "accuracy_m"}, {"unavailable"}):
            raise ValidationError(pick("位置不完整", "The position is not whole"), "lng")


class MoveSent(Strict):
    """What every move says (rule C4): the version it was made on, or the own command that it follows."""

    version = fields.Integer(strict=True, load_default=None, allow_none=True, validate=validate.Range(1, 2**31 - 1))
    after = Uuid7(load_default=None, allow_none=True)
    replaces = Uuid7(load_default=None, allow_none=True)

    @validates_schema
    def follows_one(self, data: dict[str, Any], **_: Any) -> None:
        """Exactly one of them."""
        if (data.get("version") is None) == (data.get("after") is None):
            raise ValidationError(pick("请给出版本号或上一个操作", "Name a version or a command before"), "version")


_FIELDS: dict[str, Callable[..., fields.Field[Any]]] = {
    "matter": partial(fields.Nested, MatterChosen),
    "place": partial(fields.Nested, PlaceSent),
    "address": partial(fields.String, validate=validate.Length(1, 200)),
    "urgency": partial(fields.String, validate=validate.OneOf(URGENCIES)),
    "assignee": partial(fields.Nested, AssigneeSent),
    "co_handlers": partial(fields.List, fields.Nested(AssigneeSent), validate=validate.Length(max=10)),
    "deadline": partial(Iso, validate=_MOMENT),
    "until": partial(Iso, validate=_MOMENT),
    "review_on": fields.Date,
    "main_case": fields.UUID,
    "platform": partial(fields.String, validate=validate.Length(1, 60)),
    "number": partial(fields.String, validate=validate.Length(1, 60)),
    "cause": partial(fields.String, validate=validate.OneOf(tuple(CAUSES))),
    "reason": partial(fields.String, validate=_TEXT),
    "note": partial(fields.String, validate=_TEXT),
    "text": partial(fields.String, validate=_TEXT),
    "reply": partial(fields.String, validate=_TEXT),
    "outcome": partial(fields.String, validate=validate.OneOf(tuple(OUTCOMES))),
    "photos": partial(fields.List, Sha256Hex(), validate=validate.Length(max=9)),
    "position": partial(fields.Nested, PositionSent),
    "mediation": partial(fields.String, validate=validate.OneOf(tuple(MEDIATIONS))),
    "present": partial(fields.String, validate=validate.Length(1, 500)),
    "held_at": partial(Iso, validate=_MOMENT),
    "agreement": partial(fields.String, validate=validate.Length(1, 4000)),
    "referral": Yes,
    "units": partial(fields.List, fields.UUID(), validate=validate.Length(1, 20)),
    "lead_unit": fields.UUID,
    "minutes": partial(fields.String, validate=validate.Length(1, 4000)),
    "expert": fields.UUID,
    "posts": partial(fields.List, fields.UUID(), validate=validate.Length(1, 20)),
    "request": partial(fields.String, validate=validate.OneOf(tuple(REQUESTS))),
    "task": fields.UUID,
    "command": fields.UUID,
    "granted": Yes,
    "organisation": partial(fields.String, validate=validate.Length(1, 200)),
    "evaluation": partial(fields.String, validate=validate.OneOf(tuple(EVALUATIONS))),
    "fixed": Yes,
    "stars": partial(fields.Integer, strict=True, validate=validate.Range(1, 5)),
    "satisfaction": partial(fields.String, validate=validate.OneOf(tuple(SATISFACTIONS))),
    "comment": partial(fields.String, validate=validate.Length(1, 500)),
}
_NEEDED: dict[str, Any] = {"required": True}
_MAY_BE: dict[str, Any] = {"load_default": None, "allow_none": True}


def _impossible_says_why(data: dict[str, Any]) -> None:
    """What cannot be solved needs a reason and the day on which it is looked at again (domain section 4)."""
    for member in ("reason", "review_on") if data.get("outcome") == "impossible" else ():
        if data.get(member) is None:
            raise ValidationError(pick("客观无法解决时必填", "Needed when it cannot be solved"), member)


def _corrects_something(data: dict[str, Any]) -> None:
    """A correction names what is right."""
    if all(data.get(member) is None for member in ("matter", "place", "address", "urgency")):
        raise ValidationError(pick("请填写要更正的内容", "Say what is to be corrected"), "matter")


def _request_says_until(data: dict[str, Any]) -> None:
    """More time and a suspension are asked until a moment; an end is not."""
    if data.get("request") in ("extend", "suspend") and data.get("until") is None:
        raise ValidationError(pick("请选日期", "Choose a date"), "until")


_CHECKS: dict[str, Callable[[dict[str, Any]], None]] = {
    "handle": _impossible_says_why,
    "correct": _corrects_something,
    "request": _request_says_until,
}


class ReporterSent(Strict):
    """What everything a reporter sends may say: the phone number left with the report, in place of the secret."""

    phone = fields.String(load_default=None, allow_none=True, validate=(validate.Length(max=30), is_phone))


def _action_schema(key: str, base: type[Strict]) -> type[Strict]:
    """The schema of one action's command, derived from its row of the workflow."""
    action = ACTIONS[key]
    members: dict[str, Any] = {
        "id": Uuid7(required=True),
        "action": fields.String(required=True, validate=validate.Equal(key)),
        "occurred_at": Iso(required=True, validate=_MOMENT),
        "elapsed_ms": fields.Integer(
            strict=True,
            load_default=None,
            allow_none=True,
            validate=validate.Range(0, 2**31 - 1),
            metadata={"description": "since it was made, by the device's monotonic clock, when that ran on (rule C5)"},
        ),
        **{need.field: _FIELDS[need.field](**(_NEEDED if need.required else _MAY_BE)) for need in action.needs},
    }
    if check := _CHECKS.get(key):
        members["holds_together"] = validates_schema(lambda self, data, **_: check(data))
    name = "".join(part.title() for part in key.split("_")) + "Command"
    return type(name, (base,), members | {"__doc__": f"{action.name} ({action.name_en}): `{key}` on a case."})


ACTION_SCHEMAS: dict[str, Strict] = {
    key: _action_schema(key, MoveSent if ACTIONS[key].kind == "move" else Strict)() for key in STAFF_ACTIONS
}
REPORTER_SCHEMAS: dict[str, Strict] = {key: _action_schema(key, ReporterSent)() for key in REPORTER_ACTIONS}
REPORT = ReportSent()


class CommandsSent(Strict):
    """A phone's queue, oldest first. Each command is checked by itself, so one faulty one stops no other."""

    commands = fields.List(fields.Dict(keys=fields.String()), required=True, validate=validate.Length(1, 50))


class AssigneesAsked(Schema):
    """What somebody is looked for: to have the case, to be offered it, inside the unit, to advise, or units to call."""

    purpose = fields.String(
        load_default="assign", validate=validate.OneOf(("assign", "offer", "delegate", "expert", "units"))
    )


class CasesAsked(Schema):
    """Filters of the list of cases; all that are given hold together."""

    view = fields.String(load_default="mine", validate=validate.OneOf(("mine", "scope")))
    state = fields.String(load_default="", metadata={"description": "states, separated by commas"})
    category = fields.String(load_default=None, validate=validate.Regexp(r"^[a-z_]{1,40}\Z"))
    matter = fields.String(load_default=None, validate=validate.Regexp(r"^(part|matter|local):[0-9A-Z]{2,10}\Z"))
    group = fields.String(load_default=None, validate=validate.Regexp(r"^[a-z_]{1,40}\Z"))
    place = fields.String(load_default=None, validate=validate.Regexp(r"^[0-9]{4,15}\Z"))
    channel = fields.String(load_default=None, validate=validate.OneOf(tuple(CHANNELS)))
    urgency = fields.String(load_default=None, validate=validate.OneOf(URGENCIES))
    assignee = fields.UUID(load_default=None, metadata={"description": "a post or a unit"})
    since = fields.Date(load_default=None, data_key="from", metadata={"description": "made on this day or later"})
    until = fields.Date(load_default=None, data_key="to", metadata={"description": "made on this day or before"})
    q = fields.String(
        load_default=None,
        validate=validate.Regexp(r"^[^\0]{1,100}\Z"),
        metadata={"description": "the beginning of a number, a receipt's code, or two characters or more of the text"},
    )
    light = fields.String(load_default=None, validate=validate.OneOf(("green", "yellow", "red", "grey")))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 100))
    cursor = fields.String(load_default=None, validate=validate.Length(1, 500))

    @validates_schema
    def knows_states(self, data: dict[str, Any], **_: Any) -> None:
        """Every state named exists."""
        for state in filter(None, data.get("state", "").split(",")):
            if state not in STATES:
                raise ValidationError(pick(f"没有状态 {state}", f"No state {state}"), "state")

    @validates_schema
    def is_a_period(self, data: dict[str, Any], **_: Any) -> None:
        """The first day is not after the last."""
        if data.get("since") and data.get("until") and data["since"] > data["until"]:
            raise ValidationError(pick("开始日期晚于结束日期", "The first day is after the last"), "from")
