"""Several people on one number, and whose a talk is."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("people", sa.Column("seat", number, nullable=False, server_default="0"))
    op.add_column("people", sa.Column("shared", number, nullable=False, server_default="0"))
    op.create_index("people_phone_seat_unique", "people", ["phone_index", "seat"], unique=True)
    op.drop_index("people_phone_unique", "people")
    op.add_column("conversations", sa.Column("person", number, nullable=True))
