"""Staff, their logins at the console, and the logbook of what they do."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "staff",
        sa.Column("name", name, primary_key=True),
        sa.Column("role", name, nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.Column("phone_index", sa.LargeBinary(), nullable=False),
        sa.Column("password", name, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("step", number, nullable=False),
        sa.Column("tries", number, nullable=False),
        sa.Column("locked_until", number, nullable=True),
        sa.Column("state", name, nullable=False),
        sa.Column("language", name, nullable=False),
        sa.Column("at", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("staff_phone_unique", "staff", ["phone_index"], unique=True)
    op.create_table(
        "logins",
        sa.Column("id", name, primary_key=True),
        sa.Column("staff", name, nullable=False),
        sa.Column("bound", name, nullable=False),
        sa.Column("state", name, nullable=False),
        sa.Column("began_at", number, nullable=False),
        sa.Column("seen_at", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("logins_staff_state", "logins", ["staff", "state"])
    op.create_index("logins_began_at", "logins", ["began_at"])
    op.create_table(
        "logbook",
        sa.Column("number", number, primary_key=True, autoincrement=False),
        sa.Column("at", number, nullable=False),
        sa.Column("staff", name, nullable=False),
        sa.Column("role", name, nullable=False),
        sa.Column("act", name, nullable=False),
        sa.Column("about", name, nullable=False),
        sa.Column("values", sa.Text(), nullable=False),
        sa.Column("stamp", name, nullable=False),
        sqlite_strict=True,
    )
    for field in ("staff", "act", "about"):
        op.create_index(f"logbook_{field}_number", "logbook", [field, "number"])
