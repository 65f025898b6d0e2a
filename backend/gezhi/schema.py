"""The database as a whole: every model, and `migrate`, which brings a database to this version of the code."""

from __future__ import annotations

from pathlib import Path

import psycopg
import structlog
from alembic import command
from alembic.config import Config

from gezhi import audit, installation, roles
from gezhi.cases import models as cases
from gezhi.cases import models_keeping as keeping
from gezhi.catalogue import models as catalogue
from gezhi.config import settings
from gezhi.db import apply_functions
from gezhi.media import models as media
from gezhi.notify import models as notify
from gezhi.people import models as people
from gezhi.places import models as places

MODELS = (audit, cases, catalogue, installation, keeping, media, notify, people, places)
MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
_LOCK = 0x67657A6869  # "gezhi": two processes that migrate at the same time take turns

log = structlog.get_logger("gezhi.schema")


def migrate(revision: str = "head") -> list[str]:
    """Bring the database to `revision`, re-apply the SQL functions that changed, and grant the application's role what
    it needs; returns the names of the functions' files.

    A login that may not make the role goes on without it, and says what an administrator has to run.
    """
    with psycopg.connect(settings().database_url, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
        command.upgrade(config(), revision)
        with connection.transaction():
            changed = apply_functions(connection)
        if wanted := roles.prepare(connection):
            log.warning("migrate.log_not_protected", run_as_administrator=wanted, then="gezhi migrate")
    return changed


def config() -> Config:
    """Alembic's configuration of this checkout."""
    return Config(MIGRATIONS / "alembic.ini")
