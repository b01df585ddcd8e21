"""Codes are looked up in `dossier_code` alone; nothing asks a dossier for its present one."""

from server.migrations.online import drop_index

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    drop_index("ix_dossier_agency_code", "dossier")
