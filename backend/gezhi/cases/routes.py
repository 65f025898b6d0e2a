"""The doors of cases: reports, a phone's queue, lists, actions."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any, cast

import psycopg
import segno
from flask import Response, request
from marshmallow import Schema, ValidationError
from psycopg import Connection

from gezhi.cases import answers, nearby, reading, routes_nearby, service, views, words
from gezhi.cases.schemas import (
    ACTION_SCHEMAS,
    REPORT,
    REPORTER_SCHEMAS,
    AssigneesAsked,
    CasesAsked,
    CommandsSent,
    ReportSent,
)
from gezhi.cases.schemas_nearby import JOIN
from gezhi.config import settings
from gezhi.db import connection
from gezhi.http import limits
from gezhi.http.body import read_json
from gezhi.http.language import pick
from gezhi.http.openapi import Blueprint, api, open_to_all, takes
from gezhi.http.problems import Problem, answer
from gezhi.people import vault
from gezhi.people.sessions import actor, author, signed_in

blueprint = Blueprint("cases", __name__, url_prefix="/api/v1", description="Reports and cases")


class _Named(Schema):
    """The schema of the action that the body names, of those it may name."""

    def __init__(self, schemas: Mapping[str, Schema]) -> None:
        super().__init__()
        self._schemas = schemas

    def load(self, data: Any, **_: Any) -> Any:
        """What the named action's own schema makes of it; raises Problem invalid for an action that does not exist."""
        name = data.get("action") if isinstance(data, dict) else None
        schema = self._schemas.get(name) if isinstance(name, str) else None
        if schema is None:
            raise Problem("invalid", fields={"action": [pick("没有这个动作", "No such action")]})
        return schema.load(data)


Answered = Callable[[], tuple[dict[str, Any], int]]
"""What works out the body and status of a command that is done; raises its Problem when it was refused."""

_ACTION = _Named(ACTION_SCHEMAS)
_NOTE = _Named(REPORTER_SCHEMAS)


def _one_of(schemas: Mapping[str, Schema]) -> dict[str, Any]:
    """The request body of an operation that takes any of these, told apart by `action`."""
    names = {action: f"#/components/schemas/{type(schema).__name__}" for action, schema in schemas.items()}
    schema = {
        "oneOf": [{"$ref": name} for name in names.values()],
        "discriminator": {"propertyName": "action", "mapping": names},
    }
    return {"required": True, "content": {"application/json": {"schema": schema}}}


_COMMANDS = CommandsSent()
_QUEUE_BYTES = 2_000_000


def _json(body: Any, status: int = 200) -> Response:
    return Response(
        json.dumps(body, ensure_ascii=False, default=str, separators=(",", ":")), status, mimetype="application/json"
    )


def _report(lent: Connection[Any], sent: dict[str, Any]) -> tuple[dict[str, Any], int]:
    limits.spend_report()
    take = service.settle if sent["settle"] else service.take_report
    facts = take(lent, sent, author(), actor())
    return views.receipt(facts), 200 if facts["known"] else 201


def _act(lent: Connection[Any], case_id: uuid.UUID, sent: dict[str, Any]) -> dict[str, Any]:
    person = signed_in()
    return service.act(lent, case_id, sent, person.user_id, person.author)


def _outcome(facts: dict[str, Any]) -> dict[str, Any]:
    """An action's answer; raises its refusal, which by then is kept with what was sent (rule C6)."""
    if facts["refused"]:
        raise Problem(facts["refused"], current=views.current(facts))
    return {
        "case_id": facts["case_id"],
        "state": facts["state"],
        "state_name": words.state_name(facts["state"]),
        "version": facts["version"],
        "seq": facts["seq"],
        "missing_photos": facts["missing_photos"],
        "case": None,
    }


def _with_case(done: dict[str, Any]) -> dict[str, Any]:
    """The outcome with the case as the caller sees it now, read after the commit."""
    try:
        done["case"] = reading.case(signed_in(), uuid.UUID(str(done["case_id"])))
    except Problem as gone:
        if gone.code != "not_found":
            raise
    return done


def _secret() -> str | None:
    return request.headers.get("X-Gezhi-Secret")


