"""The case machine whole: tasks on cases, routing rules, shifts, calendars in tables, pausing clocks, the vault."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


OLD_STEPS = "step in ('accept', 'dispatch', 'sign', 'handle', 'verify')"
STEPS = (
    "step in ('accept', 'dispatch', 'sign', 'handle', 'verify', 'contact', 'arrive', 'return', 'ownership', 'whistle',"
    " 'supervise', 'decide', 'consult', 'expert', 'evaluate', 'correction')"
)
OPEN = "state in ('reported', 'accepted', 'dispatched', 'signed', 'handled', 'suspended')"
OLD_KEY = ["city", "kind", "code", "urgency", "step"]
KEY = ["city", "profile", "kind", "code", "urgency", "urban", "step"]


def _limits(key: list[str], steps: str) -> None:
    op.drop_constraint("limits_pkey", "limits")
    op.create_primary_key("limits_pkey", "limits", key)
    op.drop_constraint("limits_step_check", "limits")
    op.create_check_constraint("step", "limits", steps)


def _due_index(condition: str) -> None:
    op.drop_index("cases_city_due_at_index", table_name="cases")
    op.create_index("cases_city_due_at_index", "cases", ["city", "due_at"], postgresql_where=sa.text(condition))


def upgrade() -> None:
    op.create_table(
        "calendar_days",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False, comment="the year's holidays are not published yet"),
        sa.Column(
            "edited",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="loading anew leaves it as it is",
        ),
        sa.PrimaryKeyConstraint("city", "day", name=op.f("calendar_days_pkey")),
    )
    op.create_table(
        "case_texts",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("pairs", sa.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("city", "case_id", name=op.f("case_texts_pkey")),
    )
    op.create_index("case_texts_pairs_index", "case_texts", ["pairs"], unique=False, postgresql_using="gin")
    op.create_table(
        "doubtful_positions",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("city", "post_id", "case_id", "seq", name=op.f("doubtful_positions_pkey")),
    )
    op.create_table(
        "personal_data",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("phone_hmac", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("city", "id", name=op.f("personal_data_pkey")),
    )
    op.create_index(op.f("personal_data_phone_hmac_index"), "personal_data", ["phone_hmac"], unique=False)
    op.create_table(
        "region_profiles",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("city", "region_code", name=op.f("region_profiles_pkey")),
    )
    op.create_table(
        "routing_rules",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("place", sa.Text(), nullable=True, comment="prefix of the region code"),
        sa.Column("matter_kind", sa.Text(), nullable=True),
        sa.Column("matter_code", sa.Text(), nullable=True),
        sa.Column("group_key", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column(
            "opens", sa.SmallInteger(), nullable=True, comment="minute of the city's day; after closes: by night"
        ),
        sa.Column("closes", sa.SmallInteger(), nullable=True),
        sa.Column("weekdays", sa.SmallInteger(), nullable=True, comment="bit 0 is Monday"),
        sa.Column("contains", sa.Text(), nullable=True, comment="words of the report's text"),
        sa.Column("reporter_kind", sa.Text(), nullable=True, comment="anonymous, known or staff"),
        sa.Column("urgency", sa.Text(), nullable=True),
        sa.Column("to_unit_id", sa.Uuid(), nullable=True),
        sa.Column("to_post_id", sa.Uuid(), nullable=True),
        sa.Column("to_desk", sa.Text(), nullable=True, comment="code of the region whose desk decides"),
        sa.Column("source_case_id", sa.Uuid(), nullable=True, comment="the ownerless case that made it (rule C10)"),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(opens is null) = (closes is null)", name=op.f("routing_rules_hours_check")),
        sa.CheckConstraint(
            "num_nonnulls(to_unit_id, to_post_id, to_desk) = 1", name=op.f("routing_rules_target_check")
        ),
        sa.PrimaryKeyConstraint("city", "id", name=op.f("routing_rules_pkey")),
    )
    op.create_index("routing_rules_city_position_index", "routing_rules", ["city", "position"], unique=False)
    op.create_table(
        "saved_filters",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("filter", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("saved_filters_pkey")),
    )
    op.create_table(
        "tasks",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("desk", sa.Text(), nullable=True, comment="the code of the region whose desk it waits for"),
        sa.Column("asked_by", sa.Uuid(), nullable=True, comment="the user; nobody decides their own request"),
        sa.Column("asked_seq", sa.Integer(), nullable=False, comment="the event that opened it"),
        sa.Column(
            "wanted",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="of a request: what and until when; no free text",
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_seq", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "kind in ('offer', 'co', 'extend', 'suspend', 'void', 'correction', 'whistle_request', 'whistle', 'supervise', 'consult', 'expert', 'own', 'evaluation')",
            name=op.f("tasks_kind_check"),
        ),
        sa.CheckConstraint("num_nonnulls(post_id, unit_id, desk) = 1", name=op.f("tasks_one_check")),
        sa.PrimaryKeyConstraint("city", "id", name=op.f("tasks_pkey")),
    )
    op.create_index("tasks_city_case_id_index", "tasks", ["city", "case_id"], unique=False)
    op.create_index(
        "tasks_city_desk_index", "tasks", ["city", "desk"], unique=False, postgresql_where=sa.text("closed_at is null")
    )
    op.create_index(
        "tasks_city_due_at_index",
        "tasks",
        ["city", "due_at"],
        unique=False,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_index(
        "tasks_city_post_id_index",
        "tasks",
        ["city", "post_id"],
        unique=False,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_index(
        "tasks_city_unit_id_index",
        "tasks",
        ["city", "unit_id"],
        unique=False,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_table(
        "verification_samples",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("percent", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("city", "region_code", name=op.f("verification_samples_pkey")),
    )
    op.create_table(
        "working_hours",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("opens", sa.SmallInteger(), nullable=False),
        sa.Column("closes", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint(
            "0 <= opens and opens < closes and closes <= 1440", name=op.f("working_hours_minutes_check")
        ),
        sa.PrimaryKeyConstraint("city", "opens", name=op.f("working_hours_pkey")),
    )
    op.create_table(
        "shifts",
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("shifts_order_check")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("shifts_post_id_fkey"), ondelete="cascade"),
        sa.PrimaryKeyConstraint("post_id", "starts_at", name=op.f("shifts_pkey")),
    )
    op.add_column(
        "absences",
        sa.Column("covered_by", sa.Uuid(), nullable=True, comment="the post that new tasks are offered to meanwhile"),
    )
    op.create_foreign_key(
        op.f("absences_covered_by_fkey"), "absences", "posts", ["covered_by"], ["id"], ondelete="set null"
    )
    op.add_column(
        "cases",
        sa.Column(
            "warn_at", sa.DateTime(timezone=True), nullable=True, comment="when the light turns yellow (rule K1)"
        ),
    )
    op.add_column(
        "cases",
        sa.Column(
            "profile", sa.Text(), server_default="standard", nullable=False, comment="which limits it runs by (rule K2)"
        ),
    )
    op.add_column(
        "cases",
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True, comment="for handling, set by the desk"),
    )
    op.add_column("cases", sa.Column("returns", sa.SmallInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column(
        "cases",
        sa.Column(
            "pinned",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="the duty leader's choice: no return",
        ),
    )
    op.add_column(
        "cases",
        sa.Column("escalated_from", sa.SmallInteger(), nullable=True, comment="level to go back to when refused"),
    )
    op.add_column(
        "cases",
        sa.Column(
            "ownerless",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="nobody knows whose it is (C10)",
        ),
    )
    op.add_column(
        "cases",
        sa.Column("keeper_post_id", sa.Uuid(), nullable=True, comment="secures the place until another signs (C10)"),
    )
    op.add_column("cases", sa.Column("keeper_unit_id", sa.Uuid(), nullable=True))
    op.add_column(
        "cases", sa.Column("verification", sa.Text(), nullable=True, comment="how the handling is verified (rule C2)")
    )
    op.add_column(
        "cases",
        sa.Column(
            "sampled",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="drawn for a check on the spot (C3)",
        ),
    )
    op.add_column(
        "cases",
        sa.Column(
            "dissatisfactions", sa.SmallInteger(), server_default=sa.text("0"), nullable=False, comment="rule C8"
        ),
    )
    op.add_column(
        "cases",
        sa.Column(
            "final",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="evaluated by a third party (rule C8)",
        ),
    )
    op.add_column(
        "cases",
        sa.Column("review_on", sa.Date(), nullable=True, comment="when what cannot be solved is looked at again"),
    )
    op.alter_column(
        "cases",
        "due_at",
        existing_type=postgresql.TIMESTAMP(timezone=True),
        comment="of a suspended case: when it resumes",
        existing_nullable=True,
    )
    op.alter_column(
        "cases",
        "resume_state",
        existing_type=sa.TEXT(),
        comment="where to go on after suspension or merging",
        existing_nullable=True,
    )
    op.add_column(
        "city_matters",
        sa.Column(
            "dispute",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="mediated before it goes up (rule C9)",
        ),
    )
    op.add_column(
        "clocks",
        sa.Column("warn_at", sa.DateTime(timezone=True), nullable=True, comment="four fifths of the time are gone"),
    )
    op.add_column(
        "clocks",
        sa.Column(
            "working",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="its limit counts working time",
        ),
    )
    op.add_column(
        "clocks",
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True, comment="stands still while suspended"),
    )
    op.add_column(
        "clocks",
        sa.Column("due_left", sa.Integer(), nullable=True, comment="seconds of its own time left when it was paused"),
    )
    op.add_column("clocks", sa.Column("warn_left", sa.Integer(), nullable=True))
    op.create_index(
        "clocks_city_beside_index",
        "clocks",
        ["city", "due_at"],
        unique=False,
        postgresql_where=sa.text("step in ('contact', 'arrive') and stopped_at is null and overdue_at is null"),
    )
    op.add_column("limits", sa.Column("profile", sa.Text(), server_default="standard", nullable=False))
    op.add_column(
        "limits", sa.Column("urban", sa.Text(), server_default="*", nullable=False, comment="town, country or * (K2)")
    )
    op.add_column("reports", sa.Column("channel", sa.Text(), server_default="app", nullable=False))
    op.add_column(
        "reports",
        sa.Column(
            "joined",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="of a case that was there (我也遇到)",
        ),
    )
    op.add_column(
        "reports",
        sa.Column(
            "reporter_id", sa.Uuid(), nullable=True, comment="name and phone in the vault (people.personal_data)"
        ),
    )
    op.add_column(
        "reports",
        sa.Column("phone_hmac", sa.LargeBinary(), nullable=True, comment="lets the phone number stand for the secret"),
    )
    op.add_column(
        "reports",
        sa.Column(
            "hidden",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="kept from those who handle (rule P8)",
        ),
    )
    op.add_column(
        "units",
        sa.Column(
            "parent_unit_id", sa.Uuid(), nullable=True, comment="of a squad or contractor: the unit that answers for it"
        ),
    )
    op.create_foreign_key(op.f("units_parent_unit_id_fkey"), "units", "units", ["parent_unit_id"], ["id"])
    _limits(KEY, STEPS)
    _due_index("due_at is not null")


def _drop_functions() -> None:
    """Functions take rows of these tables, so they go first; they come back with the next migrate."""
    op.get_bind().connection.cursor().execute(
        """do $$ declare f regprocedure; begin
          for f in select p.oid::regprocedure from pg_proc p where p.pronamespace = 'public'::regnamespace
              and p.proname ~ '_v[0-9]+$' and p.proname !~ '^procrastinate'
              and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
          loop execute 'drop function ' || f || ' cascade'; end loop;
        end $$;
        drop table if exists sql_files;"""
    )


def downgrade() -> None:
    _drop_functions()
    _due_index(OPEN)
    op.execute(f"delete from limits where profile <> 'standard' or urban <> '*' or not {OLD_STEPS}")  # noqa: S608
    _limits(OLD_KEY, OLD_STEPS)
    op.drop_constraint(op.f("units_parent_unit_id_fkey"), "units", type_="foreignkey")
    op.drop_column("units", "parent_unit_id")
    op.drop_column("reports", "hidden")
    op.drop_column("reports", "phone_hmac")
    op.drop_column("reports", "reporter_id")
    op.drop_column("reports", "joined")
    op.drop_column("reports", "channel")
    op.drop_column("limits", "urban")
    op.drop_column("limits", "profile")
    op.drop_index(
        "clocks_city_beside_index",
        table_name="clocks",
        postgresql_where=sa.text("step in ('contact', 'arrive') and stopped_at is null and overdue_at is null"),
    )
    op.drop_column("clocks", "warn_left")
    op.drop_column("clocks", "due_left")
    op.drop_column("clocks", "paused_at")
    op.drop_column("clocks", "working")
    op.drop_column("clocks", "warn_at")
    op.drop_column("city_matters", "dispute")
    op.alter_column(
        "cases",
        "resume_state",
        existing_type=sa.TEXT(),
        comment=None,
        existing_comment="where to go on after suspension or merging",
        existing_nullable=True,
    )
    op.alter_column(
        "cases",
        "due_at",
        existing_type=postgresql.TIMESTAMP(timezone=True),
        comment=None,
        existing_comment="of a suspended case: when it resumes",
        existing_nullable=True,
    )
    op.drop_column("cases", "review_on")
    op.drop_column("cases", "final")
    op.drop_column("cases", "dissatisfactions")
    op.drop_column("cases", "sampled")
    op.drop_column("cases", "verification")
    op.drop_column("cases", "keeper_unit_id")
    op.drop_column("cases", "keeper_post_id")
    op.drop_column("cases", "ownerless")
    op.drop_column("cases", "escalated_from")
    op.drop_column("cases", "pinned")
    op.drop_column("cases", "returns")
    op.drop_column("cases", "deadline")
    op.drop_column("cases", "profile")
    op.drop_column("cases", "warn_at")
    op.drop_constraint(op.f("absences_covered_by_fkey"), "absences", type_="foreignkey")
    op.drop_column("absences", "covered_by")
    op.drop_table("shifts")
    op.drop_table("working_hours")
    op.drop_table("verification_samples")
    op.drop_index("tasks_city_unit_id_index", table_name="tasks", postgresql_where=sa.text("closed_at is null"))
    op.drop_index("tasks_city_post_id_index", table_name="tasks", postgresql_where=sa.text("closed_at is null"))
    op.drop_index("tasks_city_due_at_index", table_name="tasks", postgresql_where=sa.text("closed_at is null"))
    op.drop_index("tasks_city_desk_index", table_name="tasks", postgresql_where=sa.text("closed_at is null"))
    op.drop_index("tasks_city_case_id_index", table_name="tasks")
    op.drop_table("tasks")
    op.drop_table("saved_filters")
    op.drop_index("routing_rules_city_position_index", table_name="routing_rules")
    op.drop_table("routing_rules")
    op.drop_table("region_profiles")
    op.drop_index(op.f("personal_data_phone_hmac_index"), table_name="personal_data")
    op.drop_table("personal_data")
    op.drop_table("doubtful_positions")
    op.drop_index("case_texts_pairs_index", table_name="case_texts", postgresql_using="gin")
    op.drop_table("case_texts")
    op.drop_table("calendar_days")
