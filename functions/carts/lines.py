"""What stands on the lines of carts, as it is sold at this moment."""

from dataclasses import dataclass

from sqlalchemy import select

from shared.models import Cart, CartItem, Product, Variant
from shared.on_sale import on_sale
from shared.tenant_session import TenantSession


@dataclass(frozen=True, slots=True)
class Sold:
    """A line that can be sold, with what is sold."""

    item: CartItem
    variant: Variant
    product: Product


def lines_of(session: TenantSession, cart: Cart) -> list[tuple[CartItem, Sold | None]]:
    """The lines of a cart, oldest first; None for what is not sold any more."""
    of_variant = (Variant.id == CartItem.variant_id) & (Variant.store_id == CartItem.store_id) & Variant.is_active
    of_product = (Product.id == Variant.product_id) & (Product.store_id == Variant.store_id)
    for condition in on_sale():
        of_product &= condition
    query = select(CartItem, Variant, Product).outerjoin(Variant, of_variant).outerjoin(Product, of_product)
    # A change that somebody else has committed meanwhile is what counts.
    query = query.where(CartItem.cart_id == cart.id).execution_options(populate_existing=True)
    rows = session.execute(query.order_by(CartItem.created_at, CartItem.id))
    return [(item, Sold(item, variant, product) if product is not None else None) for item, variant, product in rows]
