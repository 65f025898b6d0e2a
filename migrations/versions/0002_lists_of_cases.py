"""Indexes for the lists of cases: newest first, the open ones and those that are over, and by who holds them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OPEN = "state in ('reported', 'accepted', 'dispatched', 'signed', 'handled', 'suspended')"
PAST = "state in ('closed', 'rejected', 'merged', 'transferred', 'withdrawn', 'void')"
FILTERS = ["state", "region_code", "category_key", "matter_kind", "matter_code"]
HOLDERS = {"cases_city_assignee_index": "assignee_post_id", "cases_city_lead_unit_index": "lead_unit_id"}


def upgrade() -> None:
    newest = ["city", "created_at", "id"]
    op.create_index("cases_city_open_index", "cases", newest, postgresql_where=sa.text(OPEN))
    op.create_index(
        "cases_city_past_index", "cases", newest, postgresql_include=FILTERS, postgresql_where=sa.text(PAST)
    )
    op.create_index(
        "cases_city_verifier_index",
        "cases",
        ["city", "verifier_post_id"],
        postgresql_where=sa.text("state = 'handled'"),
    )
    for name, holder in HOLDERS.items():
        op.drop_index(name, table_name="cases")
        op.create_index(name, "cases", ["city", holder, "state", "created_at"])


def downgrade() -> None:
    for name, holder in HOLDERS.items():
        op.drop_index(name, table_name="cases")
        held = sa.text(f"{holder} is not null and {OPEN}")
        op.create_index(name, "cases", ["city", holder], postgresql_where=held)
    for name in ("cases_city_verifier_index", "cases_city_past_index", "cases_city_open_index"):
        op.drop_index(name, table_name="cases")
