"""Tills of merchants, and who helps there. Their moves become legal with the guards, which `migrate` puts in force."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "merchants",
        sa.Column("number", name, primary_key=True),
        sa.Column("serial", number, nullable=False),
        sa.Column("person", number, nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", number, nullable=False),
        sa.Column("state", name, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("merchants_serial_unique", "merchants", ["serial"], unique=True)
    op.create_index("merchants_person_state", "merchants", ["person", "state"])
    op.create_table(
        "assistants",
        sa.Column("till", name, primary_key=True),
        sa.Column("person", number, primary_key=True, autoincrement=False),
        sa.Column("at", number, nullable=False),
        sa.Column("state", name, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("assistants_person_state", "assistants", ["person", "state"])
