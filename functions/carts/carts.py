"""Carts: whose they are, and how one is opened, found, merged and left."""

import hmac
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select

from functions.carts.coupons import codes_of
from functions.carts.items import put
from functions.carts.schemas import CartCreate
from shared.cart_life import LASTS
from shared.errors import NotFoundError
from shared.models import Cart, CartCoupon, CartItem
from shared.models.base import new_id, now
from shared.shoppers import CustomerPrincipal, signed_in
from shared.tenant_session import TenantSession
from shared.tokens import new_token, token_hash


def open_cart(session: TenantSession, event: Mapping[str, Any], body: CartCreate) -> tuple[Cart, str | None]:
    """A new cart and the token of a guest's. A customer goes on with the one there is.

    What a guest's cart holds, whose token comes along, is put into the customer's. Raises as `put`.
    """
    caller = signed_in(session, event)
    token = None
    if caller is not None:
        cart = _of_customer(session, caller)
        _take_over(session, cart, event)
    else:
        token = new_token()
        cart = _new(session, token_hash=token_hash(token))
    if body.email is not None:
        cart.email = body.email
    put(session, cart, [(one.variant_id, one.quantity) for one in body.items])
    session.flush()
    return cart, token


def cart_of(session: TenantSession, event: Mapping[str, Any], cart_id: str, *, lock: bool = False) -> Cart:
    """The caller's cart. Raises NotFoundError for one that is somebody else's, was ordered or has expired."""
    query = select(Cart).where(Cart.id == cart_id, Cart.converted_order_id.is_(None), Cart.expires_at > now())
    # What it was before the lock is not what it is now.
    cart = session.scalar(query.with_for_update().execution_options(populate_existing=True) if lock else query)
    if cart is None or not _owns(session, event, cart):
        raise NotFoundError("cart_not_found", "There is no such cart, or it is not yours; POST /v1/storefront/carts.")
    if lock:
        cart.expires_at = now() + LASTS
    return cart


def leave_cart(session: TenantSession, cart: Cart) -> None:
    """Throw a cart away with all that is in it."""
    for model in (CartCoupon, CartItem):
        session.execute(delete(model).where(model.cart_id == cart.id))
    session.delete(cart)


def _new(session: TenantSession, **owner: str) -> Cart:
    cart = Cart(id=new_id(), expires_at=now() + LASTS, **owner)
    session.add(cart)
    session.flush()
    return cart


def _of_customer(session: TenantSession, caller: CustomerPrincipal) -> Cart:
    query = select(Cart).where(Cart.customer_id == caller.customer_id, Cart.converted_order_id.is_(None))
    query = query.where(Cart.expires_at > now()).order_by(Cart.created_at.desc(), Cart.id).limit(1)
    cart = session.scalar(query.with_for_update())
    if cart is None:
        cart = _new(session, customer_id=caller.customer_id)
        cart.email = caller.email
    return cart


def _take_over(session: TenantSession, cart: Cart, event: Mapping[str, Any]) -> None:
    token = _token(event)
    if token is None:
        return
    query = select(Cart).where(Cart.token_hash == token_hash(token), Cart.converted_order_id.is_(None))
    guests = session.scalar(query.where(Cart.expires_at > now(), Cart.id != cart.id).with_for_update())
    if guests is None:
        return
    lines = select(CartItem).where(CartItem.cart_id == guests.id).order_by(CartItem.created_at, CartItem.id)
    put(session, cart, [(row.variant_id, row.quantity) for row in session.scalars(lines)], merge=True)
    known = codes_of(session, cart)
    for code in codes_of(session, guests):
        if code not in known:
            session.add(CartCoupon(cart_id=cart.id, code=code))
    for name in ("shipping_address", "billing_address", "phone", "shipping_rate_id", "notes"):
        setattr(cart, name, getattr(cart, name) or getattr(guests, name))
    leave_cart(session, guests)


def _owns(session: TenantSession, event: Mapping[str, Any], cart: Cart) -> bool:
    if cart.customer_id is not None:
        caller = signed_in(session, event)
        return caller is not None and caller.customer_id == cart.customer_id
    token = _token(event)
    return token is not None and hmac.compare_digest(token_hash(token), cart.token_hash or "")


def _token(event: Mapping[str, Any]) -> str | None:
    found: str | None = event.get("headers", {}).get("x-cart-token")
    return found
