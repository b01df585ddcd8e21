"""A dossier's events in their order, whoever made them."""

from server.migrations.online import create_index

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    create_index("ix_stream_agency_dossier_seq", "stream", ["agency", "dossier", "seq"])
