"""Content that sellers offer, what people buy, subscribe to and use of it. `migrate` makes the moves legal."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "items",
        sa.Column("code", name, primary_key=True),
        sa.Column("serial", number, nullable=False),
        sa.Column("till", name, nullable=False),
        sa.Column("kind", name, nullable=False),
        sa.Column("title", name, nullable=False),
        sa.Column("price", number, nullable=False),
        sa.Column("days", number, nullable=False),
        sa.Column("text", name, nullable=False),
        sa.Column("state", name, nullable=False),
        sa.Column("at", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("items_serial_unique", "items", ["serial"], unique=True)
    op.create_index("items_till", "items", ["till"])
    op.create_table(
        "bought",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("person", number, nullable=False),
        sa.Column("item", name, nullable=False),
        sa.Column("paid", number, nullable=False),
        sa.Column("access", sa.LargeBinary(), nullable=False),
        sa.Column("at", number, nullable=False),
        sa.Column("until", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("bought_person_item_id", "bought", ["person", "item", "id"])
    op.create_table(
        "access_codes",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("item", name, nullable=False),
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.Column("code_index", sa.LargeBinary(), nullable=False),
        sa.Column("state", name, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("access_codes_item_code_unique", "access_codes", ["item", "code_index"], unique=True)
    op.create_index("access_codes_item_state_id", "access_codes", ["item", "state", "id"])
    op.create_table(
        "tabs",
        sa.Column("person", number, primary_key=True, autoincrement=False),
        sa.Column("till", name, primary_key=True),
        sa.Column("owed", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "complaints",
        sa.Column("till", name, primary_key=True),
        sa.Column("person", number, primary_key=True, autoincrement=False),
        sa.Column("at", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("complaints_till_at", "complaints", ["till", "at"])
    op.create_table(
        "subscriptions",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("person", number, nullable=False),
        sa.Column("item", name, nullable=False),
        sa.Column("price", number, nullable=False),
        sa.Column("days", number, nullable=False),
        sa.Column("renewal", number, nullable=False),
        sa.Column("paid", number, nullable=True),
        sa.Column("until", number, nullable=False),
        sa.Column("next_at", number, nullable=False),
        sa.Column("reminded", number, nullable=False),
        sa.Column("misses", number, nullable=False),
        sa.Column("state", name, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("subscriptions_person_state", "subscriptions", ["person", "state"])
    op.create_index("subscriptions_state_next_at", "subscriptions", ["state", "next_at"])
    op.create_index("subscriptions_item_state", "subscriptions", ["item", "state"])
    op.create_table(
        "meters",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("person", number, nullable=False),
        sa.Column("item", name, nullable=False),
        sa.Column("price", number, nullable=False),
        sa.Column("cap", number, nullable=False),
        sa.Column("used", number, nullable=False),
        sa.Column("seq", number, nullable=False),
        sa.Column("next_at", number, nullable=False),
        sa.Column("state", name, nullable=False),
        sa.Column("charged", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("meters_person_state", "meters", ["person", "state"])
    op.create_index("meters_state_next_at", "meters", ["state", "next_at"])
    op.create_table(
        "seller_keys",
        sa.Column("till", name, primary_key=True),
        sa.Column("digest", name, nullable=False),
        sa.Column("at", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("seller_keys_digest_unique", "seller_keys", ["digest"], unique=True)
    op.create_table(
        "seller_paydays",
        sa.Column("till", name, primary_key=True),
        sa.Column("next_at", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("seller_paydays_next_at", "seller_paydays", ["next_at"])
