"""The session: who am I, sign in, sign out."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from gezhi.http.body import read_json
from gezhi.http.openapi import Blueprint, open_to_all, takes
from gezhi.people import schemas, service, sessions

blueprint = Blueprint("session", __name__, url_prefix="/api/v1", description="Who is asking 登录")

_SIGN_IN = schemas.SignIn()
_VIEW = schemas.SessionView()


@blueprint.get("/session")
@open_to_all
@blueprint.response(200, schemas.SessionView)
def show() -> dict[str, Any]:
    """Who is asking, and the city served. 200 for everybody, signed in or not."""
    return service.session_view(sessions.actor())


@blueprint.post("/session")
@open_to_all
@takes(schemas.SignIn)
@blueprint.response(200, schemas.SessionView)
def sign_in() -> Response:
    """Sign in with account, password and, where the account has one, the authenticator's code."""
    sent = read_json(_SIGN_IN, max_bytes=10_000)
    token, person = service.sign_in(sent["account"], sent["password"], sent["code"])
    answer = jsonify(_VIEW.dump(service.session_view(person)))
    sessions.give(answer, token, sessions.life_of({post.role for post in person.posts}))
    return answer


@blueprint.delete("/session")
@open_to_all
@blueprint.response(204)
def sign_out() -> Response:
    """Sign out: the session ends on the server, for good. 204 without one too."""
    person = sessions.actor()
    if person is not None:
        service.sign_out(person)
    answer = Response(status=204)
    sessions.take(answer)
    return answer
