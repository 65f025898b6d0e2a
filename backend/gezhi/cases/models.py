"""Tables of cases. The city is first in every key; the event log is append-only."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gezhi.cases.workflow import OPEN, PAST, STATES
from gezhi.db import Base, Xid8

_open = text(f"state in {tuple(OPEN)}")
_past = text(f"state in {PAST}")


class Case(Base):
    """A case (案件): the problem. The row is the replay of its events."""

    __tablename__ = "cases"
    __table_args__ = (
        CheckConstraint(f"state in {tuple(STATES)}", name="state"),
        Index(
            "cases_city_region_code_index",
            "city",
            "region_code",
            "created_at",
            postgresql_ops={"region_code": "text_pattern_ops"},
        ),
        Index("cases_city_due_at_index", "city", "due_at", postgresql_where=_open),
        Index("cases_city_assignee_index", "city", "assignee_post_id", "state", "created_at"),
        Index("cases_city_lead_unit_index", "city", "lead_unit_id", "state", "created_at"),
        # Lists are read newest first: the open cases, and apart from them the many that are over. Each index here costs
        # every report some 15 us, whether its row is in it or not.
        Index("cases_city_open_index", "city", "created_at", "id", postgresql_where=_open),
        Index(
            "cases_city_past_index",
            "city",
            "created_at",
            "id",
            # What filters ask for, so that a rare kind is found without touching the table.
            postgresql_include=["state", "region_code", "category_key", "matter_kind", "matter_code"],
            postgresql_where=_past,
        ),
        Index("cases_city_verifier_index", "city", "verifier_post_id", postgresql_where=text("state = 'handled'")),
        Index("cases_point_index", "point", postgresql_using="gist", postgresql_where=_open),
    )

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(Text, comment="district code, date, sequence: for people")
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(comment="rises with moves only")
    seq: Mapped[int] = mapped_column(comment="events so far")
    level: Mapped[int] = mapped_column(SmallInteger, comment="code length of the level it sits at (rule C1)")
    urgency: Mapped[str] = mapped_column(Text)
    confidentiality: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    category_key: Mapped[str | None] = mapped_column(Text)
    matter_kind: Mapped[str | None] = mapped_column(Text)
    matter_code: Mapped[str | None] = mapped_column(Text)
    region_code: Mapped[str] = mapped_column(Text, comment="the grid, or the smallest region known")
    place_quality: Mapped[str] = mapped_column(Text, comment="exact, approximate or unsure (rule P3)")
    point: Mapped[Any | None] = mapped_column(Geometry("POINT", 4326, spatial_index=False))
    accuracy_m: Mapped[float | None] = mapped_column(comment="metres")
    origin: Mapped[str | None] = mapped_column(Text, comment="gps, pin, photo, address or import (rule P4)")
    raw_lng: Mapped[float | None]
    raw_lat: Mapped[float | None]
    raw_system: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    lead_unit_id: Mapped[uuid.UUID | None]
    assignee_post_id: Mapped[uuid.UUID | None]
    handled_by_post_id: Mapped[uuid.UUID | None]
    verifier_post_id: Mapped[uuid.UUID | None]
    verifier_region: Mapped[str | None] = mapped_column(Text, comment="the desk that verifies when no post does (C3)")
    step: Mapped[str | None] = mapped_column(Text, comment="the open step; its clock is in clocks")
    step_started_at: Mapped[datetime | None] = mapped_column(DateTime(True))
    due_at: Mapped[datetime | None] = mapped_column(DateTime(True))
    resume_state: Mapped[str | None] = mapped_column(Text)
    main_case_id: Mapped[uuid.UUID | None]
    external_platform: Mapped[str | None] = mapped_column(Text)
    external_number: Mapped[str | None] = mapped_column(Text)
    external_deadline: Mapped[datetime | None] = mapped_column(DateTime(True))
    stars: Mapped[int | None] = mapped_column(SmallInteger)
    satisfaction: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(True))
    updated_at: Mapped[datetime] = mapped_column(DateTime(True))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(True))


class Report(Base):
    """A report (反映): what one person sent. Its row is also the memory of its command (idempotency)."""

    __tablename__ = "reports"
    __table_args__ = (
        # Deferred: the report's row comes first, its key is what makes twins wait for each other.
        ForeignKeyConstraint(["city", "case_id"], ["cases.city", "cases.id"], deferrable=True, initially="DEFERRED"),
        Index("reports_city_case_id_index", "city", "case_id"),
        Index("reports_city_receipt_code_key", "city", "receipt_code", unique=True),
    )

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    author: Mapped[str] = mapped_column(Text, primary_key=True, comment="user:<id> or device:<id>")
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, comment="made by the phone")
    case_id: Mapped[uuid.UUID]
    receipt_code: Mapped[str] = mapped_column(Text)
    secret_hash: Mapped[bytes | None] = mapped_column(LargeBinary, comment="SHA-256 of the device's secret")
    body_hmac: Mapped[bytes] = mapped_column(LargeBinary)
    occurred_at: Mapped[datetime] = mapped_column(DateTime(True), comment="by the phone's clock")
    created_at: Mapped[datetime] = mapped_column(DateTime(True))


class Command(Base):
    """The memory of an action or note: accepted (the event's seq) or refused (its content, not adopted: rule C6)."""

    __tablename__ = "commands"
    __table_args__ = (Index("commands_city_case_id_index", "city", "case_id"),)

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    author: Mapped[str] = mapped_column(Text, primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID]
    action: Mapped[str] = mapped_column(Text)
    body_hmac: Mapped[bytes] = mapped_column(LargeBinary)
    seq: Mapped[int | None] = mapped_column(comment="the event it became")
    version: Mapped[int | None] = mapped_column(comment="the case's version after it")
    refused: Mapped[str | None] = mapped_column(Text, comment="the code of the refusal")
    content: Mapped[Any | None] = mapped_column(JSONB, comment="of a refused command only")
    created_at: Mapped[datetime] = mapped_column(DateTime(True), server_default=text("now()"))


class Event(Base):
    """One step of a case. The log is the outbox: consumers read it in the order (xid, position)."""

    __tablename__ = "events"
    __table_args__ = (
        ForeignKeyConstraint(["city", "case_id"], ["cases.city", "cases.id"]),
        Index("events_city_xid_position_index", "city", "xid", "position"),
    )

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, comment="1, 2, 3 ... without a gap")
    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    xid: Mapped[int] = mapped_column(Xid8, server_default=text("pg_current_xact_id()"))
    at: Mapped[datetime] = mapped_column(DateTime(True), comment="arrival")
    occurred_at: Mapped[datetime] = mapped_column(DateTime(True), comment="when it was done, by the device's clock")
    action: Mapped[str] = mapped_column(Text)
    actor_kind: Mapped[str] = mapped_column(Text, comment="reporter, post or system")
    actor_user_id: Mapped[uuid.UUID | None]
    actor_post_id: Mapped[uuid.UUID | None]
    version: Mapped[int]
    state: Mapped[str] = mapped_column(Text, comment="after the event")
    facts: Mapped[Any] = mapped_column(JSONB, comment="what replay needs; no free text, no personal data")
    audience: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="who could see it before or after")
    digest: Mapped[bytes] = mapped_column(LargeBinary, comment="chain over the previous digest, facts and body")


class EventBody(Base):
    """Free text and photo references of an event: can be erased without breaking chain or replay.

    Erased is a body of JSON null, its salt replaced by the digest sha256(salt, body).
    """

    __tablename__ = "event_bodies"

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    body: Mapped[Any] = mapped_column(JSONB)


class Clock(Base):
    """One step's clock (K1). A step that is worked again gets the next round."""

    __tablename__ = "clocks"

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(Text, primary_key=True)
    round: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    started_at: Mapped[datetime] = mapped_column(DateTime(True))
    due_at: Mapped[datetime | None] = mapped_column(DateTime(True))
    stopped_at: Mapped[datetime | None] = mapped_column(DateTime(True), comment="by arrival")
    done_at: Mapped[datetime | None] = mapped_column(
        DateTime(True), comment="by the device's clock, when it bears it out"
    )
    overdue_at: Mapped[datetime | None] = mapped_column(DateTime(True))


class Consumer(Base):
    """How far a named consumer has read the event log of a city."""

    __tablename__ = "consumers"

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    xid: Mapped[int] = mapped_column(Xid8, server_default=text("'0'"))
    position: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    updated_at: Mapped[datetime] = mapped_column(DateTime(True), server_default=text("now()"))