@blueprint.post("/reports")
@open_to_all
@takes(ReportSent)
@blueprint.alt_response(201, schema=answers.Receipt, description="Kept.")
@blueprint.alt_response(200, schema=answers.Receipt, description="Known: the same body again has the same receipt.")
def take_report() -> Response:
    """Take one report, without signing in."""
    sent = read_json(REPORT)
    with connection() as lent:
        body, status = _report(lent, sent)
    return _json(body, status)


@blueprint.get("/reports/<receipt>")
@open_to_all
@blueprint.alt_response(200, schema=answers.Course)
def read_course(receipt: str) -> Response:
    """The course of a report by its code; with its secret in X-Gezhi-Secret also the photos."""
    secret = _secret()
    return _json(reading.course(receipt, service.Proof(secret=service.secret_hash(secret) if secret else None)))


@blueprint.get("/reports/<receipt>/qr.svg")
@open_to_all
@blueprint.alt_response(200, description="The QR code of the receipt's public page", content_type="image/svg+xml")
def receipt_qr(receipt: str) -> Response:
    """The QR code of a receipt; raises not_found for an unknown code."""
    reading.course(receipt, service.Proof())
    picture = io.BytesIO()
    code = segno.make(f"{settings().public_url}/r/{receipt}", error="m")
    # A document of its own, with its namespace: without that no browser draws it as the image of a page.
    code.save(picture, kind="svg", scale=6, border=2)
    return Response(picture.getvalue(), mimetype="image/svg+xml")


@blueprint.post("/reports/<receipt>/notes")
@open_to_all
@blueprint.doc(requestBody=_one_of(REPORTER_SCHEMAS))
@blueprint.alt_response(200, schema=answers.Course)
def add_note(receipt: str) -> Response:
    """Rate, add, remind, confirm, complain, withdraw or appeal, as the one who reported it.

    Shown by the secret of the device that reported (X-Gezhi-Secret), or by the phone number left with the report.
    """
    sent = read_json(_NOTE)
    proof = _proof(receipt, _secret(), sent)
    with connection() as lent:
        _note(lent, receipt, proof, sent)
    return _json(reading.course(receipt, proof))


def _proof(receipt: str, secret: str | None, sent: dict[str, Any]) -> service.Proof:
    """What shows that the caller holds the report; numbers are few enough to be tried through, so tries are counted."""
    phone = sent.pop("phone")
    if secret:
        return service.Proof(secret=service.secret_hash(secret))
    if not phone:
        raise Problem("missing_header", header="X-Gezhi-Secret")
    limits.phones.spend(receipt)
    return service.Proof(phone=vault.phone_hmac(phone))


def _note(lent: Connection[Any], receipt: str, proof: service.Proof, sent: dict[str, Any]) -> None:
    facts = service.note(lent, receipt, proof, sent, author())
    if facts["refused"]:
        raise Problem(facts["refused"], current=views.current(facts, resident=True))


@blueprint.post("/commands")
@open_to_all
@takes(CommandsSent)
@blueprint.alt_response(200, schema=answers.CommandResults)
def take_commands() -> Response:
    """A phone's queue: each command in a savepoint of its own, each with an answer of its own, in order."""
    queue = read_json(_COMMANDS, max_bytes=_QUEUE_BYTES)["commands"]
    author()
    with connection() as lent, lent.transaction():
        done = [_command(lent, command) for command in queue]
    # Worked out after the commit, so that a course shows what the queue has changed.
    return _json({"results": [_result(command, answered) for command, answered in zip(queue, done, strict=True)]})


