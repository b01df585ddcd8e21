"""An event's place in the stream of its dossier's home, and refused events that were mended."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("event", sa.Column("home_seq", sa.Integer(), nullable=True))
    op.execute("UPDATE event SET home_seq = seq")
    op.add_column("event", sa.Column("is_mended", sa.Boolean(), nullable=False, server_default="0"))
