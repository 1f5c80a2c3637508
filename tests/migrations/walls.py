"""The walk over PostgreSQL's catalogue and the models that finds every tenant-scoped table which lacks a wall."""

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from shared.models import Base, Store, TenantScoped

GLOBAL = frozenset(
    {
        "subscription_plans",
        "roles",
        "users",
        "accounts",
        "sessions",
        "verification_tokens",
        "password_histories",
        "platform_members",
        "sign_in_attempts",
        "account_mails",
        "request_counts",
        "file_deletions",
        "job_runs",
        "alembic_version",
    }
)
STORE_MAY_BE_MISSING = {"audit_logs"}
IDENTITY = "{stormcom_identity}"
SEEN_BY_IDENTITY = {
    "stores": ("SELECT", "true", None),
    "store_subscriptions": ("SELECT", "true", None),
    "user_stores": ("ALL", "true", "true"),
    "staff_invitations": ("ALL", "true", "true"),
    "audit_logs": ("INSERT", None, "true"),
}
"""What the role that knows users sees of stores, and no more."""

_RELATIONS = """
SELECT c.relname AS name, c.relkind IN ('r', 'p') AS is_table, c.relrowsecurity AS enabled,
       c.relforcerowsecurity AS forced,
       (SELECT a.attnotnull FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'store_id') AS store_required
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
_POLICIES = """
SELECT tablename, policyname, permissive, roles::text AS roles, cmd, qual, with_check
FROM pg_policies WHERE schemaname = 'public'
"""
_COLUMNS = """
ARRAY(SELECT a.attname::text FROM unnest({numbers}) WITH ORDINALITY AS k (number, place)
      JOIN pg_attribute a ON a.attrelid = {table} AND a.attnum = k.number ORDER BY k.place)
"""
_FOREIGN_KEYS = f"""
SELECT conrelid::regclass::text AS child, {_COLUMNS.format(numbers="conkey", table="conrelid")} AS columns,
       confrelid::regclass::text AS parent, {_COLUMNS.format(numbers="confkey", table="confrelid")} AS targets
FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace
"""
_INDEXES = f"""
SELECT indrelid::regclass::text AS "table", indexrelid::regclass::text AS name, indisunique AS is_unique,
       indisprimary AS is_primary, pg_get_expr(indpred, indrelid) AS predicate,
       {_COLUMNS.format(numbers="indkey::smallint[]", table="indrelid")} AS columns
FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE c.relnamespace = 'public'::regnamespace
"""


def rows(connection: Connection, query: str) -> list[RowMapping]:
    """What a query finds."""
    return list(connection.execute(text(query)).mappings())


def indexes(connection: Connection) -> list[RowMapping]:
    """Every index: table, name, is_unique, is_primary, predicate and columns in order."""
    return rows(connection, _INDEXES)


def foreign_keys(connection: Connection) -> list[RowMapping]:
    """Every foreign key: child, columns, parent and targets, in order."""
    return rows(connection, _FOREIGN_KEYS)


def models() -> dict[str, type[Any]]:
    """Every mapped class by its table."""
    return {str(mapper.class_.__tablename__): mapper.class_ for mapper in Base.registry.mappers}


def tenant_tables() -> set[str]:
    """The tables of which each row belongs to one store, stores among them."""
    return {table for table, cls in models().items() if issubclass(cls, TenantScoped | Store)}


def missing_walls(connection: Connection) -> list[str]:
    """A line `table: what is wrong` for each wall that does not stand."""
    scoped = tenant_tables()
    found = [check(connection, scoped) for check in (_relations, _policies, _keys, _uniques)]
    return sorted(line for lines in found for line in lines)


def _relations(connection: Connection, scoped: set[str]) -> Iterator[str]:
    found = {row["name"]: row for row in rows(connection, _RELATIONS)}
    yield from (f"{name}: no such table" for name in (scoped | set(models())) - found.keys())
    for name, row in found.items():
        if not row["is_table"] or name not in scoped | GLOBAL:
            yield f"{name}: neither tenant-scoped nor global"
        elif name in GLOBAL:
            if row["store_required"] is not None:
                yield f"{name}: global, yet it has a store_id"
        else:
            yield from _security(row)


def _security(row: RowMapping) -> Iterator[str]:
    if not row["enabled"]:
        yield f"{row['name']}: row-level security is off"
    if not row["forced"]:
        yield f"{row['name']}: row-level security is not forced"
    if row["name"] != "stores" and not row["store_required"] and row["name"] not in STORE_MAY_BE_MISSING:
        yield f"{row['name']}: store_id may be missing"


def _policies(connection: Connection, scoped: set[str]) -> Iterator[str]:
    found = {(row["tablename"], row["policyname"]): row for row in rows(connection, _POLICIES)}
    for table in scoped:
        owner = "id" if table == "stores" else "store_id"
        own = f"{owner} = SELECT app.current_store AS current_store"
        yield from _policy(table, "tenant", found.pop((table, "tenant"), None), own)
        yield from _policy(table, "platform", found.pop((table, "platform"), None), "true")
    for table, expected in SEEN_BY_IDENTITY.items():
        row = found.pop((table, "identity"), None)
        if row is None or (row["cmd"], row["qual"], row["with_check"]) != expected or row["roles"] != IDENTITY:
            yield f"{table}: policy identity is not as it should be"
    yield from (f"{table}: unexpected policy {name}" for table, name in found)


def _policy(table: str, name: str, row: RowMapping | None, rule: str) -> Iterator[str]:
    if row is None:
        yield f"{table}: no policy {name}"
        return
    role = "{stormcom_function}" if name == "tenant" else "{stormcom_platform}"
    if (row["permissive"], row["roles"], row["cmd"]) != ("PERMISSIVE", role, "ALL"):
        yield f"{table}: policy {name} is not for all that {role} does"
    for side, given in {"USING": row["qual"], "WITH CHECK": row["with_check"]}.items():
        # Parentheses and spaces are PostgreSQL's own way of writing.
        if " ".join(re.sub(r"[()]", " ", given or "").split()) != rule:
            yield f"{table}: policy {name} has a wrong {side}"


def _keys(connection: Connection, scoped: set[str]) -> Iterator[str]:
    found = {(row["child"], tuple(row["columns"]), row["parent"]) for row in foreign_keys(connection)}
    for table in Base.metadata.tables.values():
        for key in table.foreign_key_constraints:
            if (table.name, tuple(key.column_keys), key.referred_table.name) not in found:
                yield f"{table.name}: no foreign key ({', '.join(key.column_keys)})"
    for row in foreign_keys(connection):
        ends = (row["columns"], row["targets"])
        if row["parent"] == "stores":
            inside = ends == (["store_id"], ["id"])
        else:
            inside = row["parent"] not in scoped or all(len(end) > 1 and end[0] == "store_id" for end in ends)
        if not inside:
            yield f"{row['child']}: foreign key ({', '.join(row['columns'])}) can leave the store"
    with_store = {child for child, _, parent in found if parent == "stores"}
    yield from (f"{table}: does not belong to a store" for table in scoped - with_store - {"stores"})


def _uniques(connection: Connection, scoped: set[str]) -> Iterator[str]:
    found = [row for row in indexes(connection) if row["is_unique"] and row["table"] in scoped - {"stores"}]
    whole = {row["table"] for row in found if row["columns"] == ["store_id", "id"] and row["predicate"] is None}
    yield from (f"{table}: no unique (store_id, id)" for table in scoped - whole - {"stores"})
    for row in found:
        if not row["is_primary"] and "store_id" not in row["columns"]:
            yield f"{row['table']}: unique {row['name']} reaches over stores"
