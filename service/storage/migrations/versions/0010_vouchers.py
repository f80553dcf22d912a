"""Cash for people without a wallet: a number, a code and a secret, none of them in clear."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "vouchers",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.Column("code_index", name, nullable=False),
        sa.Column("secret", name, nullable=False),
        sa.Column("tries", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("vouchers_code_index", "vouchers", ["code_index"])
