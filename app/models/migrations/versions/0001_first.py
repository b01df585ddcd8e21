"""The first schema of the store."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "catalogue",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.Column("stored_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_catalogue")),
    )
    op.create_table(
        "clerk",
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("roles", sa.String(length=400), nullable=False),
        sa.Column("agency", sa.String(length=40), nullable=False),
        sa.Column("pin_hash", sa.Text(), nullable=False),
        sa.Column("sealed_token", sa.LargeBinary(), nullable=False),
        sa.Column("online_at", sa.DateTime(), nullable=False),
        sa.Column("session_until", sa.DateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("user", name=op.f("pk_clerk")),
    )
    op.create_table(
        "dossier",
        sa.Column("row", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("agency", sa.String(length=40), nullable=False),
        sa.Column("procedure", sa.String(length=40), nullable=False),
        sa.Column("submitter", sa.String(length=500), nullable=False),
        sa.Column("owner", sa.String(length=500), nullable=False),
        sa.Column("id_number", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=80), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("voided", sa.Boolean(), nullable=False),
        sa.Column("payment", sa.String(length=20), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("receipt_version", sa.Integer(), nullable=False),
        sa.Column("page_count", sa.Integer(), nullable=False),
        sa.Column("last_n", sa.Integer(), nullable=False),
        sa.Column("needs_look", sa.Boolean(), nullable=False),
        sa.Column("snapshot", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_dossier")),
        sa.UniqueConstraint("code", name=op.f("uq_dossier_code")),
        sa.UniqueConstraint("id", name=op.f("uq_dossier_id")),
    )
    op.create_index("ix_dossier_day", "dossier", ["day", "row"], unique=False)
    op.create_index("ix_dossier_look", "dossier", ["needs_look", "row"], unique=False)
    op.create_index("ix_dossier_due", "dossier", ["is_open", "due_at"], unique=False)
    op.create_index("ix_dossier_id_number", "dossier", ["id_number", "row"], unique=False)
    op.create_index("ix_dossier_phone", "dossier", ["phone", "row"], unique=False)
    op.create_index("ix_dossier_state_row", "dossier", ["state", "row"], unique=False)
    op.create_table(
        "draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clerk", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
    )
    op.create_index(op.f("ix_draft_clerk"), "draft", ["clerk"], unique=False)
    op.create_table(
        "event",
        sa.Column("place", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("store", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("prev", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("dossier", sa.Uuid(), nullable=True),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("v", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("stream", sa.String(length=40), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.String(length=40), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_event")),
    )
    op.create_index("ix_event_dossier_seq", "event", ["dossier", "seq"], unique=False)
    op.create_index("uq_event_store_n", "event", ["store", "n"], unique=True)
    op.create_index("uq_event_stream_seq", "event", ["stream", "seq"], unique=True)
    op.create_table(
        "fact",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_fact")),
    )
    op.create_table(
        "number_mark",
        sa.Column("range_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("range_id", "day", name=op.f("pk_number_mark")),
    )
    op.create_table(
        "number_range",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("incarnation", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_range")),
    )
    op.create_table(
        "pending_page",
        sa.Column("page", sa.Uuid(), nullable=False),
        sa.Column("draft", sa.Uuid(), nullable=False),
        sa.Column("paper", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("mime", sa.String(length=40), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("dpi", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=500), nullable=False),
        sa.Column("arrived_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("page", name=op.f("pk_pending_page")),
    )
    op.create_index(op.f("ix_pending_page_draft"), "pending_page", ["draft"], unique=False)
    op.create_table(
        "print_job",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("dossier", sa.Uuid(), nullable=True),
        sa.Column("form", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("copy", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("printer", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("printer_job", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_job")),
    )
    op.create_index(op.f("ix_print_job_dossier"), "print_job", ["dossier"], unique=False)
    op.create_index("ix_print_job_state", "print_job", ["state", "id"], unique=False)
    op.create_table(
        "stream_day",
        sa.Column("stream", sa.String(length=40), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("upto", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "day", name=op.f("pk_stream_day")),
    )
    op.create_table(
        "dossier_code",
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("dossier", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier"], ["dossier.id"], name=op.f("fk_dossier_code_dossier_dossier")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_dossier_code")),
    )
    op.create_index(op.f("ix_dossier_code_dossier"), "dossier_code", ["dossier"], unique=False)
    op.create_table(
        "page",
        sa.Column("page", sa.Uuid(), nullable=False),
        sa.Column("dossier", sa.Uuid(), nullable=False),
        sa.Column("paper", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("mime", sa.String(length=40), nullable=False),
        sa.Column("is_own", sa.Boolean(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("upload", sa.Text(), nullable=False),
        sa.Column("stored_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.id"], name=op.f("fk_page_dossier_dossier")),
        sa.PrimaryKeyConstraint("page", name=op.f("pk_page")),
    )
    op.create_index(op.f("ix_page_dossier"), "page", ["dossier"], unique=False)
    op.create_index(op.f("ix_page_sha256"), "page", ["sha256"], unique=False)
    op.create_index("ix_page_waiting", "page", ["is_own", "stored_at"], unique=False)
    op.create_table(
        "receipt",
        sa.Column("dossier", sa.Uuid(), nullable=False),
        sa.Column("form", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("paper_size", sa.String(length=4), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier"], ["dossier.id"], name=op.f("fk_receipt_dossier_dossier")
        ),
        sa.PrimaryKeyConstraint(
            "dossier", "form", "version", "paper_size", name=op.f("pk_receipt")
        ),
    )
    # ### end Alembic commands ###
    op.execute(
        "CREATE VIRTUAL TABLE dossier_search USING fts5("
        "words, content='', contentless_delete=1, prefix='1 2 3', "
        "tokenize='unicode61 remove_diacritics 0')"
    )
