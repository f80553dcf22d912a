"""Orders to billers and for airtime, paid from a hold. `migrate` brings the guards of their moves."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "orders",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("person", number, nullable=False),
        sa.Column("kind", name, nullable=False),
        sa.Column("provider", name, nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("account_index", sa.LargeBinary(), nullable=False),
        sa.Column("amount", number, nullable=False),
        sa.Column("fee", number, nullable=False),
        sa.Column("excise", number, nullable=False),
        sa.Column("levy", number, nullable=False),
        sa.Column("at", number, nullable=False),
        sa.Column("state", name, nullable=False),
        sa.Column("sent_at", number, nullable=True),
        sa.Column("tries", number, nullable=False),
        sa.Column("next_at", number, nullable=False),
        sa.Column("provider_id", name, nullable=True),
        sa.Column("vouched_for", name, nullable=True),
        sa.Column("stuck", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("orders_person_state", "orders", ["person", "state"])
    op.create_index("orders_person_kind_id", "orders", ["person", "kind", "id"])
    op.create_index("orders_account_state", "orders", ["account_index", "state"])
    op.create_index("orders_provider_id", "orders", ["provider_id"])
    op.create_index("orders_state_next_at", "orders", ["state", "next_at"])
    op.create_index("orders_provider_state_next_at", "orders", ["provider", "state", "next_at"])
