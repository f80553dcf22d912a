"""Payments that can still be taken back, and cases: what somebody asks to be looked into."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "pendings",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        *(
            sa.Column(field, number, nullable=False)
            for field in ("payer", "payee", "amount", "fee", "excise", "levy", "settles_at")
        ),
        sa.Column("state", name, nullable=False),
        sqlite_strict=True,
    )
    for fields in (("payer", "state"), ("payee", "state"), ("state", "settles_at")):
        op.create_index("_".join(("pendings", *fields)), "pendings", fields)
    op.create_table(
        "cases",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("what", name, nullable=False),
        *(sa.Column(field, number, nullable=False) for field in ("opener", "about", "other")),
        sa.Column("state", name, nullable=False),
        *(sa.Column(field, number, nullable=False) for field in ("held", "opened_at", "due_at")),
        sa.Column("values", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    op.create_index("cases_about_what_unique", "cases", ["about", "what"], unique=True)
    for fields in (("opener", "state"), ("other", "state"), ("state", "due_at")):
        op.create_index("_".join(("cases", *fields)), "cases", fields)
