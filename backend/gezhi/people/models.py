"""Tables of people and units (domain section 2)."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, LargeBinary, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from gezhi.db import Base

ROLES = (
    "grid_worker", "grid_leader", "instructor", "mediator", "assistant", "volunteer", "responder", "handler",
    "dispatcher", "duty_leader", "leader", "expert", "admin", "security_admin", "auditor",
)  # fmt: skip
GRID_ROLES = ("grid_worker", "grid_leader", "instructor", "mediator", "assistant", "volunteer")
DESK_ROLES = ("dispatcher", "duty_leader")
OUTSIDE_ROLES = ("expert", "admin", "security_admin", "auditor")
"""Roles that have no part in what their unit was given: they see what they are asked about themselves."""


class User(Base):
    """A person who signs in. Residents are not users: they report without an account."""

    __tablename__ = "users"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    city: Mapped[str] = mapped_column(Text)
    account: Mapped[str | None] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str | None] = mapped_column(Text, comment="argon2id; null: cannot sign in by password")
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary, comment="AES-256-GCM under the installation's key")
    totp_step: Mapped[int | None] = mapped_column(BigInteger, comment="30-second step of the last code used: once only")
    totp_required: Mapped[bool] = mapped_column(server_default=text("true"), comment="false in the demo only")
    demo: Mapped[bool] = mapped_column(server_default=text("false"))
    failed_tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    locked_until: Mapped[datetime | None] = mapped_column(DateTime(True))
    disabled_at: Mapped[datetime | None] = mapped_column(DateTime(True))
    created_at: Mapped[datetime] = mapped_column(DateTime(True), server_default=text("now()"))


class Unit(Base):
    """A unit (单位). `function` says what it is responsible for; units of the same function exist at several levels."""

    __tablename__ = "units"
    __table_args__ = (
        CheckConstraint("kind in ('centre', 'department', 'team', 'enterprise')", name="kind"),
        Index("units_function_region_code_index", "function", "region_code"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    city: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    function: Mapped[str] = mapped_column(Text, comment="centre, urban_management, ... (catalogue.responsibilities)")
    region_code: Mapped[str] = mapped_column(ForeignKey("regions.code"))
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    parent_unit_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("units.id"), comment="of a squad or contractor: the unit that answers for it"
    )
    demo: Mapped[bool] = mapped_column(server_default=text("false"))


class Post(Base):
    """A post (岗位): a person in a role at a unit or a grid, from a date to a date."""

    __tablename__ = "posts"
    __table_args__ = (
        CheckConstraint(f"role in {ROLES}", name="role"),
        Index("posts_region_code_index", "region_code"),
        Index("posts_unit_id_index", "unit_id"),
        Index("posts_user_id_index", "user_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    city: Mapped[str] = mapped_column(Text)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    role: Mapped[str] = mapped_column(Text)
    unit_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("units.id"))
    region_code: Mapped[str] = mapped_column(ForeignKey("regions.code"), comment="the grid, or the unit's region")
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    demo: Mapped[bool] = mapped_column(server_default=text("false"))


class DutyHours(Base):
    """When a post is on duty each week (值班表, rule P6). Minutes of the city's day, 0 to 1440."""

    __tablename__ = "duty_hours"
    __table_args__ = (CheckConstraint("0 <= opens and opens < closes and closes <= 1440", name="minutes"),)

    post_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("posts.id", ondelete="cascade"), primary_key=True)
    opens: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    closes: Mapped[int] = mapped_column(SmallInteger)
    weekdays: Mapped[int] = mapped_column(SmallInteger, comment="bit 0 is Monday")


class Shift(Base):
    """A dated turn of duty of a post; on days with any shift of it, its weekly hours do not count."""

    __tablename__ = "shifts"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="order"),
        CheckConstraint("ends_at - starts_at <= interval '24 hours'", name="length"),
    )

    post_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("posts.id", ondelete="cascade"), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(DateTime(True), primary_key=True)
    ends_at: Mapped[datetime] = mapped_column(DateTime(True))


class PersonalData(Base):
    """A reporter's name and phone number, each sealed with AES-256-GCM bound to the key, this row and the field."""

    __tablename__ = "personal_data"

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(Text)
    name: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_hmac: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(True), server_default=text("now()"))


class Absence(Base):
    """A time in which a post is not on duty whatever its hours say. A plan: nobody's presence is measured (rule F1)."""

    __tablename__ = "absences"
    __table_args__ = (Index("absences_starts_at_index", "starts_at", postgresql_where=text("applied_at is null")),)

    post_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("posts.id", ondelete="cascade"), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(DateTime(True), primary_key=True)
    ends_at: Mapped[datetime] = mapped_column(DateTime(True))
    reason: Mapped[str] = mapped_column(Text)
    covered_by: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("posts.id", ondelete="set null"), comment="the post that new tasks are offered to meanwhile"
    )
    applied_at: Mapped[datetime | None] = mapped_column(
        DateTime(True), comment="when the open cases of the post were offered to others"
    )


class Session(Base):
    """A browser session. Only the hash of its token is kept; ending it is for good.

    When it was last used is not recorded: online time is never measured.
    """

    __tablename__ = "sessions"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True, comment="SHA-256 of the cookie's token")
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(True), server_default=text("now()"))
    expires_at: Mapped[datetime] = mapped_column(DateTime(True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(True))
