"""The shapes of answers about cases: the OpenAPI is made of them, and the tests hold every answer against them."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from gezhi.cases.workflow import ACTIONS, STATES, STEPS, TASKS
from gezhi.http.body import Iso

_STATE = validate.OneOf(tuple(STATES))


class Answer(Schema):
    """Base of the answers: nothing more, nothing less."""

    class Meta:
        unknown = RAISE


def _text(**options: Any) -> fields.String:
    return fields.String(required=True, **options)


def _maybe(kind: type[fields.Field[Any]], *inner: Any, **options: Any) -> fields.Field[Any]:
    return kind(*inner, required=True, allow_none=True, **options)


class MatterNamed(Answer):
    """A matter with its name."""

    kind = _text()
    code = _text()
    name = _text()


class CategoryNamed(Answer):
    """A resident category with its name and picture."""

    key = _text()
    name = _text()
    icon = _text()


class PlaceNamed(Answer):
    """Where a case is. `point` is [lng, lat] in WGS-84 degrees."""

    code = _text()
    name = _text()
    label = _text()
    approximate = fields.Boolean(required=True)
    unsure = fields.Boolean(required=True)


class PlaceWithPoint(PlaceNamed):
    """Where a case is, for staff."""

    point = _maybe(fields.List, fields.Float())


class Photo(Answer):
    """A photo; links are signed, valid for five minutes at most, null until it is cleaned. Pixels."""

    sha256 = _text()
    ready = fields.Boolean(required=True)
    width = _maybe(fields.Integer)
    height = _maybe(fields.Integer)
    url = _maybe(fields.String)
    thumb_url = _maybe(fields.String)
    phase = _text(validate=validate.OneOf(("report", "handle", "verify")))
    taken_live = _maybe(fields.Boolean)


class Assigned(Answer):
    """Who was given a new report: never the name of a person."""

    kind = _text(validate=validate.OneOf(("post", "unit", "desk")))
    name = _text()


class Receipt(Answer):
    """The receipt of a report."""

    id = fields.UUID(required=True)
    case_id = fields.UUID(required=True)
    number = _text()
    receipt_code = _text(validate=validate.Length(equal=8))
    state = _text(validate=_STATE)
    state_name = _text()
    category = _maybe(fields.Nested, CategoryNamed)
    place = fields.Nested(PlaceNamed, required=True)
    assigned_to = fields.Nested(Assigned, required=True)
    why = _text()
    due_at = _maybe(fields.AwareDateTime)
    missing_photos = fields.List(fields.String(), required=True)
    created_at = fields.AwareDateTime(required=True)
    url = _text()


class NeedNamed(Answer):
    """A field that an action takes."""

    field = _text()
    required = fields.Boolean(required=True)


class AllowedAction(Answer):
    """An action that the caller may do now."""

    action = _text(validate=validate.OneOf(tuple(ACTIONS)))
    name = _text()
    primary = fields.Boolean(required=True)
    kind = _text(validate=validate.OneOf(("move", "note")))
    needs = fields.List(fields.Nested(NeedNamed), required=True)


class CourseStep(Answer):
    """One step in a resident's words."""

    key = _text()
    name = _text()
    at = fields.AwareDateTime(required=True)
    who = _maybe(fields.String)
    note = _maybe(fields.String)
    done = fields.Boolean(required=True)


class RatingGiven(Answer):
    """A rating as given."""

    stars = fields.Integer(required=True)
    satisfaction = _text()
    comment = _maybe(fields.String)
    at = fields.AwareDateTime(required=True)


class Rating(Answer):
    """Whether it can be rated now, until when, and what was given."""

    open = fields.Boolean(required=True)
    until = _maybe(fields.AwareDateTime)
    given = _maybe(fields.Nested, RatingGiven)


