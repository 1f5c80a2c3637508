"""How a new migration is written out: in plain types that history can keep, and so that it may run twice."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import _render_column, renderers
from alembic.operations.ops import AddColumnOp, CreateIndexOp, CreateTableOp, DropColumnOp, DropIndexOp, DropTableOp

from shared.column_types import EnumText, Scaled, UtcDateTime, utc_now

HELPERS = "from migrations.dialects import {name}"


def render_item(kind: str, item: Any, context: AutogenContext) -> str | Literal[False]:
    """A type or default of ours as a migration spells it; False leaves it to Alembic."""
    if kind == "server_default" and isinstance(getattr(item, "arg", item), utc_now):
        return _helper(context, "now")
    if kind != "type":
        return False
    if isinstance(item, sa.JSON):
        return _helper(context, "json_type")
    plain = {Scaled: "sa.Numeric({0.precision}, {0.scale})", UtcDateTime: "sa.DateTime(timezone=True)"}
    plain |= {EnumText: "sa.Text()"}
    return next((text.format(item) for known, text in plain.items() if isinstance(item, known)), False)


def write_to_run_twice(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """Let each step do nothing where it has been done."""
    for script in directives:
        for container in (script.upgrade_ops, script.downgrade_ops):
            for operation in _flat(container.ops):
                if isinstance(operation, CreateTableOp | CreateIndexOp):
                    operation.if_not_exists = True
                elif isinstance(operation, DropTableOp | DropIndexOp):
                    operation.if_exists = True


@renderers.dispatch_for(AddColumnOp, replace=True)
def _add_column(context: AutogenContext, operation: AddColumnOp) -> str:
    _helper(context, "add_column")
    return f'add_column("{operation.table_name}", {_render_column(operation.column, context)})'


@renderers.dispatch_for(DropColumnOp, replace=True)
def _drop_column(context: AutogenContext, operation: DropColumnOp) -> str:
    _helper(context, "drop_column")
    return f'drop_column("{operation.table_name}", "{operation.column_name}")'


def _helper(context: AutogenContext, name: str) -> str:
    context.imports.add(HELPERS.format(name=name))
    return f"{name}()"


def _flat(operations: Any) -> list[Any]:
    return [found for one in operations for found in (_flat(one.ops) if hasattr(one, "ops") else [one])]
