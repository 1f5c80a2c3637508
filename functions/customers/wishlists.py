"""Wishlists: what a customer means to buy, private unless they say otherwise."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, or_, select

from functions.customers.callers import customer_of
from functions.customers.changing import assign
from functions.customers.schemas import (
    PublicWishlistRead,
    WishlistCreate,
    WishlistItemCreate,
    WishlistItemRead,
    WishlistRead,
    WishlistsRead,
    WishlistUpdate,
)
from shared.currency import in_currency
from shared.errors import ConflictError, NotFoundError
from shared.models import Customer, Product, Variant, Wishlist, WishlistItem
from shared.models.base import new_id
from shared.on_sale import on_sale
from shared.tenancy import tenant_of
from shared.tenant_session import TenantSession

MOST_LISTS, MOST_ITEMS = 20, 200


def list_wishlists(session: TenantSession, customer_id: str) -> WishlistsRead:
    """The lists of a customer, oldest first, with what is on them."""
    query = select(Wishlist).where(Wishlist.customer_id == customer_id).order_by(Wishlist.created_at, Wishlist.id)
    lists = session.scalars(query).all()
    rows = _items(session, [found.id for found in lists])
    return WishlistsRead(items=[_shown(session, found, rows) for found in lists])


def read_wishlist(session: TenantSession, customer_id: str, wishlist_id: str) -> WishlistRead:
    """A list of a customer. Raises NotFoundError, also for somebody else's."""
    found = _wishlist_of(session, customer_id, wishlist_id)
    return _shown(session, found, _items(session, [found.id]))


def read_public(session: TenantSession, wishlist_id: str) -> PublicWishlistRead:
    """A list by its link. Raises NotFoundError unless it is public, as if there were none."""
    # A customer who was deleted shows nothing any more.
    owner = (Customer.store_id == Wishlist.store_id) & (Customer.id == Wishlist.customer_id)
    query = select(Wishlist).join(Customer, owner).where(Wishlist.id == wishlist_id, Wishlist.is_public)
    found = session.scalar(query)
    if found is None:
        raise _no_such_list()
    shown = _shown(session, found, _items(session, [found.id]))
    return PublicWishlistRead(id=shown.id, name=shown.name, items=shown.items)


def create_wishlist(session: TenantSession, customer_id: str, body: WishlistCreate) -> WishlistRead:
    """Begin a list. Raises ConflictError for one too many."""
    customer_of(session, customer_id, locked=True)
    count = session.scalars(select(func.count(Wishlist.id)).where(Wishlist.customer_id == customer_id)).one()
    if count >= MOST_LISTS:
        raise ConflictError("too_many_wishlists", f"You have {MOST_LISTS} lists already; delete one first.")
    made = Wishlist(id=new_id(), customer_id=customer_id, **body.model_dump())
    session.add(made)
    session.flush()
    return _shown(session, made, [])


def update_wishlist(session: TenantSession, customer_id: str, wishlist_id: str, body: WishlistUpdate) -> WishlistRead:
    """Rename a list, or let others see it. Raises NotFoundError."""
    found = _wishlist_of(session, customer_id, wishlist_id, locked=True)
    assign(found, body.model_dump(exclude_unset=True))
    session.flush()
    return _shown(session, found, _items(session, [found.id]))


def delete_wishlist(session: TenantSession, customer_id: str, wishlist_id: str) -> None:
    """Delete a list. Raises NotFoundError."""
    found = _wishlist_of(session, customer_id, wishlist_id, locked=True)
    session.execute(delete(WishlistItem).where(WishlistItem.wishlist_id == found.id))
    session.delete(found)


