"""What the database refuses by itself, and the posting function."""

import sqlalchemy as sa
from alembic import op

from service.storage import guards

revision = "0002"
down_revision = "0001"


def upgrade():
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column("installation", sa.Column("guards", name, nullable=True))
    guards.put_in_force(op.get_bind())
