"""The door by which a reporter has what they said erased."""

from __future__ import annotations

from flask import Response, request
from marshmallow import fields, validate

from gezhi.cases import erasure, service
from gezhi.cases.schemas import is_phone
from gezhi.db import connection
from gezhi.http import limits
from gezhi.http.body import Strict, read_json
from gezhi.http.openapi import Blueprint, open_to_all
from gezhi.http.problems import Problem
from gezhi.people import vault

blueprint = Blueprint("erasure", __name__, url_prefix="/api/v1", description="Erasing what a reporter has sent")


class ErasureAsked(Strict):
    """The number left with the report, where the secret of the device is not at hand."""

    phone = fields.String(required=True, validate=(validate.Length(1, 30), is_phone))


_ASKED = ErasureAsked()


def _proof(receipt: str) -> service.Proof:
    """What shows that the caller holds the report; numbers are few enough to be tried through, so tries are counted."""
    phone = read_json(_ASKED)["phone"] if request.content_length else None
    if secret := request.headers.get("X-Gezhi-Secret"):
        return service.Proof(secret=service.secret_hash(secret))
    if phone is None:
        raise Problem("missing_header", header="X-Gezhi-Secret")
    limits.phones.spend(receipt)
    return service.Proof(phone=vault.phone_hmac(phone))


@blueprint.delete("/reports/<receipt>")
@open_to_all
@blueprint.doc(requestBody={"content": {"application/json": {"schema": ErasureAsked}}})
@blueprint.alt_response(204, description="Erased. With the same secret again answers 204 too.")
def erase_report(receipt: str) -> Response:
    """Erase what the caller reported: texts, photos, name and number, the secret itself. The case goes on without them.

    Shown by the secret of the device that reported (X-Gezhi-Secret), or by the phone number left with the report. Not
    for staff: what they report is a record of their work.
    """
    proof = _proof(receipt)
    with connection() as lent:
        erasure.by_reporter(lent, receipt, proof)
    return Response(status=204)
