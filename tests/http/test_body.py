"""Strict bodies: what JSON lets through and we do not."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from marshmallow import fields

from gezhi.http import problems
from gezhi.http.body import Number, Strict, Yes, read_json


class Sent(Strict):
    text = fields.String(required=True)
    inner = fields.Dict()
    number = Number()
    yes = Yes()


@pytest.fixture(scope="module")
def client():
    app = Flask("body")
    problems.init_app(app)

    @app.post("/")
    def view():
        return read_json(Sent(), max_bytes=10_000)

    return app.test_client()


def send(client, raw, kind="application/json"):
    return client.post("/", data=raw, content_type=kind)


@pytest.mark.parametrize("member", ['"number": "1.5"', '"number": true', '"yes": 1', '"yes": 0', '"yes": "true"'])
def test_numbers_are_numbers_and_yes_is_true(client, member):
    answer = send(client, f'{{"text": "a", {member}}}')
    assert answer.status_code == 422
    assert list(answer.get_json()["fields"]) == [member.split('"')[1]]


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_a_good_body_is_read(client, kind):
    assert send(client, '{"text": "路灯不亮 😀", "number": 1.5}', kind).get_json()["text"] == "路灯不亮 😀"


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{", b'{"text": "a"} x', b"\xff\xfe", b'{"text": "a", "text": "b"}',
        b'{"text": "a", "inner": {"b": 1, "b": 2}}',
        b'{"text": "a", "number": NaN}', b'{"text": "a", "number": -Infinity}', b'{"text": "a", "number": 1e400}',
        b'{"text": "a\\u0000b"}', b'{"text": "\\ud800"}', b'{"text": "a", "inner": {"\\udc00": 1}}',
        b'{"text": "a", "number": ' + b"9" * 5000 + b"}",
        b'{"text": "a", "inner": ' + b'{"a":' * 21 + b"1" + b"}" * 21 + b"}", b"[" * 9000, b'{"text": "a\x00"}',
    ],
)  # fmt: skip
def test_what_is_not_strict_json_is_refused(client, raw):
    response = send(client, raw)
    assert (response.status_code, response.get_json()["code"]) == (400, "bad_json")


def test_deep_but_allowed_nesting_and_escaped_pairs_pass(client):
    deep = '{"text": "\\ud83d\\ude00", "inner": ' + '{"a":' * 15 + "1" + "}" * 15 + "}"
    assert send(client, deep).get_json()["text"] == "😀"


@pytest.mark.parametrize("raw", ['{"text": "a", "surprise": 1}', "[]", "null", "{}", '{"text": 5}'])
def test_what_the_schema_does_not_know_is_invalid_with_a_path(client, raw):
    response = send(client, raw)
    assert (response.status_code, response.get_json()["code"]) == (422, "invalid")
    assert response.get_json()["fields"]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data; boundary=a=b"]
)
def test_another_content_type_is_refused(client, kind):
    assert send(client, '{"text": "a"}', kind).get_json()["code"] == "not_json"


def test_a_body_over_the_limit_is_refused_even_without_its_length(client):
    raw = json.dumps({"text": "x" * 10_000}).encode()
    assert send(client, raw).get_json()["code"] == "too_large"
    chunked = client.post("/", input_stream=_Endless(), content_type="application/json",
                          environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""})  # fmt: skip
    assert chunked.get_json()["code"] == "too_large"


class _Endless:
    """A body without end, as chunked transfer can send one."""

    def read(self, size=-1):
        assert size > 0, "somebody tried to read it all"
        return b" " * size

    def tell(self):
        return 0

    def seek(self, *_):
        pass

    def close(self):
        pass
