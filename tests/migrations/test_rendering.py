"""A new migration is written in plain types, and so that it may run twice."""

import sqlalchemy as sa
from alembic.autogenerate import render_python_code
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.operations.ops import AddColumnOp, DropColumnOp, MigrateOperation, UpgradeOps
from sqlalchemy import Column
from sqlalchemy.dialects import postgresql

from migrations.dialects import add_column, drop_column
from migrations.rendering import render_item
from shared.column_types import EnumText, Json, Money, Rate, UtcDateTime, utc_now
from shared.models.enums import OrderStatus
from tests.conftest import Database


def written(*operations: MigrateOperation) -> str:
    """The lines that a new migration has for these operations."""
    options = {"render_item": render_item, "sqlalchemy_module_prefix": "sa.", "alembic_module_prefix": "op."}
    context = MigrationContext.configure(dialect=postgresql.dialect(), opts=options)
    return str(render_python_code(UpgradeOps(ops=operations), migration_context=context, render_item=render_item))


def test_types_of_ours_are_written_plainly() -> None:
    columns = {
        "tip": (Money(), "sa.Numeric(13, 3)"),
        "share": (Rate(), "sa.Numeric(7, 6)"),
        "status": (EnumText(OrderStatus), "sa.Text()"),
        "seen_at": (UtcDateTime(), "sa.DateTime(timezone=True)"),
        "extra": (Json, "json_type()"),
    }
    for name, (kind, expected) in columns.items():
        assert f"add_column(\"orders\", sa.Column('{name}', {expected}" in written(
            AddColumnOp("orders", Column(name, kind))
        )


def test_the_databases_clock_is_written_as_the_helper() -> None:
    column: Column[object] = Column("seen_at", UtcDateTime(), server_default=utc_now())
    assert "server_default=now()" in written(AddColumnOp("orders", column))


def test_a_dropped_column_is_written_as_the_helper() -> None:
    assert 'drop_column("orders", "notes")' in written(DropColumnOp("orders", "notes"))


def test_columns_are_added_and_dropped_as_often_as_one_likes(either: Database) -> None:
    with either.engine("MIGRATION_DATABASE_URL").begin() as connection:
        with Operations.context(MigrationContext.configure(connection)):
            for _ in range(2):
                add_column("orders", Column("gift", sa.Text()))
            assert "gift" in {column["name"] for column in sa.inspect(connection).get_columns("orders")}
            for _ in range(2):
                drop_column("orders", "gift")
        assert "gift" not in {column["name"] for column in sa.inspect(connection).get_columns("orders")}
