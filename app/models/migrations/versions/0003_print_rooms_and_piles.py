"""How a job is to come out, what became of pages that wait, and piles that are scanned whole."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for column in (
        sa.Column("paper_size", sa.String(10), nullable=False, server_default="A5"),
        sa.Column("copies", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("duplex", sa.Boolean(), nullable=False, server_default="0"),
        sa.Column("tray", sa.String(80), nullable=False, server_default=""),
        sa.Column("sheets", sa.Integer(), nullable=False, server_default="0"),
    ):
        op.add_column("print_job", column)
    for column in (
        sa.Column("turned", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("side", sa.String(10), nullable=False, server_default=""),
        sa.Column("marks", sa.Text(), nullable=False, server_default=""),
        sa.Column("reading", sa.Text(), nullable=False, server_default=""),
        sa.Column("derived", sa.String(64), nullable=False, server_default=""),
    ):
        op.add_column("pending_page", column)
    op.add_column("pending_page", sa.Column("dropped_at", sa.DateTime(), nullable=True))
    op.add_column("page", sa.Column("derived", sa.String(64), nullable=False, server_default=""))
    op.create_table(
        "pile",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("device", sa.String(500), nullable=False),
        sa.Column("begun_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pile")),
    )
