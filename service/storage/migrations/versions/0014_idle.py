"""Who is not found by strangers, and when a number was last used: nobody is asleep when that begins to be noted."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("people", sa.Column("unlisted", number, nullable=False, server_default="0"))
    op.add_column("people", sa.Column("used_at", number, nullable=True))
    op.execute(sa.text("UPDATE people SET used_at = :now").bindparams(now=int(time.time() * 1_000_000)))
