"""The one place where everything is wired."""

from __future__ import annotations

from flask import Flask

from gezhi.cases import routes as cases
from gezhi.cases import routes_erasure as erasure
from gezhi.cases import routes_filters as filters
from gezhi.cases import routes_nearby as nearby
from gezhi.cases import routes_people as case_people
from gezhi.cases import routes_rules as rules
from gezhi.catalogue import routes as catalogue
from gezhi.config import settings
from gezhi.db import connect, db
from gezhi.http import headers, limits, logs, metrics, openapi, problems
from gezhi.live import routes as live
from gezhi.media import routes as media
from gezhi.notify import keys
from gezhi.notify import routes as notify
from gezhi.people import roster_routes as roster
from gezhi.people import routes as people
from gezhi.people import sessions
from gezhi.people import units_routes as units
from gezhi.places import routes as places
from gezhi.sync import routes as sync

DOMAINS = (
    people, roster, units, places, catalogue, media, cases, case_people, erasure, nearby, rules, filters, notify, sync,
)  # fmt: skip


def _base() -> Flask:
    """What every process that answers HTTP has: logs, problems, headers, sessions, metrics."""
    here = settings()
    logs.configure(here.log_level)
    app = Flask("gezhi", static_folder=None)
    app.config.update(
        SQLALCHEMY_DATABASE_URI=here.sqlalchemy_url,
        SQLALCHEMY_ENGINE_OPTIONS={"creator": connect, "pool_size": 4, "max_overflow": 4, "pool_pre_ping": True},
        MAX_CONTENT_LENGTH=20_000_000,
        PUSH_KEY=keys.public_key(),
    )
    db.init_app(app)
    problems.init_app(app)
    headers.init_app(app)
    metrics.init_app(app)
    limits.init_app(app)
    sessions.init_app(app)
    return app


def create_app() -> Flask:
    """The application of `gezhi web`: everything but the live stream."""
    app = _base()
    openapi.init_app(app)
    for domain in DOMAINS:
        openapi.api.register_blueprint(domain.blueprint)
    cases.describe()
    return app


def create_live_app() -> Flask:
    """The application of `gezhi live`: the stream of events alone, for many open connections."""
    app = _base()
    app.register_blueprint(live.blueprint)
    return app
