"""Run the steps on the connection that `server.models.database` opened.

On PostgreSQL each step commits by itself, so that a step may leave its
transaction (`server.migrations.online`) and a later one that could not get
its lock is tried again alone. On SQLite all of them are one transaction.
"""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"], transaction_per_migration=True
)
with context.begin_transaction():
    context.run_migrations()
