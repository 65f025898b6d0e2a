"""What every answer carries and every unsafe request must bring; one line of log for each."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

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
from gezhi.http import logs, metrics
from gezhi.http.problems import Problem

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

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
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    rule = request.url_rule.rule if request.url_rule else "(none)"
    request_id = g.get("request_id", "")
    response.headers["X-Request-Id"] = request_id
    metrics.count(request.method, rule, response.status_code, seconds)
    logs.request_line(request.method, rule, response.status_code, seconds, request_id)
    return response


class _Marked:
    """The application with our headers on every answer that has not set them itself.

    At the WSGI border this is a few list operations; through Werkzeug's Headers it would be 40 us a request.
    """

    def __init__(self, inner: WSGIApplication, fixed: dict[str, str]) -> None:
        self._inner = inner
        self._fixed = [(name, value, name.lower()) for name, value in fixed.items()]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(
            status: str, headers: list[tuple[str, str]], exc_info: OptExcInfo | None = None
        ) -> Callable[[bytes], object]:
            have = {name.lower() for name, _ in headers}
            headers += [(name, value) for name, value, lower in self._fixed if lower not in have]
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        return self._inner(environ, start)


def init_app(app: Flask) -> None:
    """Guard and mark every request of `app`."""
    app.before_request(_begin)
    app.after_request(_finish)
    fixed = {**security_headers(settings().public_url.startswith("https://")), "Cache-Control": "no-store"}
    app.wsgi_app = _Marked(app.wsgi_app, fixed)  # type: ignore[method-assign]
