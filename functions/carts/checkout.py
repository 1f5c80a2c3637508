"""From a cart to an order, in one transaction: lock, price anew, hold the stock, use the coupons, number it, write it.

Everything that others may want at the same time is locked before it is looked at, always in the same order (cart,
coupons, flash sales, variants, each by id), so that two checkouts wait for each other instead of deadlocking.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from functions.carts.quoting import Priced, price
from functions.carts.schemas import CheckoutRequest
from functions.carts.showing import quote_shown
from functions.carts.writing import write_order
from shared.errors import ConflictError, FieldError, invalid
from shared.models import Cart, CartCoupon, CartItem, Coupon, FlashSale, FlashSaleItem, Order, Payment, Store, Variant
from shared.models.base import now
from shared.models.enums import FlashSaleStatus, PaymentMethod
from shared.orders.buyers import count_orders
from shared.orders.paying import captured
from shared.plan_limits import Resource, take_place
from shared.stock import Holder, reserve, total
from shared.tenant_session import TenantSession

_HELD_FOR_DELIVERY = timedelta(days=365)
"""Longer than anybody waits: what an order holds ends when it is confirmed or cancelled, and never by itself."""


def place_order(
    session: TenantSession, cart: Cart, body: CheckoutRequest, client: Mapping[str, str]
) -> tuple[Order, str | None]:
    """Make an order of a locked cart. Returns it, with the token that lets a guest look at it.

    Raises InvalidError without an e-mail address; ConflictError with the new quote when it is not as it was quoted,
    `not_enough_stock` or `quote_changed`; PlanError when the store's plan allows no more orders.
    """
    email = body.email or cart.email
    if email is None:
        raise invalid([FieldError(loc=["body", "email"], message="Say where the order is confirmed to.")])
    cart.email = email
    _lock(session, cart)
    priced = price(session, cart)
    if priced.problems or priced.unknown_codes or priced.fingerprint != body.fingerprint:
        raise _changed(priced)
    take_place(session, Resource.ORDERS)
    method = PaymentMethod(body.payment_method)
    deadline = _deadline(session, method)
    order, token = write_order(session, priced, body, email, client, deadline)
    demand = total((priced.sold[line.item_id].variant.id, line.quantity) for line in priced.quote.lines)
    reserve(session, demand, Holder(order_id=order.id), deadline or now() + _HELD_FOR_DELIVERY)
    _count_sales(session, priced)
    _empty(session, cart, order)
    if not order.total:
        # Nothing is due, so nobody would ever pay it.
        captured(session, session.scalars(select(Payment).where(Payment.order_id == order.id)).one())
    count_orders(session, order.customer_id)
    return order, token


def _lock(session: TenantSession, cart: Cart) -> None:
    codes = select(CartCoupon.code).where(CartCoupon.cart_id == cart.id)
    session.execute(select(Coupon.id).where(Coupon.code.in_(codes)).order_by(Coupon.id).with_for_update())
    variants = select(CartItem.variant_id).where(CartItem.cart_id == cart.id)
    products = select(Variant.product_id).where(Variant.id.in_(variants))
    running = select(FlashSale.id).where(FlashSale.status != FlashSaleStatus.CANCELED, FlashSale.end_at > now())
    sales = select(FlashSaleItem.id).where(
        FlashSaleItem.product_id.in_(products), FlashSaleItem.flash_sale_id.in_(running)
    )
    session.execute(sales.order_by(FlashSaleItem.id).with_for_update())
    session.execute(select(Variant.id).where(Variant.id.in_(variants)).order_by(Variant.id).with_for_update())


def _changed(priced: Priced) -> ConflictError:
    short = [one for one in priced.problems if one.code == "not_enough_stock"]
    errors = [FieldError(loc=["variant_id", one.variant_id or ""], message=one.message) for one in priced.problems]
    quote: dict[str, Any] = quote_shown(priced).model_dump(mode="json")
    if short:
        return ConflictError(
            "not_enough_stock", "There is not enough stock; `errors` says of what.", errors, quote=quote
        )
    detail = "It is not what was quoted; `quote` has what it comes to now. Show it, and order with its fingerprint."
    return ConflictError("quote_changed", detail, errors, quote=quote)


def _deadline(session: TenantSession, method: PaymentMethod) -> datetime | None:
    """Until when an order must be paid; None for one that is paid on delivery."""
    if method is PaymentMethod.CASH_ON_DELIVERY:
        return None
    return now() + timedelta(minutes=session.scalars(select(Store.unpaid_order_minutes)).one())


def _count_sales(session: TenantSession, priced: Priced) -> None:
    """What a flash sale has sold; its rows are locked, so its limit holds."""
    sold = total(
        (f"{line.flash_sale_id} {line.product_id}", line.quantity) for line in priced.quote.lines if line.flash_sale_id
    )
    for key, units in sorted(sold.items()):
        sale_id, product_id = key.split()
        session.execute(
            update(FlashSaleItem)
            .where(FlashSaleItem.flash_sale_id == sale_id, FlashSaleItem.product_id == product_id)
            .values(quantity_sold=FlashSaleItem.quantity_sold + units)
            .execution_options(synchronize_session=False)
        )


def _empty(session: TenantSession, cart: Cart, order: Order) -> None:
    for model in (CartCoupon, CartItem):
        session.execute(delete(model).where(model.cart_id == cart.id))
    cart.converted_order_id = order.id
    session.flush()
