"""The declarative base and the mixins that say what kind of row a table holds.

Base completes every table the same way, so that a model states only what is its own: the CHECK of each enum, an index
for each foreign key, for tenant-scoped tables `UNIQUE (store_id, id)` (the target of composite foreign keys) and an
index on `(store_id, created_at)`, and for soft-deletable tables an index by which restore and purge find deleted rows.
"""

from datetime import UTC, datetime
from typing import Any, ClassVar

from cuid2 import Cuid
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from shared.column_types import EnumText, UtcDateTime, utc_now

NAMING = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}

new_id = Cuid().generate
"""A new CUID2: 24 characters, `[a-z][0-9a-z]{23}`."""


def now() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """Every model: a CUID primary key and two timestamps in UTC."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime(), str: Text()}

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id, sort_order=-100)
    created_at: Mapped[datetime] = mapped_column(default=now, server_default=utc_now(), sort_order=100)
    updated_at: Mapped[datetime] = mapped_column(default=now, server_default=utc_now(), onupdate=now, sort_order=101)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        table = cls.__dict__.get("__table__")
        if isinstance(table, Table):
            _complete(cls, table)


class TenantScoped:
    """A row that belongs to one store. The session filters it, stamps it, and PostgreSQL guards it."""

    __abstract__ = True

    @declared_attr
    def store_id(self) -> Mapped[str]:
        return mapped_column(ForeignKey("stores.id", ondelete="CASCADE"), sort_order=-99)


class SoftDeletes:
    """A row that a delete only hides. A trigger gives all rows of one delete the same `deletion_id`.

    `purged_at` is when the purge began with a row. It cannot be restored from then on; what is still there of it then
    is what other rows or the law need, without anything that tells of a person.
    """

    __abstract__ = True

    deleted_at: Mapped[datetime | None] = mapped_column(sort_order=102)
    deletion_id: Mapped[str | None] = mapped_column(sort_order=103)
    purged_at: Mapped[datetime | None] = mapped_column(sort_order=104)


class Versioned:
    """A row that people edit: `version` backs ETag and If-Match, and grows with every change through the ORM."""

    __abstract__ = True

    version: Mapped[int] = mapped_column(default=1, server_default=text("1"), sort_order=99)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805
        return {"version_id_col": cls.version}


def tenant_key(column: str, table: str, *, ondelete: str = "CASCADE") -> ForeignKeyConstraint:
    """A foreign key that cannot leave the store: `(store_id, column) -> table (store_id, id)`.

    SET NULL clears the one column; `store_id` stays.
    """
    action = f"SET NULL ({column})" if ondelete == "SET NULL" else ondelete
    return ForeignKeyConstraint(["store_id", column], [f"{table}.store_id", f"{table}.id"], ondelete=action)


def live_unique(name: str, *columns: str) -> Index:
    """A unique over the store's live rows only, so that what a deleted row held can be used again."""
    live = text("deleted_at IS NULL")
    return Index(name, "store_id", *columns, unique=True, postgresql_where=live, sqlite_where=live)


def live_index(name: str, *columns: str) -> Index:
    """An index over the store's live rows, for what a list filters and sorts by."""
    live = text("deleted_at IS NULL")
    return Index(name, "store_id", *columns, postgresql_where=live, sqlite_where=live)


def not_negative(*columns: str) -> list[CheckConstraint]:
    """CHECKs that amounts and counts are zero or more (NULL passes)."""
    return [CheckConstraint(f"{column} >= 0", name=f"{column}_not_negative") for column in columns]


def _complete(cls: type[Base], table: Table) -> None:
    _check_enums(table)
    if issubclass(cls, TenantScoped) and "id" in table.c:
        table.append_constraint(UniqueConstraint("store_id", "id"))
        Index(None, table.c.store_id, table.c.created_at)
    if issubclass(cls, SoftDeletes):
        gone = text("deleted_at IS NOT NULL")
        name = f"ix_{table.name}_deleted"
        Index(name, table.c.deleted_at, table.c.deletion_id, postgresql_where=gone, sqlite_where=gone)
        if issubclass(cls, TenantScoped):
            place = (table.c.store_id, table.c.deleted_at, table.c.id)
            Index(f"ix_{table.name}_deleted_in_store", *place, postgresql_where=gone, sqlite_where=gone)
    _index_foreign_keys(table)


def _check_enums(table: Table) -> None:
    for column in table.c:
        if isinstance(column.type, EnumText):
            known = ", ".join(f"'{member.value}'" for member in column.type.enum)
            table.append_constraint(CheckConstraint(f"{column.name} IN ({known})", name=f"{column.name}_known"))


def _index_foreign_keys(table: Table) -> None:
    """PostgreSQL indexes no foreign key by itself, and deleting a parent would read the whole child table."""
    for constraint in sorted(table.foreign_key_constraints, key=lambda found: list(found.column_keys)):
        wanted = list(constraint.column_keys)
        if not any(covered[: len(wanted)] == wanted for covered in _covered(table)):
            Index(None, *(table.c[name] for name in wanted))


def _covered(table: Table) -> list[list[str]]:
    found = [list(table.primary_key.columns.keys())]
    found += [list(c.columns.keys()) for c in table.constraints if isinstance(c, UniqueConstraint)]
    # A partial index serves no look-up of deleted rows.
    found += [list(i.columns.keys()) for i in table.indexes if i.dialect_options["postgresql"]["where"] is None]
    return found
