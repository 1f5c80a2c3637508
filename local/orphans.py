"""What must hold whatever was purged from a PostgreSQL database: every key has its parent, what lives is as it was."""

from typing import Any

from sqlalchemy import Connection, Table, text

from shared.models import Base

_KEYS = """
SELECT c.conname AS name, c.conrelid::regclass::text AS child, c.confrelid::regclass::text AS parent,
       (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(c.conkey) WITH ORDINALITY k (number, place)
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number) AS columns,
       (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(c.confkey) WITH ORDINALITY k (number, place)
        JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number) AS targets
FROM pg_constraint c WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace ORDER BY c.conname
"""


def keys(connection: Connection) -> list[Any]:
    """Every foreign key: name, child, parent, columns and targets."""
    return list(connection.execute(text(_KEYS)))


def orphans(connection: Connection) -> list[str]:
    """The names of the foreign keys with a row whose parent is missing."""
    return [key.name for key in keys(connection) if connection.scalar(text(_orphan(key)))]


def _orphan(key: Any) -> str:
    there = " AND ".join(f"c.{column} IS NOT NULL" for column in key.columns)
    same = " AND ".join(f"p.{target} = c.{column}" for column, target in zip(key.columns, key.targets, strict=True))
    missing = f"NOT EXISTS (SELECT 1 FROM {key.parent} p WHERE {same})"
    return f"SELECT EXISTS (SELECT 1 FROM {key.child} c WHERE {there} AND {missing})"


def live_rows(connection: Connection) -> dict[str, tuple[int, int]]:
    """How many rows of each table are alive, and the sum of the hashes of all that they say.

    Alive is what is not deleted, or else what belongs to nothing but what is not.
    """
    found = {}
    for table in Base.metadata.sorted_tables:
        if alive := _alive(table):
            query = f"SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM {table.name} t WHERE {alive}"
            number, total = connection.execute(text(query)).one()
            found[table.name] = (int(number), int(total))
    return found


def _alive(table: Table) -> str:
    if "deleted_at" in table.c:
        return "t.deleted_at IS NULL"
    parents = [
        (key.referred_table.name, list(key.column_keys)[-1])
        for key in table.foreign_key_constraints
        if "deleted_at" in key.referred_table.c and key.referred_table.name != "stores"
    ]
    return " AND ".join(
        f"EXISTS (SELECT FROM {parent} p WHERE p.id = t.{column} AND p.deleted_at IS NULL)"
        for parent, column in sorted(parents)
    )
