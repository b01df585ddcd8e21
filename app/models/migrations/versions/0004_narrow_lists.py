"""Folded dossiers stand beside the list, not in it, and the words of names can be looked up.

A page of a list reads rows of some 200 bytes; a folded dossier takes ten times that.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "dossier_snapshot",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["row"], ["dossier.row"], name=op.f("fk_dossier_snapshot_row_dossier")
        ),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_dossier_snapshot")),
    )
    op.execute(
        'INSERT INTO dossier_snapshot("row", content)'
        ' SELECT "row", snapshot FROM dossier ORDER BY "row"'
    )
    op.execute("ALTER TABLE dossier DROP COLUMN snapshot")
    op.create_table(
        "search_word",
        sa.Column("word", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_search_word")),
        sqlite_with_rowid=False,
    )
    op.execute("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, dossier_search, row)")
    op.execute(
        "INSERT INTO search_word SELECT term FROM temp.vocabulary"
        " WHERE length(term) > 3 AND term NOT GLOB '*[0-9]*'"
    )
    op.execute("DROP TABLE temp.vocabulary")
