"""Places in the home stream, refused events that were mended, and codes that stand twice.

Two dossiers bear one code where a store ran on two machines: both are shown,
the server refuses the second, and a clerk mends it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("event", sa.Column("home_seq", sa.Integer(), nullable=True))
    op.execute("UPDATE event SET home_seq = seq")
    op.add_column("event", sa.Column("is_mended", sa.Boolean(), nullable=False, server_default="0"))
    with op.batch_alter_table("dossier", recreate="always") as dossier:
        dossier.drop_constraint("uq_dossier_code", type_="unique")
    op.create_index("ix_dossier_code", "dossier", ["code"])
    with op.batch_alter_table("dossier_code", recreate="always") as code:
        code.drop_constraint("pk_dossier_code", type_="primary")
        code.create_primary_key("pk_dossier_code", ["code", "dossier"])
