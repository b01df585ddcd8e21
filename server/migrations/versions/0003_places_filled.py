"""What a place in a stream knows of its event, filled in slices while stations go on pushing."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
SLICE = 5_000


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        with op.get_context().autocommit_block():
            _fill()
    else:
        _fill()


def _fill() -> None:
    connection = op.get_bind()
    for agency, last in connection.execute(sa.text("SELECT agency, last_seq FROM agency")).all():
        for first in range(1, last + 1, SLICE):
            connection.execute(
                sa.text(
                    "UPDATE stream SET home_seq = seq, dossier = (SELECT event.dossier"
                    " FROM event WHERE event.agency = stream.home"
                    " AND event.store = stream.store AND event.n = stream.n)"
                    " WHERE agency = :agency AND seq BETWEEN :first AND :last"
                    " AND home_seq IS NULL"
                ),
                {"agency": agency, "first": first, "last": first + SLICE - 1},
            )
