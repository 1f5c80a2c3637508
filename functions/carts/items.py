"""The lines of carts."""

from collections.abc import Iterable

from sqlalchemy import delete, select

from shared.errors import ConflictError, FieldError, NotFoundError, invalid
from shared.models import Cart, CartItem, Product, Variant
from shared.models.base import now
from shared.on_sale import on_sale
from shared.stock import total
from shared.tenant_session import TenantSession

MOST_LINES = 50
MOST_UNITS = 10_000


def put(session: TenantSession, cart: Cart, wanted: Iterable[tuple[str, int]], *, merge: bool = False) -> None:
    """Put units of variants into a cart, beside those that are in it.

    Raises InvalidError for what the store does not sell, ConflictError over fifty lines or ten thousand units. With
    `merge`, of lines and units over the most nothing is said; they stay out.
    """
    units = total(wanted)
    if not merge:
        _check_sold(session, units)
    there = {row.variant_id: row for row in session.scalars(select(CartItem).where(CartItem.cart_id == cart.id))}
    for variant_id, quantity in units.items():
        row = there.get(variant_id)
        count = quantity + (row.quantity if row else 0)
        if count > MOST_UNITS and not merge:
            raise ConflictError("too_many_units", f"A line has at most {MOST_UNITS} units.")
        if row is not None:
            row.quantity = min(count, MOST_UNITS)
        elif len(there) < MOST_LINES:
            there[variant_id] = CartItem(cart_id=cart.id, variant_id=variant_id, quantity=min(count, MOST_UNITS))
            session.add(there[variant_id])
        elif not merge:
            raise ConflictError("too_many_lines", f"A cart has at most {MOST_LINES} lines; take one out first.")
    cart.updated_at = now()
    session.flush()


def change(session: TenantSession, cart: Cart, item_id: str, quantity: int) -> None:
    """Let a line have so many units. Raises NotFoundError."""
    row = session.scalar(select(CartItem).where(CartItem.cart_id == cart.id, CartItem.id == item_id))
    if row is None:
        raise NotFoundError("item_not_found", "This cart has no such line.")
    row.quantity = quantity
    cart.updated_at = now()


def take_out(session: TenantSession, cart: Cart, item_id: str) -> None:
    """Take a line out. Raises NotFoundError."""
    gone = delete(CartItem).where(CartItem.cart_id == cart.id, CartItem.id == item_id).returning(CartItem.id)
    if session.execute(gone).first() is None:
        raise NotFoundError("item_not_found", "This cart has no such line.")
    cart.updated_at = now()


def _check_sold(session: TenantSession, units: Iterable[str]) -> None:
    ids = sorted(units)
    of_product = (Product.id == Variant.product_id) & (Product.store_id == Variant.store_id)
    sold = select(Variant.id).join(Product, of_product).where(Variant.id.in_(ids), Variant.is_active)
    sold = sold.where(*on_sale())
    missing = set(ids) - set(session.scalars(sold)) if ids else set()
    if missing:
        message = "The store sells no such variant."
        raise invalid([FieldError(loc=["variant_id", variant_id], message=message) for variant_id in sorted(missing)])
