"""What queues, filters and reports ask of a dossier stands beside the list; books have numbers.

Filled from the events and the folded dossiers; what a dossier holds besides is folded anew when
it is next read.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_TEXTS = (("clerk", 64), ("holder", 64), ("unit", 500), ("with_agency", 40), ("slip", 80),
          ("batch", 80), ("stage", 80), ("proposal", 10), ("book", 80))  # fmt: skip
_COUNTS = ("channel", "rounds", "satisfaction", "fee", "paid", "papers", "scanned", "book_number")
_FACTS = ("extended", "late")
_MOMENTS = ("ended_at", "returned_at")


def upgrade() -> None:
    op.create_table(
        "dossier_course",
        sa.Column("row", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(size), nullable=False) for name, size in _TEXTS),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _COUNTS),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in _FACTS),
        *(sa.Column(name, sa.DateTime(), nullable=True) for name in _MOMENTS),
        sa.ForeignKeyConstraint(
            ["row"], ["dossier.row"], name=op.f("fk_dossier_course_row_dossier")
        ),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_dossier_course")),
    )
    op.execute(_FILL)
    op.create_index("ix_dossier_course_clerk", "dossier_course", ["clerk", "row"])
    op.create_index("ix_dossier_course_ended", "dossier_course", ["ended_at"])
    op.create_index("ix_dossier_course_returned", "dossier_course", ["returned_at"])
    op.create_index(
        "ix_dossier_course_slip", "dossier_course", ["slip"], sqlite_where=sa.text("slip != ''")
    )
    op.create_index(
        "ix_dossier_course_batch", "dossier_course", ["batch"], sqlite_where=sa.text("batch != ''")
    )
    op.create_index(
        "ix_dossier_course_book",
        "dossier_course",
        ["book", "book_number"],
        sqlite_where=sa.text("book != ''"),
    )
    op.create_index("ix_dossier_procedure", "dossier", ["procedure", "row"])
    op.create_table(
        "book_mark",
        sa.Column("book", sa.String(80), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("book", name=op.f("pk_book_mark")),
    )


_LAST = """(SELECT {what} FROM event WHERE event.dossier = dossier.id AND refusal IS NULL
    AND kind IN ({kinds}) ORDER BY event.seq IS NULL DESC, event.seq DESC, place DESC LIMIT 1)"""
_AT = "strftime('%Y-%m-%d %H:%M:%S.000000', event.at)"
_ENDINGS = "'result.recorded', 'dossier.refused', 'dossier.withdrawn', 'dossier.stopped'"
_SCANNED = (
    "(SELECT count(DISTINCT paper) FROM page WHERE page.dossier = dossier.id AND NOT removed)"
)


def _body(kind: str, field: str) -> str:
    last = _LAST.format(what="CAST(body AS TEXT)", kinds=f"'{kind}'")
    return f"coalesce(json_extract({last}, '$.{field}'), '')"


def _held(field: str, otherwise: str) -> str:
    return f"coalesce(json_extract(held, '$.{field}'), {otherwise})"


_VALUES = {
    "clerk": f"coalesce({_LAST.format(what='actor', kinds=repr('dossier.received'))}, '')",
    "holder": _held("holder", "''"),
    "unit": _body("stage.handed_over", "to_unit"),
    "with_agency": _held("with_agency", "''"),
    "slip": "''",
    "batch": "''",
    "stage": _held("stage", "''"),
    "proposal": "''",
    "book": "''",
    "book_number": "0",
    "channel": _held("channel", "1"),
    "rounds": _held("supplement_rounds", "0"),
    "satisfaction": "coalesce(" + _body("result.returned", "satisfaction") + " + 0, 0)",
    "fee": _held("fee.amount", "0"),
    "paid": _held("paid", "0"),
    "papers": "coalesce(json_array_length(held, '$.papers'), 0)",
    "scanned": _SCANNED,
    "extended": _held("extended", "0"),
    "late": "0",
    "ended_at": f"CASE WHEN state IN (3, 7, 8, 9, 10) THEN {_LAST.format(what=_AT, kinds=_ENDINGS)}"
    " END",
    "returned_at": f"CASE WHEN state = 10 THEN "
    f"{_LAST.format(what=_AT, kinds=repr('result.returned'))} END",
}
_FILL = f"""
INSERT INTO dossier_course ("row", {", ".join(_VALUES)})
SELECT dossier."row", {", ".join(_VALUES.values())}
FROM dossier JOIN (
    SELECT "row" AS held_row, CAST(content AS TEXT) AS held FROM dossier_snapshot
) ON held_row = dossier."row"
ORDER BY dossier."row"
"""
