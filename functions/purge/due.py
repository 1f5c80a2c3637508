"""Which rows are due: deleted long enough ago, by a deletion of their own, needed by nothing, and not under a hold."""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Table, and_, exists, false, func, literal, or_, select

from functions.purge.kinds import links_to, parents_of
from functions.purge.retention import FIGURES, Kept
from shared.models import Base
from shared.privacy.holds import Held

_T = Base.metadata.tables
BEGUN = datetime(1970, 1, 1, tzinfo=UTC)
"""The `purged_at` of a row that the purge has begun with, so that nobody brings it back, and has not finished."""


def is_due(table: Table, kept: Kept, held: Held, moment: datetime) -> ColumnElement[bool]:
    """Whether a row of a store's table is for the purge, or what it left of one by now is."""
    old: ColumnElement[bool]
    if kept.goes(moment):
        old = table.c.deleted_at.is_not(None)
    else:
        old = table.c.deleted_at < kept.cut_off(table.name, moment)
        old = and_(old, *_by_its_own_deletion(table, kept))
    return and_(
        table.c.store_id == kept.store_id,
        old,
        is_unfinished(table, moment),
        *_free_of_the_living(table),
        *_free_of_holds(table, held),
    )


def is_unfinished(table: Table, moment: datetime) -> ColumnElement[bool]:
    """Whether the purge has something left to do with a deleted row: with all but what stays and is done."""
    return or_(table.c.purged_at.is_(None), table.c.purged_at == BEGUN, ~stays(table, moment))


def stays(table: Table, moment: datetime) -> ColumnElement[bool]:
    """Whether something has to stay of a row: what was sold, who wrote what is read, what the tax office asks for."""
    lines, variants, reviews = _T["order_items"].c, _T["variants"].c, _T["product_reviews"].c
    own = table.c.store_id if "store_id" in table.c else None
    if table.name == "orders":
        return table.c.created_at > moment - FIGURES
    if table.name == "variants":
        return _is_one(lines.store_id == own, lines.variant_id == table.c.id)
    if table.name == "products":
        sold = (lines.store_id == own, lines.variant_id == variants.id)
        return _is_one(variants.store_id == own, variants.product_id == table.c.id, *sold)
    if table.name == "customers":
        return _is_one(reviews.store_id == own, reviews.customer_id == table.c.id, reviews.deleted_at.is_(None))
    return false()


def _is_one(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether there is such a row, looked up for the row at hand.

    For EXISTS beside an OR PostgreSQL reads all such rows of every store into memory first, whatever the LIMIT is.
    """
    return select(literal(1)).where(*where).limit(1).scalar_subquery().is_not(None)


def _by_its_own_deletion(table: Table, kept: Kept) -> list[ColumnElement[bool]]:
    """What was deleted with its product, customer or store is kept as long as that is, to come back with it."""
    found: list[ColumnElement[bool]] = []
    for column, parent in parents_of(table):
        above = parent.alias()
        with_it = (above.c.store_id == table.c.store_id, above.c.id == table.c[column])
        found.append(~exists().where(*with_it, above.c.deletion_id == table.c.deletion_id))
    if kept.deletion_id is not None:
        found.append(table.c.deletion_id != kept.deletion_id)
    return found


def _free_of_the_living(table: Table) -> list[ColumnElement[bool]]:
    """Nothing that is alive goes with what it belongs to; a customer whose reviews are read stays as nobody."""
    return [
        ~exists().where(
            link.child.c.store_id == table.c.store_id,
            link.child.c[link.column] == table.c.id,
            link.child.c.deleted_at.is_(None),
        )
        for link in links_to(table)
        if link.on_delete == "CASCADE" and "deleted_at" in link.child.c and table.name != "customers"
    ]


def _free_of_holds(table: Table, held: Held) -> list[ColumnElement[bool]]:
    if not held.ids:
        return []
    if table.name == "customers":
        return [table.c.id.not_in(held.ids)]
    found: list[ColumnElement[bool]] = []
    if "customer_id" in table.c:
        found.append(or_(table.c.customer_id.is_(None), table.c.customer_id.not_in(held.ids)))
    if table.name == "orders":
        found.append(func.lower(table.c.customer_email).not_in(held.mails))
    for link in links_to(table):
        # What a held customer said of a product goes no earlier than they do.
        if link.on_delete == "CASCADE" and "customer_id" in link.child.c and table.name != "orders":
            child = link.child.c
            theirs = (child.store_id == table.c.store_id, child[link.column] == table.c.id)
            found.append(~exists().where(*theirs, child.customer_id.in_(held.ids)))
    return found
