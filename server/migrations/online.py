"""What a migration does to a large table while stations go on pushing.

A step that uses these does nothing else: what came before it in the same
step is committed, and would meet itself when the step is tried again.

Other rules for a step: it may wait for a lock no longer than
`server.models.database.LOCK_WAIT` (it is tried again), so one
short `ALTER TABLE` a step; a new column is nullable or has a constant default;
filling it is a step of its own, in slices.
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op
from sqlalchemy import text


def create_index(name: str, table: str, columns: Sequence[str], *, unique: bool = False) -> None:
    """Build an index without stopping writers; safe to repeat after a failure half-way."""
    if op.get_bind().dialect.name != "postgresql":
        op.create_index(name, table, list(columns), unique=unique, if_not_exists=True)
        return
    with op.get_context().autocommit_block():
        connection = op.get_bind()
        # It waits for transactions that are under way, however long, but holds nobody up.
        connection.execute(text("SET lock_timeout = 0"))
        if _is_half_built(name):
            op.drop_index(name, postgresql_concurrently=True, if_exists=True)
        op.create_index(
            name, table, list(columns), unique=unique, if_not_exists=True,
            postgresql_concurrently=True,
        )  # fmt: skip


def drop_index(name: str, table: str) -> None:
    """Drop an index without stopping writers; safe to repeat."""
    if op.get_bind().dialect.name != "postgresql":
        op.drop_index(name, table, if_exists=True)
        return
    with op.get_context().autocommit_block():
        op.get_bind().execute(text("SET lock_timeout = 0"))
        op.drop_index(name, postgresql_concurrently=True, if_exists=True)


def _is_half_built(name: str) -> bool:
    query = "SELECT NOT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)"
    return bool(op.get_bind().execute(text(query), {"name": name}).scalar())
