"""Tables of cases. The city is first in every key; the event log is append-only."""

from __future__ import annotations

import uuid
from datetime import date, datetime
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

from gezhi.cases.workflow import OPEN, PAST, STATES, TASKS
from gezhi.db import Base, Xid8

_open = text(f"state in {tuple(OPEN)}")
_past = text(f"state in {PAST}")
_running = text("closed_at is null")


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
        Index("cases_city_due_at_index", "city", "due_at", postgresql_where=text("due_at is not null")),
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
    warn_at: Mapped[datetime | None] = mapped_column(DateTime(True), comment="when the light turns yellow (rule K1)")
    due_at: Mapped[datetime | None] = mapped_column(DateTime(True), comment="of a suspended case: when it resumes")
    profile: Mapped[str] = mapped_column(Text, server_default="standard", comment="which limits it runs by (rule K2)")
    deadline: Mapped[datetime | None] = mapped_column(DateTime(True), comment="for handling, set by the desk")
    resume_state: Mapped[str | None] = mapped_column(Text, comment="where to go on after suspension or merging")
    returns: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    pinned: Mapped[bool] = mapped_column(server_default=text("false"), comment="the duty leader's choice: no return")
    escalated_from: Mapped[int | None] = mapped_column(SmallInteger, comment="level to go back to when refused")
    ownerless: Mapped[bool] = mapped_column(server_default=text("false"), comment="nobody knows whose it is (C10)")
    keeper_post_id: Mapped[uuid.UUID | None] = mapped_column(comment="secures the place until another signs (C10)")
    keeper_unit_id: Mapped[uuid.UUID | None]
    verification: Mapped[str | None] = mapped_column(Text, comment="how the handling is verified (rule C2)")
    sampled: Mapped[bool] = mapped_column(server_default=text("false"), comment="drawn for a check on the spot (C3)")
    dissatisfactions: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"), comment="rule C8")
    final: Mapped[bool] = mapped_column(server_default=text("false"), comment="evaluated by a third party (rule C8)")
    review_on: Mapped[date | None] = mapped_column(comment="when what cannot be solved is looked at again")
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
    channel: Mapped[str] = mapped_column(Text, server_default="app")
    joined: Mapped[bool] = mapped_column(server_default=text("false"), comment="of a case that was there (我也遇到)")
    reporter_id: Mapped[uuid.UUID | None] = mapped_column(comment="name and phone in the vault (people.personal_data)")
    phone_hmac: Mapped[bytes | None] = mapped_column(LargeBinary, comment="lets the phone number stand for the secret")
    hidden: Mapped[bool] = mapped_column(server_default=text("false"), comment="kept from those who handle (rule P8)")


class Task(Base):
    """Something on a case that waits for somebody besides its assignee: an offer, a request, a whistled unit (P7).

    Exactly one of post, unit and desk is named. The row is the replay of the events that opened and closed it.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint(f"kind in {tuple(TASKS)}", name="kind"),
        CheckConstraint("num_nonnulls(post_id, unit_id, desk) = 1", name="one"),
        Index("tasks_city_case_id_index", "city", "case_id"),
        Index("tasks_city_post_id_index", "city", "post_id", postgresql_where=_running),
        Index("tasks_city_unit_id_index", "city", "unit_id", postgresql_where=_running),
        Index("tasks_city_desk_index", "city", "desk", postgresql_where=_running),
        Index("tasks_city_due_at_index", "city", "due_at", postgresql_where=_running),
    )

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID]
    kind: Mapped[str] = mapped_column(Text)
    post_id: Mapped[uuid.UUID | None]
    unit_id: Mapped[uuid.UUID | None]
    desk: Mapped[str | None] = mapped_column(Text, comment="the code of the region whose desk it waits for")
    asked_by: Mapped[uuid.UUID | None] = mapped_column(comment="the user; nobody decides their own request")
    asked_seq: Mapped[int] = mapped_column(comment="the event that opened it")
    wanted: Mapped[Any | None] = mapped_column(JSONB, comment="of a request: what and until when; no free text")
    opened_at: Mapped[datetime] = mapped_column(DateTime(True))
    due_at: Mapped[datetime | None] = mapped_column(DateTime(True))
    overdue_at: Mapped[datetime | None] = mapped_column(DateTime(True))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(True))
    closed_seq: Mapped[int | None]


class DoubtfulPosition(Base):
    """A position that bears nothing out: it raises how often a post's work is checked on the spot (rules C2, C3)."""

    __tablename__ = "doubtful_positions"

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    post_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(True))


