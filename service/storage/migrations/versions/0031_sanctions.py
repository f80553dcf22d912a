"""Lists of people whose money may not move, and who of ours may be one of them."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "listed",
        sa.Column("list", name, primary_key=True),
        sa.Column("number", name, primary_key=True),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("digest", name, nullable=False),
        sa.Column("state", name, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("listed_list_state", "listed", ["list", "state"])
    op.create_index("listed_state", "listed", ["state"])
    op.create_table(
        "sweeps",
        sa.Column("name", name, primary_key=True),
        sa.Column("after", number, nullable=False),
        sa.Column("version", number, nullable=False),
        sa.Column("state", name, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "hits",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("person", number, nullable=False),
        sa.Column("list", name, nullable=False),
        sa.Column("number", name, nullable=False),
        sa.Column("digest", name, nullable=False),
        sa.Column("name", name, nullable=False),
        sa.Column("score", number, nullable=False),
        sa.Column("state", name, nullable=False),
        sa.Column("at", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("hits_person_list_number_unique", "hits", ["person", "list", "number"], unique=True)
    op.create_index("hits_state_at", "hits", ["state", "at"])