def add_item(session: TenantSession, customer_id: str, wishlist_id: str, body: WishlistItemCreate) -> WishlistRead:
    """Put a product on a list; one that is on it already stays where it is.

    Raises NotFoundError for a list or product that is not there, ConflictError for one too many.
    """
    found = _wishlist_of(session, customer_id, wishlist_id, locked=True)
    product_id = _product_id(session, body)
    own = WishlistItem.wishlist_id == found.id
    same = (WishlistItem.product_id == product_id) & WishlistItem.variant_id.is_not_distinct_from(body.variant_id)
    if session.scalar(select(WishlistItem.id).where(own, same)) is None:
        if session.scalars(select(func.count(WishlistItem.id)).where(own)).one() >= MOST_ITEMS:
            raise ConflictError("wishlist_full", f"This list has {MOST_ITEMS} products already; take one off first.")
        session.add(WishlistItem(wishlist_id=found.id, product_id=product_id, variant_id=body.variant_id))
        session.flush()
    return _shown(session, found, _items(session, [found.id]))


def remove_item(session: TenantSession, customer_id: str, wishlist_id: str, item_id: str) -> None:
    """Take a product off a list. Raises NotFoundError."""
    found = _wishlist_of(session, customer_id, wishlist_id, locked=True)
    gone = delete(WishlistItem).where(WishlistItem.wishlist_id == found.id, WishlistItem.id == item_id)
    returned = gone.returning(WishlistItem.id).execution_options(synchronize_session=False)
    if session.scalars(returned).first() is None:
        raise NotFoundError("wishlist_item_not_found", "This is not on the list.")


def _wishlist_of(session: TenantSession, customer_id: str, wishlist_id: str, *, locked: bool = False) -> Wishlist:
    query = select(Wishlist).where(Wishlist.id == wishlist_id, Wishlist.customer_id == customer_id)
    found = session.scalar(query.with_for_update() if locked else query)
    if found is None:
        raise _no_such_list()
    return found


def _no_such_list() -> NotFoundError:
    return NotFoundError("wishlist_not_found", "There is no such list.")


def _product_id(session: TenantSession, body: WishlistItemCreate) -> str:
    named = or_(Product.id == body.product, Product.slug == body.product)
    query = select(Product.id).where(named, *on_sale())
    if body.variant_id is not None:
        of_product = (Variant.store_id == Product.store_id) & (Variant.product_id == Product.id)
        query = query.join(Variant, of_product).where(Variant.id == body.variant_id, Variant.is_active)
    found = session.scalars(query.limit(1)).first()
    if found is None:
        raise NotFoundError("product_not_found", "This store sells no such product.")
    return found


def _items(session: TenantSession, wishlist_ids: list[str]) -> Sequence[Any]:
    """What is on lists and still sold, newest first."""
    of_item = (Product.store_id == WishlistItem.store_id) & (Product.id == WishlistItem.product_id)
    chosen = (Variant.store_id == WishlistItem.store_id) & (Variant.id == WishlistItem.variant_id) & Variant.is_active
    query = (
        select(WishlistItem, Product.slug, Product.name, func.coalesce(Variant.price, Product.price_min).label("price"))
        .join(Product, of_item)
        .outerjoin(Variant, chosen)
        .where(WishlistItem.wishlist_id.in_(wishlist_ids), *on_sale())
        .where(or_(WishlistItem.variant_id.is_(None), Variant.id.is_not(None)))
        .order_by(WishlistItem.created_at.desc(), WishlistItem.id)
    )
    return session.execute(query).all()


def _shown(session: TenantSession, found: Wishlist, rows: Sequence[Any]) -> WishlistRead:
    currency = tenant_of(session).currency
    items = [_item(row, currency) for row in rows if row.WishlistItem.wishlist_id == found.id]
    return WishlistRead(
        id=found.id, name=found.name, is_public=found.is_public, created_at=found.created_at, items=items
    )


def _item(row: Any, currency: str) -> WishlistItemRead:
    item = row.WishlistItem
    return WishlistItemRead(
        id=item.id,
        product_id=item.product_id,
        slug=row.slug,
        name=row.name,
        variant_id=item.variant_id,
        price=str(in_currency(row.price, currency)),
        currency=currency,
        added_at=item.created_at,
    )
