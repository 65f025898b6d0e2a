"""Tables that keep the log honest and forgetful: anchors, the ledger of what was erased, how long things are kept."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, DateTime, Index, LargeBinary, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from gezhi.db import Base

KEPT = {"ended_cases": 1825, "reporters": 365, "not_adopted": 365, "doubtful_positions": 90}
"""Days that each class is kept unless a city says otherwise (docs/operations.md, Retention)."""

_outside = text("left_at is null")


class Anchor(Base):
    """The heads of all cases that have changed since the anchor before, chained to that one.

    `digest` is sha256(previous digest, city|number|seconds since 1970, sha256(heads)).
    """

    __tablename__ = "anchors"
    __table_args__ = (Index("anchors_city_inside_index", "city", "number", postgresql_where=_outside),)

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, comment="1, 2, 3 ... without a gap")
    at: Mapped[datetime] = mapped_column(DateTime(True))
    heads: Mapped[bytes] = mapped_column(LargeBinary, comment="case id (16), seq (4), digest (32), by case id")
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    left_at: Mapped[datetime | None] = mapped_column(DateTime(True), comment="when its copy was kept at ANCHOR_URL")


class Erasure(Base):
    """One deletion: which ids were emptied, and never what they held. Carried out again after a restore."""

    __tablename__ = "erasures"
    __table_args__ = (
        CheckConstraint("class in ('request', 'ended_cases', 'reporters', 'not_adopted')", name="class"),
        Index("erasures_city_inside_index", "city", "at", postgresql_where=_outside),
        Index(
            "erasures_city_receipt_code_index",
            "city",
            "receipt_code",
            postgresql_where=text("receipt_code is not null"),
        ),
        Index("erasures_city_case_id_index", "city", "case_id"),
    )

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(True))
    kind: Mapped[str] = mapped_column("class", Text)
    case_id: Mapped[uuid.UUID]
    receipt_code: Mapped[str | None] = mapped_column(Text, comment="of a report whose reporter asked")
    proof: Mapped[bytes | None] = mapped_column(LargeBinary, comment="sha256(secret's hash, receipt): twice is once")
    seqs: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), comment="events whose bodies are erased")
    commands: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid()), comment="refused ones whose content is erased")
    photos: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary), comment="SHA-256 of each")
    vault: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid()), comment="rows of personal_data")
    place: Mapped[bool] = mapped_column(comment="the case's address and its point as it was sent, too")
    left_at: Mapped[datetime | None] = mapped_column(DateTime(True), comment="when its copy was kept at ANCHOR_URL")


class RetentionRule(Base):
    """How many days a city keeps a class, where that is not the usual time."""

    __tablename__ = "retention_rules"
    __table_args__ = (
        CheckConstraint(f"class in {tuple(KEPT)}", name="class"),
        CheckConstraint("days > 0", name="days"),
    )

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column("class", Text, primary_key=True)
    days: Mapped[int]
