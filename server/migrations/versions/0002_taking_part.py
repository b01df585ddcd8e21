"""Agencies that take part in a dossier, sizes of number ranges, and a store's contacts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "subscription",
        sa.Column("agency", sa.String(length=40), nullable=False),
        sa.Column("dossier", sa.Uuid(), nullable=False),
        sa.Column("home", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("agency", "dossier", name=op.f("pk_subscription")),
    )
    for table, column in (
        ("stream", sa.Column("dossier", sa.Uuid(), nullable=True)),
        ("stream", sa.Column("home_seq", sa.BigInteger(), nullable=True)),
        ("dossier", sa.Column("subscribers", sa.Text(), nullable=False, server_default="")),
        ("agency", sa.Column("range_size", sa.BigInteger(), nullable=False, server_default="400")),
        ("store", sa.Column("contacts", sa.BigInteger(), nullable=False, server_default="0")),
        ("store", sa.Column("last_pass", sa.Uuid(), nullable=True)),
        ("station", sa.Column("proven_at", sa.DateTime(timezone=True), nullable=True)),
        ("station", sa.Column("difference", sa.Text(), nullable=False, server_default="")),
    ):
        op.add_column(table, column)
