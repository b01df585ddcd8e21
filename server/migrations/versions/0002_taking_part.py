"""Agencies that take part in a dossier, sizes of number ranges, and a store's contacts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.alter_column("stream", "home", new_column_name="origin")
    op.add_column("stream", sa.Column("dossier", sa.Uuid(), nullable=True))
    op.add_column("stream", sa.Column("home_seq", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE stream SET home_seq = seq, dossier = (SELECT event.dossier FROM event"
        " WHERE event.agency = stream.origin AND event.store = stream.store"
        " AND event.n = stream.n)"
    )
    op.create_index("ix_stream_agency_dossier_seq", "stream", ["agency", "dossier", "seq"])
    op.drop_index("ix_event_agency_dossier", "event")
    op.create_table(
        "subscription",
        sa.Column("agency", sa.String(length=40), nullable=False),
        sa.Column("dossier", sa.Uuid(), nullable=False),
        sa.Column("home", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("agency", "dossier", name=op.f("pk_subscription")),
    )
    op.add_column("dossier", sa.Column("subscribers", sa.Text(), nullable=False, server_default=""))
    op.add_column(
        "agency", sa.Column("range_size", sa.BigInteger(), nullable=False, server_default="400")
    )
    op.add_column(
        "store", sa.Column("contacts", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.add_column("store", sa.Column("last_pass", sa.Uuid(), nullable=True))
    op.add_column("station", sa.Column("proven_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("station", sa.Column("difference", sa.Text(), nullable=False, server_default=""))
