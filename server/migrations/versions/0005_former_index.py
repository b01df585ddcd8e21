"""The index that the one before took the place of."""

from server.migrations.online import drop_index

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    drop_index("ix_event_agency_dossier", "event")
