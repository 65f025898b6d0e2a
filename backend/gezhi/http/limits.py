"""Rate limits. When their storage is down they stand open: a report is never refused for that.

Flask-Limiter keeps the storage, the strategy and the settings; a route spends from an `Allowance` itself, because
Flask-Limiter's decorator costs 60 us a request and the counting alone 3.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.errors import RateLimitExceeded
from flask_login import current_user
from limits import parse
from werkzeug.wrappers import Response

from gezhi.config import settings
from gezhi.http.counts import WindowCounts
from gezhi.http.problems import Problem

log = structlog.get_logger("gezhi.limits")


def client_ip() -> str:
    """The address of the one who asks, as our proxy saw it: the last entry of X-Forwarded-For is the proxy's own."""
    forwarded = request.environ.get("HTTP_X_FORWARDED_FOR")
    if forwarded:
        return str(forwarded).rpartition(",")[2].strip()
    return request.remote_addr or "unknown"


def caller() -> str:
    """Whom a limit counts: the signed-in user, else the device at its address."""
    if "HTTP_COOKIE" in request.environ and current_user.is_authenticated:
        return str(current_user.get_id())
    return f"{client_ip()} {str(request.environ.get('HTTP_X_GEZHI_DEVICE', ''))[:36]}"


limiter = Limiter(caller, strategy="fixed-window", swallow_errors=True)


class Allowance:
    """So many of something in a window of time, for each key."""

    def __init__(self, scope: str, rate: str, key: Callable[[], str] = caller) -> None:
        self.scope = scope
        self.rate = parse(rate)
        self.key = key

    def _over(self, count: bool, key: str) -> bool:
        if not limiter.enabled:
            return False
        try:
            ask = limiter.limiter.hit if count else limiter.limiter.test
            return not ask(self.rate, self.scope, key)
        except Exception as error:  # whatever ails the storage, people go on
            log.warning("limits stand open", exc_info=error)
            return False

    def _refuse(self, key: str) -> None:
        over_at = limiter.limiter.get_window_stats(self.rate, self.scope, key).reset_time
        raise Problem("too_many_requests", retry_after=max(1, int(over_at - time.time()) + 1))

    def spend(self, key: str | None = None) -> None:
        """Count one; raises Problem too_many_requests with the seconds until the window ends."""
        who = key if key is not None else self.key()
        if self._over(True, who):
            self._refuse(who)

    def check(self, key: str | None = None) -> None:
        """Raise as `spend` does when nothing is left, without counting."""
        who = key if key is not None else self.key()
        if self._over(False, who):
            self._refuse(who)


reports = Allowance("reports", "60 per minute")
"""Generous: no honest phone meets it, not even one sending the queue of a week."""

phones = Allowance("phones", "5 per hour", lambda: "")
"""Tries of a phone number in the place of a report's secret, for each receipt."""

media = Allowance("media", "120 per minute")

addresses = Allowance("addresses", "1200 per minute", client_ip)
"""A ceiling over all the device names of one address, under which an office or a carrier's gateway still fits."""


def spend_report() -> None:
    """What the doors of reports call first."""
    reports.spend()
    if "HTTP_COOKIE" not in request.environ:
        addresses.spend()


def _respond(error: RateLimitExceeded) -> Response:
    window = error.limit.limit.get_expiry() if error.limit else 60
    return Problem("too_many_requests", retry_after=int(window)).response()


def init_app(app: Flask) -> None:
    """Bind the limits to `app`, counting in RATE_LIMIT_STORAGE."""
    storage = settings().rate_limit_storage
    if storage == "memory://":
        storage = f"{WindowCounts.STORAGE_SCHEME[0]}://"
    app.config.setdefault("RATELIMIT_STORAGE_URI", storage)
    if storage.startswith("redis"):
        app.config["RATELIMIT_STORAGE_OPTIONS"] = {"socket_connect_timeout": 0.2, "socket_timeout": 0.2}
    limiter.init_app(app)
    app.register_error_handler(RateLimitExceeded, _respond)