class Course(Answer):
    """The course of a report as its code shows it; photos only with the reporter's secret."""

    receipt_code = _text()
    number = _text()
    category = _maybe(fields.Nested, CategoryNamed)
    matter_name = _maybe(fields.String)
    state = _text(validate=_STATE)
    state_name = _text()
    place_name = _text()
    created_at = fields.AwareDateTime(required=True)
    steps = fields.List(fields.Nested(CourseStep), required=True)
    reply = _maybe(fields.String)
    photos = fields.List(fields.Nested(Photo), required=True)
    mine = fields.Boolean(required=True)
    allowed = fields.List(fields.Nested(AllowedAction), required=True)
    rating = fields.Nested(Rating, required=True)


class Assignee(Answer):
    """Who has a case now: a post, or a unit whose posts may all sign."""

    post_id = _maybe(fields.UUID)
    unit_id = _maybe(fields.UUID)
    name = _maybe(fields.String)
    role_name = _maybe(fields.String)


class CaseItem(Answer):
    """A case in a list."""

    id = fields.UUID(required=True)
    number = _text()
    state = _text(validate=_STATE)
    state_name = _text()
    version = fields.Integer(required=True)
    seq = fields.Integer(required=True)
    urgency = _text(validate=validate.OneOf(("ordinary", "urgent", "critical")))
    light = _maybe(fields.String, validate=validate.OneOf(("green", "yellow", "red", "grey")))
    due_at = _maybe(fields.AwareDateTime)
    step = _maybe(fields.String, validate=validate.OneOf(tuple(STEPS)))
    matter = _maybe(fields.Nested, MatterNamed)
    category = _maybe(fields.Nested, CategoryNamed)
    place = fields.Nested(PlaceWithPoint, required=True)
    address = _maybe(fields.String)
    summary = _text()
    assignee = _maybe(fields.Nested, Assignee)
    task = _maybe(fields.String, validate=validate.OneOf(("sign", "handle", "verify", *TASKS)))
    created_at = fields.AwareDateTime(required=True)
    updated_at = fields.AwareDateTime(required=True)
    thumb_url = _maybe(fields.String)


class CasePage(Answer):
    """A page of cases, newest first, and how fresh it is."""

    items = fields.List(fields.Nested(CaseItem), required=True)
    next_cursor = _maybe(fields.String)
    as_of = fields.AwareDateTime(required=True)


class CaseCounts(Answer):
    """How many open cases, by state, light, and task of the caller; what is none is left out."""

    total = fields.Integer(required=True)
    states = fields.Dict(fields.String(validate=_STATE), fields.Integer(), required=True)
    lights = fields.Dict(fields.String(), fields.Integer(), required=True)
    tasks = fields.Dict(fields.String(), fields.Integer(), required=True)
    as_of = Iso(required=True)


class Person(Answer):
    """Who did something."""

    name = _text()
    role_name = _maybe(fields.String)


class Named(Answer):
    """Something with a name."""

    name = _text()


class Position(Answer):
    """How far from the case somebody stood, metres; doubtful when the phone could not tell."""

    distance_m = _maybe(fields.Float)
    accuracy_m = _maybe(fields.Float)
    doubtful = fields.Boolean(required=True)


class TimelineStep(Answer):
    """One event of a case, for staff."""

    seq = fields.Integer(required=True)
    action = _text(validate=validate.OneOf(tuple(ACTIONS)))
    name = _text()
    at = fields.AwareDateTime(required=True)
    occurred_at = fields.AwareDateTime(required=True)
    offline = fields.Boolean(required=True)
    claimed_at = _maybe(fields.AwareDateTime)
    by = _maybe(fields.Nested, Person)
    note = _maybe(fields.String)
    internal_note = _maybe(fields.String)
    detail = _maybe(fields.String)
    to = _maybe(fields.Nested, Named)
    photos = fields.List(fields.Nested(Photo), required=True)
    position = _maybe(fields.Nested, Position)


class Timeline(Answer):
    """The events of a case in order."""

    items = fields.List(fields.Nested(TimelineStep), required=True)


