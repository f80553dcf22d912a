"""Taxes that are given back: moves that were not legal before. `migrate` puts the guards in force that know them."""

revision = "0011"
down_revision = "0010"


def upgrade():
    """Change no table."""
