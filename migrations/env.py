"""Alembic's environment: one connection, one transaction, the models of every domain."""

from __future__ import annotations

from typing import Any

from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy import NullPool, create_engine

import gezhi.schema  # noqa: F401  (brings every model into the metadata)
from gezhi.config import settings
from gezhi.db import Base


def include(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Ours are the tables in the metadata; PostGIS, procrastinate and the list of SQL files keep their own."""
    if kind == "table" and reflected and compare_to is None:
        return not (name or "").startswith(("procrastinate_", "spatial_ref_sys", "sql_files", "tiger", "topology"))
    return bool(alembic_helpers.include_object(item, name, kind, reflected, compare_to))


engine = create_engine(settings().sqlalchemy_url, poolclass=NullPool)  # no connection stays behind
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=include,
        render_item=alembic_helpers.render_item,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
