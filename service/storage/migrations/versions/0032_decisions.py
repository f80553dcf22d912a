"""Cases of one kind are listed, the newest first."""

from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade():
    op.create_index("cases_what_state_id", "cases", ["what", "state", "id"])
