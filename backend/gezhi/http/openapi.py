"""The API's description: one flask-smorest Api, strict arguments, problems on every operation, our own pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

import flask_smorest
import marshmallow
from flask import Blueprint as PlainBlueprint
from flask import Flask, Response, current_app, json, render_template
from flask.json.provider import DefaultJSONProvider
from webargs.flaskparser import FlaskParser

from gezhi import __doc__ as house
from gezhi.http import body, problems
from gezhi.http.cookies import cookie
from gezhi.http.messages import fields
from gezhi.http.problem_table import PROBLEMS

View = TypeVar("View", bound=Callable[..., Any])


class ProblemSchema(marshmallow.Schema):
    """What every error answers (RFC 9457)."""

    type = marshmallow.fields.String(required=True)
    title = marshmallow.fields.String(required=True)
    status = marshmallow.fields.Integer(required=True)
    code = marshmallow.fields.String(required=True, validate=marshmallow.validate.OneOf(sorted(PROBLEMS)))
    detail = marshmallow.fields.String(required=True, metadata={"description": "what is wrong"})
    action = marshmallow.fields.String(required=True, metadata={"description": "what to do"})
    paths = marshmallow.fields.Dict(
        keys=marshmallow.fields.String(), values=marshmallow.fields.List(marshmallow.fields.String()), data_key="fields"
    )
    current = marshmallow.fields.Dict(metadata={"description": "the state of the case now"})


class StrictParser(FlaskParser):
    """webargs with our strict JSON, unknown arguments refused everywhere, problems instead of its own errors."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {  # noqa: RUF012 - webargs declares it so
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": marshmallow.RAISE,
        "querystring": marshmallow.RAISE,
    }

    def load_json(self, req: Any, schema: marshmallow.Schema) -> Any:
        """The strict body (`body.parse`)."""
        return body.read_strict(body.MAX_BYTES)

    def handle_error(self, error: marshmallow.ValidationError, *_: Any, **__: Any) -> NoReturn:
        """Raise the problem `invalid`; webargs nests its messages by location, paths leave that out."""
        located = error.messages if isinstance(error.messages, dict) else {"": error.messages}
        raise problems.Problem("invalid", fields={k: v for part in located.values() for k, v in fields(part).items()})


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """The Blueprint of every domain: flask-smorest's with strict arguments."""

    ARGUMENTS_PARSER = StrictParser()

    if TYPE_CHECKING:  # flask-smorest is not typed; its decorators leave a view's type as it is

        def route(self, rule: str, **options: Any) -> Callable[[View], View]: ...
        def get(self, rule: str, **options: Any) -> Callable[[View], View]: ...
        def post(self, rule: str, **options: Any) -> Callable[[View], View]: ...
        def put(self, rule: str, **options: Any) -> Callable[[View], View]: ...
        def delete(self, rule: str, **options: Any) -> Callable[[View], View]: ...
        def response(self, *given: Any, **options: Any) -> Callable[[View], View]: ...
        def alt_response(self, *given: Any, **options: Any) -> Callable[[View], View]: ...
        def arguments(self, schema: Any, **options: Any) -> Callable[[View], View]: ...
        @staticmethod
        def doc(**described: Any) -> Callable[[View], View]: ...


_PROBLEM = {
    "description": "A problem: what is wrong and what to do, in the reader's language.",
    "content": {"application/problem+json": {"schema": ProblemSchema}},
}


class _Api(flask_smorest.Api):  # type: ignore[misc]
    DEFAULT_ERROR_RESPONSE_NAME = "PROBLEM"

    def _register_responses(self) -> None:
        """All errors are problems; the second name is that which flask-smorest gives to refused arguments."""
        for name in ("PROBLEM", "UNPROCESSABLE_ENTITY"):
            self.spec.components.response(name, _PROBLEM)

    def handle_http_exception(self, error: Any) -> Any:
        """Problems are ours to write."""
        return problems.respond(error)


api = _Api()
docs = PlainBlueprint("docs", __name__, url_prefix="/api", template_folder="pages")

for _field, _pattern in ((body.Uuid7, "uuid"), (body.Sha256Hex, "sha256"), (body.Iso, "date-time")):
    api.register_field(_field, "string", _pattern)


def takes(schema: type[marshmallow.Schema]) -> Callable[[View], View]:
    """Document the body of a view that reads it itself with `read_json` (the hot routes do)."""
    return Blueprint.doc(requestBody={"required": True, "content": {"application/json": {"schema": schema}}})


open_to_all = Blueprint.doc(security=[])
"""Document that a view needs no session: it is for everybody, or for whoever has a receipt or a signed link."""


def _ecma(_converter: Any, field: marshmallow.fields.Field[Any], **_: Any) -> dict[str, str]:
    """A pattern as JSON Schema reads it (ECMA-262), which has no `\\Z`: its `$` is the very end already."""
    if isinstance(field, body.Uuid7 | body.Sha256Hex):
        return {"pattern": f"^{field.form.pattern}$"}
    found = [str(v.regex.pattern) for v in field.validators if isinstance(v, marshmallow.validate.Regexp)]
    return {"pattern": found[0].replace(r"\Z", "$")} if found else {}


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document of the running application."""
    described: dict[str, Any] = api.spec.to_dict()
    return described


@docs.get("/openapi.json")
def openapi_json() -> Response:
    """The document for machines."""
    return current_app.response_class(json.dumps(document(), ensure_ascii=False), mimetype="application/json")


@docs.get("/docs")
def pages() -> Response:
    """The document for people: one page without scripts, nothing loaded from elsewhere."""
    response = Response(render_template("api.html", spec=document(), problems=PROBLEMS), mimetype="text/html")
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    )
    return response


def init_app(app: Flask) -> None:
    """Bind the Api to `app`; blueprints are registered on `api` after this."""
    provider = cast(DefaultJSONProvider, app.json)
    provider.ensure_ascii = False  # Chinese as it is: half the bytes
    provider.sort_keys = False
    app.config.update(API_TITLE="Gezhi 格治", API_VERSION="v1", OPENAPI_VERSION="3.1.0")
    app.config["API_SPEC_OPTIONS"] = {
        "info": {"description": house, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "security": [{"session": []}],
    }
    api.init_app(app)
    api.spec.components.security_scheme(
        "session",
        {
            "type": "apiKey",
            "in": "cookie",
            "name": cookie()[0],
            "description": "The cookie of POST /session. Every unsafe method needs the header `X-Gezhi: 1` as well.",
        },
    )
    api.ma_plugin.converter.add_attribute_function(_ecma)
    app.register_blueprint(docs)
