"""What belongs to this installation as a whole, one row a fact."""

from __future__ import annotations

from typing import Any

from psycopg import Connection
from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from gezhi.db import Base

SYNC_EPOCH = "sync_epoch"


class InstallationFact(Base):
    """A fact by its key. `sync_epoch`: a UUID that changes when the database goes back in time."""

    __tablename__ = "installation"

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[str] = mapped_column(Text)


def sync_epoch(connection: Connection[Any]) -> str:
    """The epoch that cursors of `GET /sync` carry, a UUID: one of another epoch means a full snapshot."""
    row = connection.execute("select value from installation where key = %s", (SYNC_EPOCH,)).fetchone()
    if row is None:
        raise LookupError(SYNC_EPOCH)
    return str(row[0])


def renew_sync_epoch(connection: Connection[Any]) -> str:
    """Begin a new epoch and return it: what phones were told since the backup is no longer known here."""
    connection.execute(
        "insert into installation values (%s, gen_random_uuid())"
        " on conflict (key) do update set value = excluded.value",
        (SYNC_EPOCH,),
    )
    return sync_epoch(connection)
