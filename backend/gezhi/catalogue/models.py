"""Tables of the catalogue (事项清单, domain section 3)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from gezhi.db import Base

KINDS = ("part", "matter", "local")
URGENCIES = ("ordinary", "urgent", "critical")
CONFIDENTIALITIES = ("public", "internal", "sensitive")
VERIFICATIONS = ("on_site", "photo", "reporter_confirms", "phone", "signature")
STEPS = (
    "accept", "dispatch", "sign", "handle", "verify", "contact", "arrive", "return", "ownership", "whistle",
    "supervise", "decide", "consult", "expert", "evaluate", "correction",
)  # fmt: skip
LIMIT_UNITS = ("minute", "hour", "day", "working_hour", "working_day")


class Matter(Base):
    """A matter (事项) of the national list (GB/T 47678.5-2026) or of the local extension."""

    __tablename__ = "matters"
    __table_args__ = (CheckConstraint(f"kind in {KINDS}", name="kind"),)

    kind: Mapped[str] = mapped_column(Text, primary_key=True, comment="part and matter codes overlap")
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str | None] = mapped_column(Text, comment="for matters that are turned on somewhere")
    category_code: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text)


class MatterGroup(Base):
    """One of a city's groups of matters (综合治理, 城市管理, 公共服务)."""

    __tablename__ = "matter_groups"

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)


class CityMatter(Base):
    """A matter that a city has turned on, and how it is worked there."""

    __tablename__ = "city_matters"
    __table_args__ = (
        ForeignKeyConstraint(["kind", "code"], ["matters.kind", "matters.code"]),
        ForeignKeyConstraint(["city", "group_key"], ["matter_groups.city", "matter_groups.key"]),
        CheckConstraint(f"urgency in {URGENCIES}", name="urgency"),
        CheckConstraint(f"confidentiality in {CONFIDENTIALITIES}", name="confidentiality"),
        CheckConstraint(f"verification in {VERIFICATIONS}", name="verification"),
        CheckConstraint("admitted in ('admitted', 'proposed', 'refused')", name="admitted"),
        CheckConstraint("photo_report in ('required', 'optional', 'none')", name="photo_report"),
        CheckConstraint("photo_handle in ('required', 'optional', 'none')", name="photo_handle"),
    )

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    group_key: Mapped[str] = mapped_column(Text)
    category_key: Mapped[str] = mapped_column(Text, comment="the resident category it belongs to")
    urgency: Mapped[str] = mapped_column(Text, server_default="ordinary")
    confidentiality: Mapped[str] = mapped_column(Text, server_default="public")
    admitted: Mapped[str] = mapped_column(Text, comment="may grid workers be given it (准入)")
    photo_report: Mapped[str] = mapped_column(Text, server_default="required")
    photo_handle: Mapped[str] = mapped_column(Text, server_default="required")
    verification: Mapped[str] = mapped_column(Text, server_default="on_site")
    dispute: Mapped[bool] = mapped_column(server_default=text("false"), comment="mediated before it goes up (rule C9)")
    fence_m: Mapped[int] = mapped_column(SmallInteger, server_default=text("100"), comment="metres (rule C2)")


class ResidentCategory(Base):
    """One of the 14 pictures a resident taps. With a matter it is certain; without, the desk decides."""

    __tablename__ = "resident_categories"
    __table_args__ = (
        ForeignKeyConstraint(
            ["city", "matter_kind", "matter_code"], ["city_matters.city", "city_matters.kind", "city_matters.code"]
        ),
    )

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    hint: Mapped[str] = mapped_column(Text)
    hint_en: Mapped[str] = mapped_column(Text)
    matter_kind: Mapped[str | None] = mapped_column(Text)
    matter_code: Mapped[str | None] = mapped_column(Text)
    photo: Mapped[str] = mapped_column(Text, server_default="required", comment="when no matter says it")


class Responsibility(Base):
    """Which function is responsible for a matter at a level; at level 15 it is `grid`, the grid's own posts."""

    __tablename__ = "responsibilities"
    __table_args__ = (
        ForeignKeyConstraint(
            ["city", "kind", "code"],
            ["city_matters.city", "city_matters.kind", "city_matters.code"],
            ondelete="cascade",
        ),
    )

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    function: Mapped[str] = mapped_column(Text)


class Limit(Base):
    """How long a step may take. `*` for kind, code or urgency means any; the most exact row wins."""

    __tablename__ = "limits"
    __table_args__ = (
        CheckConstraint(f"unit in {LIMIT_UNITS}", name="unit"),
        CheckConstraint(f"step in {STEPS}", name="step"),
        CheckConstraint("amount > 0", name="amount"),
    )

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    profile: Mapped[str] = mapped_column(Text, primary_key=True, server_default="standard")
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    urgency: Mapped[str] = mapped_column(Text, primary_key=True)
    urban: Mapped[str] = mapped_column(Text, primary_key=True, server_default="*", comment="town, country or * (K2)")
    step: Mapped[str] = mapped_column(Text, primary_key=True)
    amount: Mapped[int]
    unit: Mapped[str] = mapped_column(Text)


class RegionProfile(Base):
    """Which profile of limits a region and all below it run by (rule K2); the longest code wins."""

    __tablename__ = "region_profiles"

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    region_code: Mapped[str] = mapped_column(Text, primary_key=True)
    profile: Mapped[str] = mapped_column(Text)


class CalendarDay(Base):
    """A day of a city's working calendar. Published days come from the State Council; a city may edit any."""

    __tablename__ = "calendar_days"

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    working: Mapped[bool]
    provisional: Mapped[bool] = mapped_column(comment="the year's holidays are not published yet")
    edited: Mapped[bool] = mapped_column(server_default=text("false"), comment="loading anew leaves it as it is")


class WorkingHours(Base):
    """A stretch of every working day of a city. Minutes of the city's day."""

    __tablename__ = "working_hours"
    __table_args__ = (CheckConstraint("0 <= opens and opens < closes and closes <= 1440", name="minutes"),)

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    opens: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    closes: Mapped[int] = mapped_column(SmallInteger)


class WorkingSpan(Base):
    """A stretch of working time, with the working seconds of the city before it; due times are found by cumulation."""

    __tablename__ = "working_spans"

    city: Mapped[str] = mapped_column(Text, primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(DateTime(True), primary_key=True)
    ends_at: Mapped[datetime] = mapped_column(DateTime(True))
    worked_before: Mapped[int] = mapped_column(BigInteger, comment="working seconds before starts_at")
    provisional: Mapped[bool] = mapped_column(comment="the year's holidays are not published yet")