def _command(lent: Connection[Any], command: dict[str, Any]) -> Answered:
    """Do one command in its savepoint; one that waits for another queue in a circle is to come again."""
    try:
        with lent.transaction():
            return _run(lent, dict(command))
    except (Problem, ValidationError, psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
        problem = answer(error)
    return lambda: (problem.body(), problem.status)


def _result(command: dict[str, Any], answered: Answered) -> dict[str, Any]:
    try:
        body, status = answered()
    except Problem as problem:
        body, status = problem.body(), problem.status
    sent = command.get("id")
    return {"id": sent if isinstance(sent, str) else None, "status": status, "body": body}


def _run(lent: Connection[Any], command: dict[str, Any]) -> Answered:
    """Do one command; what it answers is worked out after its savepoint, so that a refusal stays kept."""
    kind = command.pop("kind", None)
    if kind == "report":
        receipt = _report(lent, cast(dict[str, Any], REPORT.load(command)))
        return lambda: receipt
    if kind == "action":
        case_id = _uuid(command.pop("case_id", None))
        facts = _act(lent, case_id, _ACTION.load(command))
        return lambda: (_outcome(facts), 200)
    if kind == "note":
        code, secret = str(command.pop("receipt_code", None)), str(command.pop("secret", None) or "")
        sent = _NOTE.load(command)
        proof = _proof(code, secret, sent)
        facts = service.note(lent, code, proof, sent, author())
        return lambda: _told(code, proof, facts)
    if kind == "join":
        case_id = _uuid(command.pop("case_id", None))
        joined = routes_nearby.join(lent, case_id, cast(dict[str, Any], JOIN.load(command)))
        return lambda: (nearby.receipt(joined), 200 if joined["known"] else 201)
    known = pick("应为 report、action、note 或 join", "Not report, action, note or join")
    raise Problem("invalid", fields={"kind": [known]})


def _told(receipt: str, proof: service.Proof, facts: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """The course after a reporter's note; raises its refusal, which by then is kept."""
    if facts["refused"]:
        raise Problem(facts["refused"], current=views.current(facts, resident=True))
    return reading.course(receipt, proof), 200


def _uuid(value: Any) -> uuid.UUID:
    try:
        return uuid.UUID(str(value))
    except ValueError:
        raise Problem("invalid", fields={"case_id": [pick("案件编号不对", "Not a case id")]}) from None


@blueprint.get("/cases")
@blueprint.arguments(CasesAsked, location="query")
@blueprint.alt_response(200, schema=answers.CasePage)
def list_cases(asked: dict[str, Any]) -> Response:
    """Cases by view, state, category, matter, place, light and text; newest first."""
    return _json(reading.page(signed_in(), asked))


@blueprint.get("/cases/<uuid:case_id>")
@blueprint.alt_response(200, schema=answers.CaseDetail)
def read_case(case_id: uuid.UUID) -> Response:
    """One case whole, with the actions that the caller may do now."""
    return _json(reading.case(signed_in(), case_id))


@blueprint.get("/cases/<uuid:case_id>/events")
@blueprint.alt_response(200, schema=answers.Timeline)
def read_events(case_id: uuid.UUID) -> Response:
    """The events of a case in order."""
    return _json(reading.events(signed_in(), case_id))


@blueprint.get("/cases/<uuid:case_id>/assignees")
@blueprint.arguments(AssigneesAsked, location="query")
@blueprint.alt_response(200, schema=answers.Candidates)
def read_assignees(asked: dict[str, Any], case_id: uuid.UUID) -> Response:
    """Who could take a case or be called to it, the nearest first; for its desk, assignee and head of unit."""
    return _json(reading.assignees(signed_in(), case_id, asked["purpose"]))


@blueprint.get("/cases/<uuid:case_id>/not-adopted")
@blueprint.alt_response(200, schema=answers.NotAdoptedList)
def read_not_adopted(case_id: uuid.UUID) -> Response:
    """What came too late for a case: all of it for its desk, for anybody else what they sent themselves."""
    return _json(reading.not_adopted(signed_in(), case_id))


@blueprint.post("/cases/<uuid:case_id>/actions")
@blueprint.doc(requestBody=_one_of(ACTION_SCHEMAS))
@blueprint.alt_response(200, schema=answers.ActionDone)
def act(case_id: uuid.UUID) -> Response:
    """Do one action of the workflow; `action` says which, and with it which other members there are."""
    signed_in()
    sent = read_json(_ACTION)
    with connection() as lent:
        done = _outcome(_act(lent, case_id, sent))
    return _json(_with_case(done))


def describe() -> None:
    """Add the actions' schemas, which no route names, to the OpenAPI document."""
    for schema in (*ACTION_SCHEMAS.values(), *REPORTER_SCHEMAS.values()):
        api.spec.components.schema(type(schema).__name__, schema=schema)
