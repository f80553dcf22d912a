"""What is known of the cash in agents' drawers, what is promised of it, and who could not be served."""

import sqlalchemy as sa
from alembic import op

from service.clock import now
from service.storage.codec import to_micros
from service.wallet.drawer import area_of

revision = "0015"
down_revision = "0014"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    tills = op.create_table(
        "tills",
        sa.Column("agent", name, primary_key=True, autoincrement=False),
        sa.Column("area", name, nullable=False),
        sa.Column("declared", number, nullable=True),
        sa.Column("counted", number, nullable=False),
        sa.Column("at", number, nullable=False),
        sa.Column("next_at", number, nullable=False),
        sa.Column("float_ends", number, nullable=True),
        sa.Column("cash_ends", number, nullable=True),
        sqlite_strict=True,
    )
    op.create_index("tills_area_at", "tills", ["area", "at"])
    op.create_index("tills_next_at", "tills", ["next_at"])
    op.create_table(
        "reservations",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("agent", name, nullable=False),
        sa.Column("person", number, nullable=False),
        sa.Column("amount", number, nullable=False),
        sa.Column("expires_at", number, nullable=False),
        sa.Column("state", name, nullable=False),
        sa.Column("entry", number, nullable=True),
        sqlite_strict=True,
    )
    op.create_index("reservations_agent_state", "reservations", ["agent", "state"])
    op.create_index("reservations_person_state", "reservations", ["person", "state"])
    op.create_index("reservations_state_expires_at", "reservations", ["state", "expires_at"])
    op.create_table(
        "shortages",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("agent", name, nullable=False),
        sa.Column("area", name, nullable=False),
        sa.Column("amount", number, nullable=False),
        sa.Column("why", name, nullable=False),
        sa.Column("at", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("shortages_agent", "shortages", ["agent"])
    shops = "SELECT a.number, a.place, p.country FROM agents a JOIN people p ON p.id = a.person"
    at = to_micros(now())
    rows = [
        {"agent": agent, "area": area_of(country, place), "counted": 0, "at": at, "next_at": at}
        for agent, place, country in op.get_bind().execute(sa.text(shops))
    ]
    if rows:
        op.bulk_insert(tills, rows)
