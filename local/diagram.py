"""docs/entities.md: the tables and what refers to what, drawn from the models."""

from sqlalchemy import Table

from local.database import ROOT
from shared.models import Base

TARGET = ROOT / "docs" / "entities.md"
HEAD = """# The entities

Drawn from the models by `make describe`. A line is a foreign key; keys to `stores`, which every tenant-scoped table
has, are left out. Between tenant-scoped tables every key is composite: `(store_id, x_id)`.
"""


def draw() -> str:
    """A Mermaid diagram for each file of models."""
    parts = [HEAD]
    for module in sorted({mapper.class_.__module__ for mapper in Base.registry.mappers}):
        tables = [table for table in Base.metadata.sorted_tables if _module_of(table) == module]
        lines = [line for table in tables for line in _lines(table)]
        name = module.rpartition(".")[2]
        parts.append(f"## {name.capitalize()}\n\n```mermaid\nerDiagram\n" + "\n".join(lines) + "\n```\n")
    return "\n".join(parts)


def _module_of(table: Table) -> str:
    return next(m.class_.__module__ for m in Base.registry.mappers if m.local_table is table)


def _lines(table: Table) -> list[str]:
    keys = sorted(table.foreign_key_constraints, key=lambda key: list(key.column_keys))
    drawn = [f"    {table.name} {{ text id PK }}"]
    for key in keys:
        if key.referred_table.name != "stores":
            drawn.append(f'    {key.referred_table.name} ||--o{{ {table.name} : "{key.column_keys[-1]}"')
    return drawn
