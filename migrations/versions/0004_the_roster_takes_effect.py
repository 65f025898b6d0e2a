"""Shifts of at most a day, and absences that are handed over exactly once."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_check_constraint(op.f("shifts_length_check"), "shifts", "ends_at - starts_at <= interval '24 hours'")
    op.add_column(
        "absences",
        sa.Column(
            "applied_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the open cases of the post were offered to others",
        ),
    )
    op.create_index(
        "absences_starts_at_index", "absences", ["starts_at"], postgresql_where=sa.text("applied_at is null")
    )
    op.alter_column(
        "notifications", "kind", comment="task, verify, moved or asked", existing_comment="task, verify or moved"
    )


def downgrade() -> None:
    op.alter_column(
        "notifications", "kind", comment="task, verify or moved", existing_comment="task, verify, moved or asked"
    )
    op.drop_index("absences_starts_at_index", table_name="absences", postgresql_where=sa.text("applied_at is null"))
    op.drop_column("absences", "applied_at")
    op.drop_constraint(op.f("shifts_length_check"), "shifts", type_="check")
