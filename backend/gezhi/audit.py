"""The audit trail: who did what that has to be answered for. Written in the transaction of the deed."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb
from sqlalchemy import BigInteger, DateTime, Identity, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gezhi.db import Base


class AuditEntry(Base):
    """One deed. `detail` holds codes and ids, never personal data."""

    __tablename__ = "audit_trail"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    city: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(True), server_default=text("now()"))
    user_id: Mapped[uuid.UUID | None]
    deed: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    detail: Mapped[Any] = mapped_column(JSONB, server_default=text("'{}'"))


def record(
    connection: Connection[Any], city: str, user_id: uuid.UUID | None, deed: str, subject: str, **detail: Any
) -> None:
    """Add an entry on the caller's connection, in its transaction."""
    connection.execute(
        "insert into audit_trail (city, user_id, deed, subject, detail) values (%s, %s, %s, %s, %s)",
        (city, user_id, deed, subject, Jsonb(detail)),
    )
