"""What a desk's tabs stand on: numbers of cases, and filters kept under a name."""

from __future__ import annotations

import uuid
from typing import Any

from marshmallow import ValidationError, fields, validate

from gezhi.cases import answers, reading, saved_filters
from gezhi.cases.schemas import CasesAsked
from gezhi.http.body import Iso, Strict, Uuid7
from gezhi.http.openapi import Blueprint
from gezhi.people.sessions import signed_in

blueprint = Blueprint("filters", __name__, url_prefix="/api/v1", description="Numbers of cases, saved filters")

_ASKED = CasesAsked(exclude=("cursor", "limit"))


class CountsAsked(CasesAsked):
    """Which open cases are counted."""

    class Meta:
        fields = ("view", "place")


class Filter(fields.Dict):
    """Parameters of GET /cases as that takes them, cursor and limit left out."""

    def __init__(self, **options: Any) -> None:
        super().__init__(keys=fields.String(), values=fields.String(validate=validate.Length(max=200)), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        sent = super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]
        try:
            _ASKED.load(sent)
        except ValidationError as refused:
            raise ValidationError(refused.messages) from None  # under this field's own name
        return sent


class FilterChanged(Strict):
    """A filter's name, unique among one's own, and what it asks for."""

    name = fields.String(required=True, validate=validate.Regexp(r"^(?=.*\S)[^\0]{1,40}\Z"))
    filter = Filter(required=True)


class FilterSent(FilterChanged):
    """A new filter; its id is made by the client."""

    id = Uuid7(required=True)


class SavedFilter(answers.Answer):
    """A filter that is kept."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    filter = fields.Dict(fields.String(), fields.String(), required=True)
    created_at = Iso(required=True)


class SavedFilters(answers.Answer):
    """One's own filters by name."""

    items = fields.List(fields.Nested(SavedFilter), required=True)


@blueprint.get("/cases/counts")
@blueprint.arguments(CountsAsked, location="query")
@blueprint.response(200, answers.CaseCounts)
def count_cases(asked: dict[str, Any]) -> dict[str, Any]:
    """How many open cases there are for the caller, by state, light and task."""
    return reading.counts(signed_in(), asked)


@blueprint.get("/filters")
@blueprint.response(200, SavedFilters)
def read_filters() -> dict[str, Any]:
    """The caller's saved filters."""
    return {"items": saved_filters.all_of(signed_in().user_id)}


@blueprint.post("/filters")
@blueprint.arguments(FilterSent)
@blueprint.response(201, SavedFilter)
@blueprint.alt_response(200, schema=SavedFilter, description="kept before")
def add_filter(sent: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Save a filter; at most 30 a person."""
    saved, new = saved_filters.add(signed_in().user_id, sent)
    return saved, 201 if new else 200


@blueprint.put("/filters/<uuid:saved_id>")
@blueprint.arguments(FilterChanged)
@blueprint.response(200, SavedFilter)
def change_filter(sent: dict[str, Any], saved_id: uuid.UUID) -> dict[str, Any]:
    """Change one of one's own filters."""
    return saved_filters.change(signed_in().user_id, {**sent, "id": saved_id})


@blueprint.delete("/filters/<uuid:saved_id>")
@blueprint.response(204)
def delete_filter(saved_id: uuid.UUID) -> None:
    """Delete one of one's own filters."""
    saved_filters.delete(signed_in().user_id, saved_id)
