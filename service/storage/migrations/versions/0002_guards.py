"""What the database refuses by itself, and the posting function."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column("installation", sa.Column("guards", name, nullable=True))
    # `migrate` puts them in force when the last table is there: they name tables that later migrations make.
