"""Tables of notify."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import DateTime, Index, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from gezhi.db import Base


class Subscription(Base):
    """A browser that takes Web Push messages for a user. Its keys say nothing about the person."""

    __tablename__ = "subscriptions"
    __table_args__ = (Index("subscriptions_city_user_id_index", "city", "user_id"),)

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    endpoint_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True, comment="SHA-256 of the endpoint")
    id: Mapped[uuid.UUID]
    user_id: Mapped[uuid.UUID]
    endpoint: Mapped[str] = mapped_column(Text)
    p256dh: Mapped[str] = mapped_column(Text)
    auth: Mapped[str] = mapped_column(Text)
    device: Mapped[uuid.UUID]
    language: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(True), server_default=text("now()"))


class Notification(Base):
    """Something a user was told, at most once per event."""

    __tablename__ = "notifications"
    __table_args__ = (Index("notifications_city_event_key", "city", "user_id", "case_id", "seq", "kind", unique=True),)

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID]
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(Text, comment="task, verify, moved or asked")
    created_at: Mapped[datetime] = mapped_column(DateTime(True), server_default=text("now()"))
    pushed_at: Mapped[datetime | None] = mapped_column(DateTime(True))
    seen_at: Mapped[datetime | None] = mapped_column(DateTime(True))
