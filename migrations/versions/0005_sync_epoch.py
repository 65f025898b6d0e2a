"""Facts of the installation: the epoch that tells a phone whether the server went back in time."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "installation",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("installation_pkey")),
    )
    op.execute("insert into installation values ('sync_epoch', gen_random_uuid())")


def downgrade() -> None:
    op.drop_table("installation")
