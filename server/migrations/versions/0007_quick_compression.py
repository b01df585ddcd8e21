"""Bodies and snapshots are compressed with lz4, which costs a push a fraction of pglz.

What is stored already stays as it is, and is read as before.
"""

from alembic import op
from sqlalchemy import text

revision = "0007"
down_revision = "0006"

_HAS_LZ4 = "SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "postgresql" and bind.execute(text(_HAS_LZ4)).scalar():
        op.execute("ALTER TABLE event ALTER body SET COMPRESSION lz4")
        op.execute("ALTER TABLE dossier ALTER snapshot SET COMPRESSION lz4")
