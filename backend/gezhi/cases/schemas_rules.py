"""What crosses the wire about routing rules."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from gezhi.cases.schemas import MatterChosen
from gezhi.cases.words import CHANNELS
from gezhi.catalogue.models import URGENCIES
from gezhi.http.body import Strict, Yes
from gezhi.http.language import pick

REPORTER_KINDS = ("anonymous", "known", "staff")
_REGION = validate.Regexp(r"^([0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12}|[0-9]{15})\Z")
_TARGETS = ("to_unit_id", "to_post_id", "to_desk")
_ANY: dict[str, Any] = {"load_default": None, "allow_none": True}


class _Words(fields.String):
    """Words separated by one space, however many were typed between them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return " ".join(super()._deserialize(value, attr, data, **kwargs).split())


class RuleSent(Strict):
    """A rule: every condition that is set must hold; exactly one target.

    Hours are minutes of the city's day, `closes` before `opens` is over midnight; bit 0 of the weekdays is Monday.
    """

    name = _Words(required=True, validate=validate.Length(1, 80))
    active = Yes(load_default=True)
    place = fields.String(**_ANY, validate=_REGION)
    matter = fields.Nested(MatterChosen, **_ANY)
    group = fields.String(**_ANY, validate=validate.Length(1, 40))
    channel = fields.String(**_ANY, validate=validate.OneOf(tuple(CHANNELS)))
    opens = fields.Integer(strict=True, **_ANY, validate=validate.Range(0, 1439))
    closes = fields.Integer(strict=True, **_ANY, validate=validate.Range(0, 1440))
    weekdays = fields.Integer(strict=True, **_ANY, validate=validate.Range(1, 127))
    contains = _Words(**_ANY, validate=validate.Length(1, 100))
    reporter_kind = fields.String(**_ANY, validate=validate.OneOf(REPORTER_KINDS))
    urgency = fields.String(**_ANY, validate=validate.OneOf(URGENCIES))
    to_unit_id = fields.UUID(**_ANY)
    to_post_id = fields.UUID(**_ANY)
    to_desk = fields.String(**_ANY, validate=_REGION)

    @validates_schema
    def has_one_target(self, data: dict[str, Any], **_: Any) -> None:
        """A unit, a post or a desk."""
        if sum(data.get(target) is not None for target in _TARGETS) != 1:
            raise ValidationError(
                pick("请选一个单位、一个岗位或一个受理台", "Name one unit, one post or one desk"), "to_unit_id"
            )

    @validates_schema
    def has_whole_hours(self, data: dict[str, Any], **_: Any) -> None:
        """Both hours or none, and some time between them."""
        opens, closes = data.get("opens"), data.get("closes")
        if (opens is None) != (closes is None) or (opens is not None and opens == closes):
            raise ValidationError(pick("请填开始和结束两个时间", "Give a beginning and an end"), "closes")


class OrderSent(Strict):
    """The ids of all rules, the first to be asked first."""

    ids = fields.List(fields.UUID(), required=True, validate=validate.Length(max=1000))


class TrySent(Strict):
    """A change to try: a rule to add, a rule to put in the place of `id`, `id` alone to remove it, or a new order."""

    id = fields.UUID(**_ANY)
    rule = fields.Nested(RuleSent, **_ANY)
    order = fields.List(fields.UUID(), **_ANY, validate=validate.Length(max=1000))

    @validates_schema
    def is_one_change(self, data: dict[str, Any], **_: Any) -> None:
        """An order by itself, or something about one rule."""
        about_one = data.get("rule") is not None or data.get("id") is not None
        if about_one == (data.get("order") is not None):
            raise ValidationError(pick("请给出一处改动", "Name one change"), "rule")


class RuleNamed(Schema):
    """Something with its name."""

    key = fields.String(required=True)
    name = fields.String(required=True)


class RuleMatter(Schema):
    """A matter with its name."""

    kind = fields.String(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)


class RuleTarget(Schema):
    """Who gets it: `key` is the id of a post or unit, or the code of a desk's region."""

    kind = fields.String(required=True, validate=validate.OneOf(("post", "unit", "desk")))
    key = fields.String(required=True)
    name = fields.String(required=True)


class RuleAnswer(Schema):
    """A rule with the names of what it speaks of; null is no condition."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    active = fields.Boolean(required=True)
    place = fields.Nested(RuleNamed, required=True, allow_none=True)
    matter = fields.Nested(RuleMatter, required=True, allow_none=True)
    group = fields.Nested(RuleNamed, required=True, allow_none=True)
    channel = fields.Nested(RuleNamed, required=True, allow_none=True)
    opens = fields.Integer(required=True, allow_none=True)
    closes = fields.Integer(required=True, allow_none=True)
    weekdays = fields.Integer(required=True, allow_none=True)
    contains = fields.String(required=True, allow_none=True)
    reporter_kind = fields.String(required=True, allow_none=True)
    urgency = fields.String(required=True, allow_none=True)
    to = fields.Nested(RuleTarget, required=True)
    source_case_id = fields.UUID(required=True, allow_none=True)
    updated_at = fields.AwareDateTime(required=True)


class RulesAnswer(Schema):
    """All rules, the first to be asked first."""

    items = fields.List(fields.Nested(RuleAnswer), required=True)


class Rerouted(Schema):
    """A case that would go elsewhere."""

    number = fields.String(required=True)
    place = fields.String(required=True, metadata={"description": "the label of its place"})
    before = fields.Nested(RuleTarget, required=True)
    after = fields.Nested(RuleTarget, required=True)


class Tried(Schema):
    """What a change would do to the last cases; `items` are the newest that it changes, 50 at most."""

    cases = fields.Integer(required=True, metadata={"description": "looked at, 1,000 at most"})
    changed = fields.Integer(required=True)
    items = fields.List(fields.Nested(Rerouted), required=True)
