"""What the purge goes through: the tables with rows that can be restored, what hangs on each, and what has to stay."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    ForeignKeyConstraint,
    Table,
    Text,
    any_,
    exists,
    func,
    select,
)

from shared.models import Base, SoftDeletes, Store, TenantScoped, User


@dataclass(frozen=True, slots=True)
class Link:
    """A foreign key of `child` by `column`, with the store or not, and what becomes of the child without a parent."""

    child: Table
    column: str
    on_delete: str
    in_store: bool


@cache
def soft_tables() -> list[Table]:
    """The tables of stores with rows that can be restored, after what they belong to, with which most of them go.

    Orders stand before all: a product whose last line goes with one need not stay.
    """
    soft = {table_of(one.class_) for one in Base.registry.mappers if issubclass(one.class_, SoftDeletes)}
    own = soft - {table_of(Store), table_of(User)}
    found = [table for table in Base.metadata.sorted_tables if table in own]
    return sorted(found, key=lambda table: table.name != "orders")


@cache
def tenant_tables() -> list[Table]:
    """The tables of which each row belongs to a store, children before what they belong to."""
    scoped = {table_of(one.class_) for one in Base.registry.mappers if issubclass(one.class_, TenantScoped)}
    return [table for table in reversed(Base.metadata.sorted_tables) if table in scoped]


def empty_tables(connection: Connection, store_id: str) -> frozenset[str]:
    """The tables that a store has no row in."""
    tables = tenant_tables()
    found = (exists().where(table.c.store_id == store_id).select().scalar_subquery() for table in tables)
    has = connection.execute(select(*(one.label(table.name) for table, one in zip(tables, found, strict=True)))).one()
    return frozenset(table.name for table, there in zip(tables, has, strict=True) if not there)


@cache
def links_to(table: Table) -> list[Link]:
    """The keys that point at a table, other than a store's; those of children's children first."""
    return [
        _link(child, key)
        for child in reversed(Base.metadata.sorted_tables)
        for key in sorted(child.foreign_key_constraints, key=lambda found: list(found.column_keys))
        if key.referred_table is table and table.name != "stores"
    ]


@cache
def parents_of(table: Table) -> list[tuple[str, Table]]:
    """What a row goes and comes back with: the column and the table of each parent that can be restored."""
    return [
        (link.column, parent)
        for parent in soft_tables()
        for link in links_to(parent)
        if link.child is table and link.on_delete == "CASCADE" and parent is not table
    ]


def among(connection: Connection, column: ColumnElement[Any], ids: Sequence[str]) -> ColumnElement[bool]:
    """Whether a column is one of many ids: on PostgreSQL one parameter, so that the statement is the same each time.

    It is split by the server: the driver writes an array letter by letter, which took longer than deleting the rows.
    """
    if connection.dialect.name == "postgresql":
        return column == any_(func.string_to_array(",".join(ids), ",", type_=ARRAY(Text)))
    return column.in_(ids)


def is_soft(table: Table) -> bool:
    """Whether rows of a table can be restored."""
    return "purged_at" in table.c


@cache
def kept_with_orders() -> frozenset[str]:
    """The tables that stay of a deleted store while the law wants its orders' figures."""
    found, waiting = {"orders"}, ["orders"]
    while waiting:
        for link in links_to(Base.metadata.tables[waiting.pop()]):
            if link.on_delete in ("CASCADE", "RESTRICT") and link.child.name not in found:
                found.add(link.child.name)
                waiting.append(link.child.name)
    return frozenset(
        found | {"order_counters", "products", "variants", "store_subscriptions", "purge_tallies", "audit_logs"}
    )


def _link(child: Table, key: ForeignKeyConstraint) -> Link:
    columns = list(key.column_keys)
    return Link(child, columns[-1], (key.ondelete or "").split(" (")[0], columns[0] == "store_id")


def table_of(model: type) -> Table:
    """The table of a model, for statements that name it past the models' own filter."""
    found: Table = Base.metadata.tables[model.__tablename__]  # type: ignore[attr-defined]
    return found