class Reporter(Answer):
    """Who reported, as far as screens show it: masked, and nothing of a hidden one except to the desk."""

    anonymous = fields.Boolean(required=True)
    name = _text()
    phone = _maybe(fields.String)
    hidden = fields.Boolean(required=True)


class ReporterRevealed(Answer):
    """Who reported, in clear."""

    name = _maybe(fields.String)
    phone = _maybe(fields.String)


class HandedOver(Answer):
    """How many cases went to another post."""

    cases = fields.Integer(required=True)


class External(Answer):
    """Another platform that is responsible for a transferred case."""

    platform = _text()
    number = _text()
    deadline = _maybe(fields.AwareDateTime)


class OpenTask(Answer):
    """Something on a case that waits for somebody; of a request `until` is what is asked for."""

    id = fields.UUID(required=True)
    kind = _text(validate=validate.OneOf(tuple(TASKS)))
    name = _text()
    who = _maybe(fields.String)
    due_at = _maybe(fields.AwareDateTime)
    until = _maybe(fields.AwareDateTime)
    reason = _maybe(fields.String)


class CaseDetail(CaseItem):
    """A case whole, with exactly the actions that the caller may do now.

    `fence_m` in metres (rule C2); `level` is the length of the code of the region where it sits, the loop follows.
    """

    text = _maybe(fields.String)
    photos = fields.List(fields.Nested(Photo), required=True)
    timeline = fields.List(fields.Nested(TimelineStep), required=True)
    why = _text()
    channel_name = _text()
    allowed = fields.List(fields.Nested(AllowedAction), required=True)
    fence_m = fields.Integer(required=True)
    level = fields.Integer(required=True)
    loop_name = _text()
    verification_name = _maybe(fields.String)
    sampled = fields.Boolean(required=True)
    pinned = fields.Boolean(required=True)
    ownerless = fields.Boolean(required=True)
    dispute = fields.Boolean(required=True)
    mediations = fields.Integer(required=True)
    reports = fields.Integer(required=True)
    review_on = _maybe(fields.Date)
    main_case_id = _maybe(fields.UUID)
    external = _maybe(fields.Nested, External)
    tasks = fields.List(fields.Nested(OpenTask), required=True)
    reporter = fields.Nested(Reporter, required=True)


class NotAdopted(Answer):
    """A command that was refused because the case had moved on; photos by their SHA-256."""

    command = fields.UUID(required=True)
    action = _text(validate=validate.OneOf(tuple(ACTIONS)))
    name = _text()
    refused = _text()
    by = _maybe(fields.String)
    note = _maybe(fields.String)
    photos = fields.List(fields.String(), required=True)
    at = fields.AwareDateTime(required=True)


class NotAdoptedList(Answer):
    """What came too late for a case."""

    items = fields.List(fields.Nested(NotAdopted), required=True)


class ActionDone(Answer):
    """A case after an action; `case` is null in the answer to a queue, and when the caller no longer sees it."""

    case_id = fields.UUID(required=True)
    state = _text(validate=_STATE)
    state_name = _text()
    version = fields.Integer(required=True)
    seq = fields.Integer(required=True)
    missing_photos = fields.List(fields.String(), required=True)
    case = _maybe(fields.Nested, CaseDetail)


class Candidate(Answer):
    """A post or unit that could take a case."""

    post_id = _maybe(fields.UUID)
    unit_id = _maybe(fields.UUID)
    name = _text()
    role_name = _maybe(fields.String)
    place_name = _text()
    on_duty = fields.Boolean(required=True)
    open_tasks = fields.Integer(required=True)


class Candidates(Answer):
    """Who could take a case, the nearest first."""

    items = fields.List(fields.Nested(Candidate), required=True)


class CommandResult(Answer):
    """What became of one command of a queue: `body` is its receipt, outcome, course or problem."""

    id = _maybe(fields.String)
    status = fields.Integer(required=True)
    body = fields.Dict(required=True)


class CommandResults(Answer):
    """The results of a queue, in its order."""

    results = fields.List(fields.Nested(CommandResult), required=True)
