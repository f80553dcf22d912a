"""How far batches of wages have come, price lists,
commission runs, and applications of agents and merchants with their papers."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    for counted in ("done", "refused"):
        op.add_column("bulks", sa.Column(counted, number, nullable=False, server_default="0"))
    op.execute(
        "UPDATE bulks SET"
        " done = (SELECT count(*) FROM bulk_lines l WHERE l.bulk = bulks.id AND l.state <> 'waiting'),"
        " refused = (SELECT count(*) FROM bulk_lines l WHERE l.bulk = bulks.id AND l.state = 'refused')"
    )
    op.create_index("bulks_state", "bulks", ["state"])
    op.create_index("bulk_lines_bulk_number", "bulk_lines", ["bulk", "number"])
    op.create_index("bulk_lines_bulk_person", "bulk_lines", ["bulk", "person"])
    op.create_table(
        "price_lists",
        sa.Column("id", name, primary_key=True),
        sa.Column("country", name, nullable=False),
        sa.Column("number", number, nullable=False),
        sa.Column("text", name, nullable=False),
        sa.Column("first", name, nullable=False),
        sa.Column("approval", number, nullable=False),
        sa.Column("maker", name, nullable=False),
        sa.Column("checker", name, nullable=False),
        sa.Column("at", number, nullable=False),
        sa.CheckConstraint("maker <> checker", name="price_lists_differ"),
        sqlite_strict=True,
    )
    op.create_index("price_lists_country_number_unique", "price_lists", ["country", "number"], unique=True)
    op.create_table(
        "commission_runs",
        sa.Column("id", name, primary_key=True),
        sa.Column("country", name, nullable=False),
        sa.Column("period", name, nullable=False),
        sa.Column("agents", number, nullable=False),
        sa.Column("paid", number, nullable=False),
        sa.Column("share", number, nullable=False),
        sa.Column("began_at", number, nullable=False),
        sa.Column("last_at", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("commission_runs_country_period", "commission_runs", ["country", "period"])
    op.create_table(
        "applications",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("kind", name, nullable=False),
        sa.Column("person", number, nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("place", sa.LargeBinary(), nullable=False),
        sa.Column("under", name, nullable=True),
        sa.Column("paper", name, nullable=False),
        sa.Column("state", name, nullable=False),
        sa.Column("taken_by", name, nullable=False),
        sa.Column("at", number, nullable=False),
        sqlite_strict=True,
    )
    waits = sa.text("state = 'asked'")
    op.create_index(
        "applications_person_kind_asked_unique",
        "applications",
        ["person", "kind"],
        unique=True,
        postgresql_where=waits,
        sqlite_where=waits,
    )
    op.create_index("applications_state_id", "applications", ["state", "id"])
    op.create_table(
        "papers",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("application", number, nullable=False),
        sa.Column("kind", name, nullable=False),
        sa.Column("digest", name, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("papers_application", "papers", ["application"])
