"""Runs the migrations: `stormcom db upgrade` on a laptop, the migrator in AWS, `alembic ... --sql` to read them.

On PostgreSQL one run at a time (advisory lock), each migration in its own transaction, never waiting long for a lock
that traffic holds. Connect to the cluster, not to RDS Proxy: these settings would pin it.
"""

import os
import time

from alembic import context
from sqlalchemy import URL, Connection, create_engine, event, pool, text

from migrations.rendering import render_item, write_to_run_twice
from shared.models import Base
from shared.settings import settings

LOCK_KEY = 7241960153
LOCK_TIMEOUT = os.environ.get("MIGRATION_LOCK_TIMEOUT", "4s")
STATEMENT_TIMEOUT = os.environ.get("MIGRATION_STATEMENT_TIMEOUT", "60s")

# In the database but not in the models: PostgreSQL alone has them, for search.
UNMAPPED = {
    "search_vector",
    "ix_products_search",
    "ix_products_name_trgm",
    "ix_variants_live_sku_prefix",
    "ix_orders_live_number_prefix",
}


def _include(_object: object, name: str | None, _kind: str, _reflected: bool, _other: object) -> bool:
    return name not in UNMAPPED


def _configure(**options: object) -> None:
    context.configure(
        target_metadata=Base.metadata,
        include_object=_include,
        transaction_per_migration=True,
        render_item=render_item,
        process_revision_directives=write_to_run_twice,
        **options,  # type: ignore[arg-type]
    )


def offline() -> None:
    """Print the SQL for the dialect in the URL; nothing is connected to."""
    _configure(url=_url(), literal_binds=True, dialect_opts={"paramstyle": "named"})
    with context.begin_transaction():
        context.run_migrations()


def online() -> None:
    """Apply the migrations to the database."""
    given = context.config.attributes.get("connection")
    if given is not None:
        _run(given)
        return
    connect_args = context.config.attributes.get("connect_args", {})
    engine = create_engine(_url(), poolclass=pool.NullPool, connect_args=connect_args)
    if engine.dialect.name == "sqlite":
        # Or the driver would commit before each statement of DDL.
        event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.connect() as connection:
        _run(connection)


def _run(connection: Connection) -> None:
    _configure(connection=connection)
    locked = connection.dialect.name == "postgresql"
    if locked:
        _wait_for_turn(connection)
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.execute(text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
        connection.commit()
    try:
        with context.begin_transaction():
            context.run_migrations()
    finally:
        if locked:
            connection.rollback()
            connection.execute(text(f"SELECT pg_advisory_unlock({LOCK_KEY})"))
            connection.commit()


def _wait_for_turn(connection: Connection) -> None:
    """Asks again and again: a run that waited inside a statement would be in the way of indexes built CONCURRENTLY."""
    while not connection.scalar(text(f"SELECT pg_try_advisory_lock({LOCK_KEY})")):
        connection.commit()
        time.sleep(0.2)
    connection.commit()


def _url() -> str | URL:
    return context.config.attributes.get("url") or settings().migration_database_url


if context.is_offline_mode():
    offline()
else:
    online()
