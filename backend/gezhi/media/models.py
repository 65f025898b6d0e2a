"""Tables of media."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, DateTime, Index, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from gezhi.db import Base


class Upload(Base):
    """A photo that somebody sent. A hash known from elsewhere gives no right, so the author is in the key."""

    __tablename__ = "uploads"
    __table_args__ = (
        CheckConstraint("state in ('received', 'ready', 'refused')", name="state"),
        Index("uploads_city_created_at_index", "city", "created_at", postgresql_where=text("case_id is null")),
    )

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    author: Mapped[str] = mapped_column(Text, primary_key=True, comment="user:<id> or device:<id>")
    content_type: Mapped[str] = mapped_column(Text)
    bytes: Mapped[int]
    state: Mapped[str] = mapped_column(Text, server_default="received")
    refused_because: Mapped[str | None] = mapped_column(Text)
    width: Mapped[int | None] = mapped_column(comment="pixels of the cleaned photo")
    height: Mapped[int | None]
    case_id: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(True), server_default=text("now()"))
