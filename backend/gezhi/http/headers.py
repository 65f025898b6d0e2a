"""What every answer carries and every unsafe request must bring; one line of log for each."""

from __future__ import annotations

import secrets
import time
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, g, request
from secure import (
    ContentSecurityPolicy,
    CrossOriginOpenerPolicy,
    CrossOriginResourcePolicy,
    PermissionsPolicy,
    ReferrerPolicy,
    Secure,
    StrictTransportSecurity,
    XContentTypeOptions,
    XFrameOptions,
)

from gezhi.config import settings
from gezhi.http import metrics
from gezhi.http.problems import Problem

log = structlog.get_logger("gezhi.access")

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def security_headers(https: bool) -> dict[str, str]:
    """The headers of every answer of the API. Camera and position are allowed to our own pages."""
    secure = Secure(
        csp=ContentSecurityPolicy().default_src("'none'").frame_ancestors("'none'").base_uri("'none'"),
        coop=CrossOriginOpenerPolicy().same_origin(),
        corp=CrossOriginResourcePolicy().same_origin(),
        hsts=StrictTransportSecurity().max_age(31_536_000) if https else None,
        permissions=PermissionsPolicy().camera("self").geolocation("self").microphone(),
        referrer=ReferrerPolicy().same_origin(),
        xcto=XContentTypeOptions().nosniff(),
        xfo=XFrameOptions().deny(),
    )
    return dict(secure.headers)


def _from_here(origin: str) -> bool:
    """Whether an Origin is ours: the public address, or the very host that was asked."""
    sent = urlsplit(origin)
    return sent.scheme in ("http", "https") and sent.netloc in (urlsplit(settings().public_url).netloc, request.host)


def check_unsafe() -> None:
    """Refuse what another site could have a browser send: no own header, or a foreign Origin.

    Raises Problem missing_header or wrong_origin.
    """
    if request.method in SAFE:
        return
    if request.environ.get("HTTP_X_GEZHI") != "1":
        raise Problem("missing_header", header="X-Gezhi: 1")
    origin = request.environ.get("HTTP_ORIGIN")
    if origin is not None and not _from_here(origin):
        raise Problem("wrong_origin")


def _begin() -> None:
    g.started = time.perf_counter()
    g.request_id = secrets.token_hex(8)
    check_unsafe()


def _finish(response: Response) -> Response:
    for name, value in _fixed.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Request-Id"] = g.get("request_id", "")
    rule = request.url_rule.rule if request.url_rule else "(none)"
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    metrics.count(request.method, rule, response.status_code, seconds)
    log.info(
        "request",
        method=request.method,
        rule=rule,
        status=response.status_code,
        ms=round(seconds * 1000, 1),
        request_id=g.get("request_id", ""),
    )
    return response


_fixed: dict[str, str] = {}


def init_app(app: Flask) -> None:
    """Guard and mark every request of `app`."""
    _fixed.clear()
    _fixed.update(security_headers(settings().public_url.startswith("https://")))
    app.before_request(_begin)
    app.after_request(_finish)
