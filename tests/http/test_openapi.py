"""The API describes itself: valid OpenAPI 3.1, problems on every operation, pages that load nothing."""

from __future__ import annotations

import re

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

METHODS = {"get", "put", "post", "delete", "patch"}


@pytest.fixture(scope="module")
def spec(app):
    return app.test_client().get("/api/openapi.json").get_json()


def operations(spec):
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in spec["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def test_the_document_is_valid_openapi_3_1(spec):
    assert spec["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(spec).validate()


def test_every_operation_says_what_it_does_and_how_it_fails(spec):
    assert len(operations(spec)) >= 20
    for name, operation in operations(spec):
        assert operation.get("summary") or operation.get("description"), name
        assert operation["responses"]["default"] == {"$ref": "#/components/responses/PROBLEM"}, name
    problem = spec["components"]["responses"]["PROBLEM"]["content"]
    assert problem == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    assert "same_id_other_body" in spec["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]


def test_every_unsafe_operation_with_a_body_names_its_schema(spec):
    bodies = {name: operation["requestBody"] for name, operation in operations(spec) if "requestBody" in operation}
    assert {"POST /api/v1/session", "PUT /api/v1/media/{sha}", "POST /api/v1/reports"} <= bodies.keys()
    assert bodies["POST /api/v1/session"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/SignIn"
    }


def test_every_route_of_the_api_is_in_the_document(app, spec):
    rules = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule) for rule in app.url_map.iter_rules()}
    served = {rule for rule in rules if rule.startswith("/api/v1/")}
    assert served == set(spec["paths"])


def test_the_pages_show_every_operation_and_load_nothing(app, spec):
    answer = app.test_client().get("/api/docs")
    page = answer.get_data(as_text=True)
    assert answer.content_type.startswith("text/html")
    for path in spec["paths"]:
        assert f"<code>{path}</code>" in page
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert page.count("<article") == len(operations(spec)) + len(spec["components"]["schemas"])


def test_unknown_arguments_of_a_query_are_refused_with_their_name(app):
    answer = app.test_client().get(f"/api/v1/media/{'a' * 64}?size=full&until=1&sig={'0' * 64}&extra=1")
    assert answer.status_code == 422
    assert answer.get_json()["fields"] == {"extra": ["没有这个字段"]}


def test_chinese_goes_over_the_wire_as_it_is(app):
    assert "南昌市".encode() in app.test_client().get("/api/v1/session").data
