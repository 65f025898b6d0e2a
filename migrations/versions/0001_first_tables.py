"""The first tables: places, people, catalogue, media, cases, notify, the audit trail, and the job queue."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

from gezhi import queue
from gezhi.db import Xid8

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create extension if not exists postgis")
    op.execute("create sequence case_numbers")
    _run(queue.schema_sql())
    op.create_table(
        "audit_trail",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("deed", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_trail_pkey")),
    )
    op.create_table(
        "cases",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False, comment="district code, date, sequence: for people"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="rises with moves only"),
        sa.Column("seq", sa.Integer(), nullable=False, comment="events so far"),
        sa.Column("level", sa.SmallInteger(), nullable=False, comment="code length of the level it sits at (rule C1)"),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("confidentiality", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("category_key", sa.Text(), nullable=True),
        sa.Column("matter_kind", sa.Text(), nullable=True),
        sa.Column("matter_code", sa.Text(), nullable=True),
        sa.Column("region_code", sa.Text(), nullable=False, comment="the grid, or the smallest region known"),
        sa.Column("place_quality", sa.Text(), nullable=False, comment="exact, approximate or unsure (rule P3)"),
        sa.Column(
            "point",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column("accuracy_m", sa.Double(), nullable=True, comment="metres"),
        sa.Column("origin", sa.Text(), nullable=True, comment="gps, pin, photo, address or import (rule P4)"),
        sa.Column("raw_lng", sa.Double(), nullable=True),
        sa.Column("raw_lat", sa.Double(), nullable=True),
        sa.Column("raw_system", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("lead_unit_id", sa.Uuid(), nullable=True),
        sa.Column("assignee_post_id", sa.Uuid(), nullable=True),
        sa.Column("handled_by_post_id", sa.Uuid(), nullable=True),
        sa.Column("verifier_post_id", sa.Uuid(), nullable=True),
        sa.Column("verifier_region", sa.Text(), nullable=True, comment="the desk that verifies when no post does (C3)"),
        sa.Column("step", sa.Text(), nullable=True, comment="the open step; its clock is in clocks"),
        sa.Column("step_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resume_state", sa.Text(), nullable=True),
        sa.Column("main_case_id", sa.Uuid(), nullable=True),
        sa.Column("external_platform", sa.Text(), nullable=True),
        sa.Column("external_number", sa.Text(), nullable=True),
        sa.Column("external_deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stars", sa.SmallInteger(), nullable=True),
        sa.Column("satisfaction", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('reported', 'accepted', 'dispatched', 'signed', 'handled', 'suspended', 'closed', 'rejected', 'merged', 'transferred', 'withdrawn', 'void')",
            name=op.f("cases_state_check"),
        ),
        sa.PrimaryKeyConstraint("city", "id", name=op.f("cases_pkey")),
    )
    op.create_index(
        "cases_city_assignee_index",
        "cases",
        ["city", "assignee_post_id"],
        unique=False,
        postgresql_where=sa.text(
            "assignee_post_id is not null and state in ('reported', 'accepted', 'dispatched', 'signed', 'handled', 'suspended')"
        ),
    )
    op.create_index(
        "cases_city_due_at_index",
        "cases",
        ["city", "due_at"],
        unique=False,
        postgresql_where=sa.text("state in ('reported', 'accepted', 'dispatched', 'signed', 'handled', 'suspended')"),
    )
    op.create_index(
        "cases_city_lead_unit_index",
        "cases",
        ["city", "lead_unit_id"],
        unique=False,
        postgresql_where=sa.text(
            "lead_unit_id is not null and state in ('reported', 'accepted', 'dispatched', 'signed', 'handled', 'suspended')"
        ),
    )
    op.create_index(
        "cases_city_region_code_index",
        "cases",
        ["city", "region_code", "created_at"],
        unique=False,
        postgresql_ops={"region_code": "text_pattern_ops"},
    )
    op.create_index(
        "cases_point_index",
        "cases",
        ["point"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("state in ('reported', 'accepted', 'dispatched', 'signed', 'handled', 'suspended')"),
    )
    op.create_table(
        "clocks",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True, comment="by arrival"),
        sa.Column(
            "done_at", sa.DateTime(timezone=True), nullable=True, comment="by the device's clock, when it bears it out"
        ),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("city", "case_id", "step", "round", name=op.f("clocks_pkey")),
    )
    op.create_table(
        "commands",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("body_hmac", sa.LargeBinary(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=True, comment="the event it became"),
        sa.Column("version", sa.Integer(), nullable=True, comment="the case's version after it"),
        sa.Column("refused", sa.Text(), nullable=True, comment="the code of the refusal"),
        sa.Column(
            "content", postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment="of a refused command only"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("city", "author", "id", name=op.f("commands_pkey")),
    )
    op.create_index("commands_city_case_id_index", "commands", ["city", "case_id"], unique=False)
    op.create_table(
        "consumers",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("xid", Xid8(), server_default=sa.text("'0'"), nullable=False),
        sa.Column("position", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("city", "name", name=op.f("consumers_pkey")),
    )
    op.create_table(
        "event_bodies",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("city", "case_id", "seq", name=op.f("event_bodies_pkey")),
    )
    op.create_table(
        "limits",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "step in ('accept', 'dispatch', 'sign', 'handle', 'verify')", name=op.f("limits_step_check")
        ),
        sa.CheckConstraint(
            "unit in ('minute', 'hour', 'day', 'working_hour', 'working_day')", name=op.f("limits_unit_check")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("limits_amount_check")),
        sa.PrimaryKeyConstraint("city", "kind", "code", "urgency", "step", name=op.f("limits_pkey")),
    )
    op.create_table(
        "matter_groups",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("city", "key", name=op.f("matter_groups_pkey")),
    )
    op.create_table(
        "matters",
        sa.Column("kind", sa.Text(), nullable=False, comment="part and matter codes overlap"),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=True, comment="for matters that are turned on somewhere"),
        sa.Column("category_code", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.CheckConstraint("kind in ('part', 'matter', 'local')", name=op.f("matters_kind_check")),
        sa.PrimaryKeyConstraint("kind", "code", name=op.f("matters_pkey")),
    )
    op.create_table(
        "notifications",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="task, verify or moved"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("pushed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("city", "user_id", "id", name=op.f("notifications_pkey")),
    )
    op.create_index(
        "notifications_city_event_key", "notifications", ["city", "user_id", "case_id", "seq", "kind"], unique=True
    )
    op.create_table(
        "regions",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True, comment="grids only: base, exclusive or micro (rule P2)"),
        sa.Column("urban_class", sa.SmallInteger(), nullable=True, comment="城乡分类, communities only"),
        sa.Column("source", sa.Text(), nullable=False, comment="where the polygon comes from"),
        sa.Column("demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "point",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
            comment="a point inside, for labels",
        ),
        sa.CheckConstraint("kind is null or kind in ('base', 'exclusive', 'micro')", name=op.f("regions_kind_check")),
        sa.CheckConstraint("level in (4, 6, 9, 12, 15)", name=op.f("regions_level_check")),
        sa.PrimaryKeyConstraint("code", name=op.f("regions_pkey")),
    )
    op.create_index(
        "regions_grid_geom_index",
        "regions",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("level = 15"),
    )
    op.create_index("regions_parent_index", "regions", ["parent"], unique=False)
    op.create_index(
        "regions_upper_geom_index",
        "regions",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("level < 15"),
    )
    op.create_table(
        "subscriptions",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("endpoint_hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the endpoint"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("p256dh", sa.Text(), nullable=False),
        sa.Column("auth", sa.Text(), nullable=False),
        sa.Column("device", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("city", "endpoint_hash", name=op.f("subscriptions_pkey")),
    )
    op.create_index("subscriptions_city_user_id_index", "subscriptions", ["city", "user_id"], unique=False)
    op.create_table(
        "uploads",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False, comment="user:<id> or device:<id>"),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default="received", nullable=False),
        sa.Column("refused_because", sa.Text(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True, comment="pixels of the cleaned photo"),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state in ('received', 'ready', 'refused')", name=op.f("uploads_state_check")),
        sa.PrimaryKeyConstraint("city", "sha256", "author", name=op.f("uploads_pkey")),
    )
    op.create_index(
        "uploads_city_created_at_index",
        "uploads",
        ["city", "created_at"],
        unique=False,
        postgresql_where=sa.text("case_id is null"),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True, comment="argon2id; null: cannot sign in by password"),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True, comment="AES-256-GCM under the installation's key"),
        sa.Column(
            "totp_step", sa.BigInteger(), nullable=True, comment="30-second step of the last code used: once only"
        ),
        sa.Column(
            "totp_required",
            sa.Boolean(),
            server_default=sa.text("true"),
            nullable=False,
            comment="false in the demo only",
        ),
        sa.Column("demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("failed_tries", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("users_pkey")),
        sa.UniqueConstraint("account", name=op.f("users_account_key")),
    )
    op.create_table(
        "working_spans",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("worked_before", sa.BigInteger(), nullable=False, comment="working seconds before starts_at"),
        sa.Column("provisional", sa.Boolean(), nullable=False, comment="the year's holidays are not published yet"),
        sa.PrimaryKeyConstraint("city", "starts_at", name=op.f("working_spans_pkey")),
    )
    op.create_table(
        "city_matters",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("category_key", sa.Text(), nullable=False, comment="the resident category it belongs to"),
        sa.Column("urgency", sa.Text(), server_default="ordinary", nullable=False),
        sa.Column("confidentiality", sa.Text(), server_default="public", nullable=False),
        sa.Column("admitted", sa.Text(), nullable=False, comment="may grid workers be given it (准入)"),
        sa.Column("photo_report", sa.Text(), server_default="required", nullable=False),
        sa.Column("photo_handle", sa.Text(), server_default="required", nullable=False),
        sa.Column("verification", sa.Text(), server_default="on_site", nullable=False),
        sa.Column(
            "fence_m", sa.SmallInteger(), server_default=sa.text("100"), nullable=False, comment="metres (rule C2)"
        ),
        sa.CheckConstraint("admitted in ('admitted', 'proposed', 'refused')", name=op.f("city_matters_admitted_check")),
        sa.CheckConstraint(
            "confidentiality in ('public', 'internal', 'sensitive')", name=op.f("city_matters_confidentiality_check")
        ),
        sa.CheckConstraint(
            "photo_handle in ('required', 'optional', 'none')", name=op.f("city_matters_photo_handle_check")
        ),
        sa.CheckConstraint(
            "photo_report in ('required', 'optional', 'none')", name=op.f("city_matters_photo_report_check")
        ),
        sa.CheckConstraint("urgency in ('ordinary', 'urgent', 'critical')", name=op.f("city_matters_urgency_check")),
        sa.CheckConstraint(
            "verification in ('on_site', 'photo', 'reporter_confirms', 'phone', 'signature')",
            name=op.f("city_matters_verification_check"),
        ),
        sa.ForeignKeyConstraint(
            ["city", "group_key"],
            ["matter_groups.city", "matter_groups.key"],
            name=op.f("city_matters_city_group_key_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["kind", "code"], ["matters.kind", "matters.code"], name=op.f("city_matters_kind_code_fkey")
        ),
        sa.PrimaryKeyConstraint("city", "kind", "code", name=op.f("city_matters_pkey")),
    )
    op.create_table(
        "events",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False, comment="1, 2, 3 ... without a gap"),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="arrival"),
        sa.Column(
            "occurred_at", sa.DateTime(timezone=True), nullable=False, comment="when it was done, by the device's clock"
        ),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False, comment="reporter, post or system"),
        sa.Column("actor_user_id", sa.Uuid(), nullable=True),
        sa.Column("actor_post_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="after the event"),
        sa.Column(
            "facts",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="what replay needs; no free text, no personal data",
        ),
        sa.Column("audience", sa.ARRAY(sa.Text()), nullable=False, comment="who could see it before or after"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="chain over the previous digest, facts and body"),
        sa.ForeignKeyConstraint(["city", "case_id"], ["cases.city", "cases.id"], name=op.f("events_city_case_id_fkey")),
        sa.PrimaryKeyConstraint("city", "case_id", "seq", name=op.f("events_pkey")),
    )
    op.create_index("events_city_xid_position_index", "events", ["city", "xid", "position"], unique=False)
    op.create_table(
        "reports",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False, comment="user:<id> or device:<id>"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="made by the phone"),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("receipt_code", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=True, comment="SHA-256 of the device's secret"),
        sa.Column("body_hmac", sa.LargeBinary(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False, comment="by the phone's clock"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["city", "case_id"],
            ["cases.city", "cases.id"],
            name=op.f("reports_city_case_id_fkey"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("city", "author", "id", name=op.f("reports_pkey")),
    )
    op.create_index("reports_city_case_id_index", "reports", ["city", "case_id"], unique=False)
    op.create_index("reports_city_receipt_code_key", "reports", ["city", "receipt_code"], unique=True)
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the cookie's token"),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("sessions_user_id_fkey")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("sessions_pkey")),
    )
    op.create_index(op.f("sessions_user_id_index"), "sessions", ["user_id"], unique=False)
    op.create_table(
        "units",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "function", sa.Text(), nullable=False, comment="centre, urban_management, ... (catalogue.responsibilities)"
        ),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("kind in ('centre', 'department', 'team', 'enterprise')", name=op.f("units_kind_check")),
        sa.ForeignKeyConstraint(["region_code"], ["regions.code"], name=op.f("units_region_code_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("units_pkey")),
    )
    op.create_index("units_function_region_code_index", "units", ["function", "region_code"], unique=False)
    op.create_table(
        "posts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("region_code", sa.Text(), nullable=False, comment="the grid, or the unit's region"),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "role in ('grid_worker', 'grid_leader', 'instructor', 'mediator', 'assistant', 'volunteer', 'responder', 'handler', 'dispatcher', 'duty_leader', 'leader', 'expert', 'admin', 'security_admin', 'auditor')",
            name=op.f("posts_role_check"),
        ),
        sa.ForeignKeyConstraint(["region_code"], ["regions.code"], name=op.f("posts_region_code_fkey")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("posts_unit_id_fkey")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("posts_user_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("posts_pkey")),
    )
    op.create_index("posts_region_code_index", "posts", ["region_code"], unique=False)
    op.create_index("posts_unit_id_index", "posts", ["unit_id"], unique=False)
    op.create_index("posts_user_id_index", "posts", ["user_id"], unique=False)
    op.create_table(
        "resident_categories",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("hint_en", sa.Text(), nullable=False),
        sa.Column("matter_kind", sa.Text(), nullable=True),
        sa.Column("matter_code", sa.Text(), nullable=True),
        sa.Column("photo", sa.Text(), server_default="required", nullable=False, comment="when no matter says it"),
        sa.ForeignKeyConstraint(
            ["city", "matter_kind", "matter_code"],
            ["city_matters.city", "city_matters.kind", "city_matters.code"],
            name=op.f("resident_categories_city_matter_kind_matter_code_fkey"),
        ),
        sa.PrimaryKeyConstraint("city", "key", name=op.f("resident_categories_pkey")),
    )
    op.create_table(
        "responsibilities",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("function", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["city", "kind", "code"],
            ["city_matters.city", "city_matters.kind", "city_matters.code"],
            name=op.f("responsibilities_city_kind_code_fkey"),
            ondelete="cascade",
        ),
        sa.PrimaryKeyConstraint("city", "kind", "code", "level", name=op.f("responsibilities_pkey")),
    )
    op.create_table(
        "absences",
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("absences_post_id_fkey"), ondelete="cascade"),
        sa.PrimaryKeyConstraint("post_id", "starts_at", name=op.f("absences_pkey")),
    )
    op.create_table(
        "duty_hours",
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("opens", sa.SmallInteger(), nullable=False),
        sa.Column("closes", sa.SmallInteger(), nullable=False),
        sa.Column("weekdays", sa.SmallInteger(), nullable=False, comment="bit 0 is Monday"),
        sa.CheckConstraint("0 <= opens and opens < closes and closes <= 1440", name=op.f("duty_hours_minutes_check")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("duty_hours_post_id_fkey"), ondelete="cascade"),
        sa.PrimaryKeyConstraint("post_id", "opens", name=op.f("duty_hours_pkey")),
    )


def downgrade() -> None:
    _drop_functions()
    op.drop_table("duty_hours")
    op.drop_table("absences")
    op.drop_table("responsibilities")
    op.drop_table("resident_categories")
    op.drop_index("posts_user_id_index", table_name="posts")
    op.drop_index("posts_unit_id_index", table_name="posts")
    op.drop_index("posts_region_code_index", table_name="posts")
    op.drop_table("posts")
    op.drop_index("units_function_region_code_index", table_name="units")
    op.drop_table("units")
    op.drop_index(op.f("sessions_user_id_index"), table_name="sessions")
    op.drop_table("sessions")
    op.drop_index("reports_city_receipt_code_key", table_name="reports")
    op.drop_index("reports_city_case_id_index", table_name="reports")
    op.drop_table("reports")
    op.drop_index("events_city_xid_position_index", table_name="events")
    op.drop_table("events")
    op.drop_table("city_matters")
    op.drop_table("working_spans")
    op.drop_table("users")
    op.drop_index("uploads_city_created_at_index", table_name="uploads", postgresql_where=sa.text("case_id is null"))
    op.drop_table("uploads")
    op.drop_index("subscriptions_city_user_id_index", table_name="subscriptions")
    op.drop_table("subscriptions")
    op.drop_index(
        "regions_upper_geom_index",
        table_name="regions",
        postgresql_using="gist",
        postgresql_where=sa.text("level < 15"),
    )
    op.drop_index("regions_parent_index", table_name="regions")
    op.drop_index(
        "regions_grid_geom_index", table_name="regions", postgresql_using="gist", postgresql_where=sa.text("level = 15")
    )
    op.drop_table("regions")
    op.drop_index("notifications_city_event_key", table_name="notifications")
    op.drop_table("notifications")
    op.drop_table("matters")
    op.drop_table("matter_groups")
    op.drop_table("limits")
    op.drop_table("event_bodies")
    op.drop_table("consumers")
    op.drop_index("commands_city_case_id_index", table_name="commands")
    op.drop_table("commands")
    op.drop_table("clocks")
    op.drop_index(
        "cases_point_index",
        table_name="cases",
        postgresql_using="gist",
        postgresql_where=sa.text("state in ('reported', 'accepted', 'dispatched', 'signed', 'handled', 'suspended')"),
    )
    op.drop_index("cases_city_region_code_index", table_name="cases")
    op.drop_index(
        "cases_city_lead_unit_index",
        table_name="cases",
        postgresql_where=sa.text(
            "lead_unit_id is not null and state in ('reported', 'accepted', 'dispatched', 'signed', 'handled', 'suspended')"
        ),
    )
    op.drop_index(
        "cases_city_due_at_index",
        table_name="cases",
        postgresql_where=sa.text("state in ('reported', 'accepted', 'dispatched', 'signed', 'handled', 'suspended')"),
    )
    op.drop_index(
        "cases_city_assignee_index",
        table_name="cases",
        postgresql_where=sa.text(
            "assignee_post_id is not null and state in ('reported', 'accepted', 'dispatched', 'signed', 'handled', 'suspended')"
        ),
    )
    op.drop_table("cases")
    op.drop_table("audit_trail")
    op.execute("drop sequence case_numbers")
    _drop_queue()


def _run(script: str) -> None:
    """Run a script of several statements as the driver gets it: its percent signs are its own."""
    op.get_bind().connection.cursor().execute(script.encode())


def _drop_functions() -> None:
    """Functions take tables' row types as parameters, so they go first; they come back with the next migrate."""
    _run(
        """do $$ declare f regprocedure; begin
          for f in select p.oid::regprocedure from pg_proc p where p.pronamespace = 'public'::regnamespace
              and p.proname ~ '_v[0-9]+$' and p.proname !~ '^procrastinate'
              and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
          loop execute 'drop function ' || f || ' cascade'; end loop;
        end $$;
        drop table if exists sql_files;"""
    )


def _drop_queue() -> None:
    _run(
        """do $$ declare r record; begin
          for r in select tablename from pg_tables where tablename like 'procrastinate%'
          loop execute format('drop table %I cascade', r.tablename); end loop;
          for r in select p.oid::regprocedure as name from pg_proc p where p.proname like 'procrastinate%'
          loop execute format('drop function %s cascade', r.name); end loop;
          for r in select typname from pg_type where typname like 'procrastinate%' and typtype in ('e', 'c')
          loop execute format('drop type %I cascade', r.typname); end loop;
        end $$;"""
    )
