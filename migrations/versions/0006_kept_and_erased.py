"""Anchors of the event log, the ledger of erasures, and how long a city keeps things."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "anchors",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="1, 2, 3 ... without a gap"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heads", sa.LargeBinary(), nullable=False, comment="case id (16), seq (4), digest (32), by case id"),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True, comment="when its copy was kept at ANCHOR_URL"),
        sa.PrimaryKeyConstraint("city", "number", name=op.f("anchors_pkey")),
    )
    op.create_index(
        "anchors_city_inside_index", "anchors", ["city", "number"], postgresql_where=sa.text("left_at is null")
    )
    op.create_table(
        "erasures",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("receipt_code", sa.Text(), nullable=True, comment="of a report whose reporter asked"),
        sa.Column("proof", sa.LargeBinary(), nullable=True, comment="sha256(secret's hash, receipt): twice is once"),
        sa.Column("seqs", postgresql.ARRAY(sa.BigInteger()), nullable=False, comment="events whose bodies are erased"),
        sa.Column(
            "commands", postgresql.ARRAY(sa.Uuid()), nullable=False, comment="refused ones whose content is erased"
        ),
        sa.Column("photos", postgresql.ARRAY(sa.LargeBinary()), nullable=False, comment="SHA-256 of each"),
        sa.Column("vault", postgresql.ARRAY(sa.Uuid()), nullable=False, comment="rows of personal_data"),
        sa.Column(
            "place", sa.Boolean(), nullable=False, comment="the case's address and its point as it was sent, too"
        ),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True, comment="when its copy was kept at ANCHOR_URL"),
        sa.CheckConstraint(
            "class in ('request', 'ended_cases', 'reporters', 'not_adopted')", name=op.f("erasures_class_check")
        ),
        sa.PrimaryKeyConstraint("city", "id", name=op.f("erasures_pkey")),
    )
    op.create_index(
        "erasures_city_inside_index", "erasures", ["city", "at"], postgresql_where=sa.text("left_at is null")
    )
    op.create_index(
        "erasures_city_receipt_code_index",
        "erasures",
        ["city", "receipt_code"],
        postgresql_where=sa.text("receipt_code is not null"),
    )
    op.create_index("erasures_city_case_id_index", "erasures", ["city", "case_id"])
    op.create_table(
        "retention_rules",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "class in ('ended_cases', 'reporters', 'not_adopted', 'doubtful_positions')",
            name=op.f("retention_rules_class_check"),
        ),
        sa.CheckConstraint("days > 0", name=op.f("retention_rules_days_check")),
        sa.PrimaryKeyConstraint("city", "class", name=op.f("retention_rules_pkey")),
    )
    op.create_index(
        "commands_city_content_index",
        "commands",
        ["city", "created_at"],
        postgresql_where=sa.text("content is not null"),
    )


def downgrade() -> None:
    op.drop_index("commands_city_content_index", table_name="commands")
    op.drop_table("retention_rules")
    op.execute("drop table erasures cascade")  # and the functions that take a row of it: they come back with their file
    op.execute(
        "do $$ begin delete from sql_files where name = 'cases/80_erasure.sql';"
        " exception when undefined_table then null; end $$"
    )
    op.drop_table("anchors")
