"""What every answer carries, and what an unsafe request must bring."""

from __future__ import annotations

import pytest


def send(app, method="POST", path="/api/v1/session", **headers):
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.test_client().open(path, method=method, headers=sent, json={"account": "a", "password": "b"})


def test_every_answer_even_an_error_carries_the_security_headers(app):
    for path, status in (("/api/v1/session", 200), ("/nowhere", 404), ("/healthz", 200)):
        answer = app.test_client().get(path)
        assert answer.status_code == status
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert len(answer.headers["X-Request-Id"]) == 16
        assert len(answer.headers.getlist("Cache-Control")) == 1


def test_camera_and_position_are_allowed_to_our_own_pages(app):
    policy = app.test_client().get("/healthz").headers["Permissions-Policy"]
    assert "camera=(self)" in policy
    assert "geolocation=(self)" in policy
    assert "microphone=()" in policy


def test_strict_transport_is_promised_over_https_only(app):
    from gezhi.http.headers import security_headers

    assert "Strict-Transport-Security" not in app.test_client().get("/healthz").headers
    assert "max-age=31536000" in security_headers(https=True)["Strict-Transport-Security"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_an_unsafe_request_without_our_header_is_refused(app, method):
    for headers in ({}, {"X_Gezhi": "0"}):
        answer = send(app, method, **headers)
        assert (answer.status_code, answer.get_json()["code"]) == (403, "missing_header")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:8081", "http://localhost.evil:8080",
                                    "http://evil@localhost:8080", ""])  # fmt: skip
def test_another_sites_origin_is_refused(app, origin):
    answer = send(app, X_Gezhi="1", Origin=origin)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "wrong_origin")


@pytest.mark.parametrize("origin", ["http://localhost:8080", None])
def test_our_own_origin_or_none_at_all_passes(app, origin):
    headers = {"Origin": origin} if origin else {}
    assert send(app, X_Gezhi="1", **headers).get_json()["code"] == "bad_credentials"


def test_the_address_that_was_asked_is_an_origin_of_ours_too(app):
    answer = send(app, X_Gezhi="1", Origin="http://127.0.0.1:8080", Host="127.0.0.1:8080")
    assert answer.get_json()["code"] == "bad_credentials"


def test_no_other_site_may_read_answers(app):
    answer = app.test_client().get("/api/v1/session", headers={"Origin": "https://evil.example"})
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
