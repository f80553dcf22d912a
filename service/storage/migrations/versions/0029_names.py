"""What people are found by: keyed digests of the words of their names. The worker fills in who was there before."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "name_keys",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("key_index", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    op.create_index("name_keys_key_id", "name_keys", ["key_index", "id"])
    op.create_table(
        "vettings",
        sa.Column("person", number, primary_key=True, autoincrement=False),
        sa.Column("state", name, nullable=False),
        sa.Column("next_at", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("vettings_state_next_at", "vettings", ["state", "next_at"])
    op.execute("INSERT INTO vettings (person, state, next_at) SELECT id, 'waiting', 0 FROM people")
