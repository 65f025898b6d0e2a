"""Numbers for Prometheus, and the two questions a supervisor asks. None of it is for the public.

Granian runs several worker processes, so prometheus_client's multiprocess mode is used: each process writes its own
memory-mapped files into one folder (`config.numbers_folder`), and whichever answers /metrics adds them up.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Flask, Response, jsonify, request

from gezhi.config import numbers_folder
from gezhi.db import connection

CHECKOUT = Path(__file__).resolve().parents[3]


def _folder() -> Path:
    """Where the processes keep their numbers. Read without `settings()`: modules are imported before there is one."""
    var = Path(os.environ.get("GEZHI_VAR") or CHECKOUT / "var").absolute()
    return Path(os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(numbers_folder(var))))


# prometheus_client decides at import whether it is one of several.
_folder().mkdir(mode=0o700, parents=True, exist_ok=True)

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest  # noqa: E402
from prometheus_client.multiprocess import MultiProcessCollector  # noqa: E402

from gezhi.http.problems import Problem  # noqa: E402

REQUESTS = Counter("gezhi_requests", "Requests answered.", ["method", "rule", "status"])
SECONDS = Histogram(
    "gezhi_request_seconds",
    "Time to answer.",
    ["rule"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)

MIGRATIONS = CHECKOUT / "migrations"

blueprint = Blueprint("metrics", __name__)


@lru_cache(maxsize=2048)
def _children(method: str, rule: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(method, rule, str(status)), SECONDS.labels(rule)


def count(method: str, rule: str, status: int, seconds: float) -> None:
    """Add one answered request. `rule` is the route's pattern, never an address with ids or codes in it."""
    counter, histogram = _children(method if method.isalpha() and len(method) < 8 else "OTHER", rule, status)
    counter.inc()
    histogram.observe(seconds)


def _not_public() -> None:
    """Numbers are for the machine's own network: what came through the proxy finds nothing here."""
    if "HTTP_X_FORWARDED_FOR" in request.environ:
        raise Problem("not_found")


@blueprint.get("/metrics")
def show() -> Response:
    """All processes' numbers in Prometheus' text format."""
    _not_public()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


@blueprint.get("/healthz")
def alive() -> Response:
    """200 as long as this process answers."""
    return jsonify(status="ok")


@lru_cache(maxsize=1)
def _heads() -> frozenset[str]:
    from alembic.script import ScriptDirectory

    return frozenset(ScriptDirectory(str(MIGRATIONS)).get_heads())


@blueprint.get("/readyz")
def ready() -> Response:
    """200 when the database answers and its tables are those of this code; else 503 unavailable."""
    with connection() as lent:
        found = {row[0] for row in lent.execute("select version_num from alembic_version").fetchall()}
    if found != _heads():
        raise Problem("unavailable")
    return jsonify(status="ready")


def init_app(app: Flask) -> None:
    """Serve /metrics, /healthz and /readyz."""
    app.register_blueprint(blueprint)