class VerificationSample(Base):
    """How many in a hundred settled cases of a one-worker grid are checked on the spot (rule C3); longest code wins."""

    __tablename__ = "verification_samples"

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    region_code: Mapped[str] = mapped_column(Text, primary_key=True)
    percent: Mapped[int] = mapped_column(SmallInteger)


class RoutingRule(Base):
    """One row of who gets what (domain section 5): every condition that is set must hold; the first row wins."""

    __tablename__ = "routing_rules"
    __table_args__ = (
        CheckConstraint("num_nonnulls(to_unit_id, to_post_id, to_desk) = 1", name="target"),
        CheckConstraint("(opens is null) = (closes is null)", name="hours"),
        Index("routing_rules_city_position_index", "city", "position"),
    )

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    place: Mapped[str | None] = mapped_column(Text, comment="prefix of the region code")
    matter_kind: Mapped[str | None] = mapped_column(Text)
    matter_code: Mapped[str | None] = mapped_column(Text)
    group_key: Mapped[str | None] = mapped_column(Text)
    channel: Mapped[str | None] = mapped_column(Text)
    opens: Mapped[int | None] = mapped_column(SmallInteger, comment="minute of the city's day; after closes: by night")
    closes: Mapped[int | None] = mapped_column(SmallInteger)
    weekdays: Mapped[int | None] = mapped_column(SmallInteger, comment="bit 0 is Monday")
    contains: Mapped[str | None] = mapped_column(Text, comment="words of the report's text")
    reporter_kind: Mapped[str | None] = mapped_column(Text, comment="anonymous, known or staff")
    urgency: Mapped[str | None] = mapped_column(Text)
    to_unit_id: Mapped[uuid.UUID | None]
    to_post_id: Mapped[uuid.UUID | None]
    to_desk: Mapped[str | None] = mapped_column(Text, comment="code of the region whose desk decides")
    source_case_id: Mapped[uuid.UUID | None] = mapped_column(comment="the ownerless case that made it (rule C10)")
    updated_at: Mapped[datetime] = mapped_column(DateTime(True), server_default=text("now()"))


class CaseText(Base):
    """The pairs of characters of what a case says, for search and likeness; written behind the log."""

    __tablename__ = "case_texts"
    __table_args__ = (Index("case_texts_pairs_index", "pairs", postgresql_using="gin"),)

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    pairs: Mapped[list[str]] = mapped_column(ARRAY(Text))


class SavedFilter(Base):
    """A desk's filter of the list of cases, kept under a name."""

    __tablename__ = "saved_filters"

    user_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    filter: Mapped[Any] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(DateTime(True), server_default=text("now()"))


class Command(Base):
    """The memory of an action or note: accepted (the event's seq) or refused (its content, not adopted: rule C6)."""

    __tablename__ = "commands"
    __table_args__ = (
        Index("commands_city_case_id_index", "city", "case_id"),
        Index("commands_city_content_index", "city", "created_at", postgresql_where=text("content is not null")),
    )

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
    """One step's clock (K1). A step that is worked again gets the next round.

    Clocks of `contact` and `arrive` (K2) run beside the one of the case's own step.
    """

    __tablename__ = "clocks"
    __table_args__ = (
        Index(
            "clocks_city_beside_index",
            "city",
            "due_at",
            postgresql_where=text("step in ('contact', 'arrive') and stopped_at is null and overdue_at is null"),
        ),
    )

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(Text, primary_key=True)
    round: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    started_at: Mapped[datetime] = mapped_column(DateTime(True))
    due_at: Mapped[datetime | None] = mapped_column(DateTime(True))
    warn_at: Mapped[datetime | None] = mapped_column(DateTime(True), comment="four fifths of the time are gone")
    working: Mapped[bool] = mapped_column(server_default=text("false"), comment="its limit counts working time")
    paused_at: Mapped[datetime | None] = mapped_column(DateTime(True), comment="stands still while suspended")
    due_left: Mapped[int | None] = mapped_column(comment="seconds of its own time left when it was paused")
    warn_left: Mapped[int | None]
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
