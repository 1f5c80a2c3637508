"""An order's rows, as a quote has them: snapshots of prices, names and addresses."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from functions.carts.quoting import Priced
from functions.carts.schemas import CheckoutRequest
from shared import outbox, pricing
from shared.currency import in_currency
from shared.models import (
    Coupon,
    CouponRedemption,
    Customer,
    Order,
    OrderItem,
    Payment,
)
from shared.models.base import new_id
from shared.models.enums import PaymentMethod
from shared.order_numbers import next_number
from shared.settings import settings
from shared.tenant_session import TenantSession
from shared.tokens import new_token, token_hash


def write_order(  # noqa: PLR0913, PLR0917 - all that an order remembers
    session: TenantSession,
    priced: Priced,
    body: CheckoutRequest,
    email: str,
    client: Mapping[str, str],
    deadline: datetime | None,
) -> tuple[Order, str | None]:
    """Write an order with its lines, its payment, what its coupons took off, and the mail that tells of it."""
    cart, booked = priced.cart, priced.quote.booked
    token = new_token() if cart.customer_id is None else None
    order = Order(
        id=new_id(),
        customer_id=cart.customer_id or _guest(session, cart.shipping_address or {}, email, cart.phone),
        order_number=next_number(session),
        currency=priced.rules.currency,
        subtotal=booked.subtotal,
        discount_amount=booked.discount,
        shipping_cost=booked.shipping,
        shipping_tax=booked.shipping_tax,
        tax_amount=booked.tax,
        total=booked.total,
        coupon_code=", ".join(coupon.code for coupon in priced.quote.coupons) or None,
        shipping_address=cart.shipping_address,
        billing_address=cart.billing_address or cart.shipping_address,
        customer_email=email,
        customer_phone=cart.phone,
        ip_address=client.get("sourceIp"),
        user_agent=(client.get("userAgent") or "")[:500] or None,
        notes=body.notes,
        auto_cancel_at=deadline,
        cart_id=cart.id,
        access_token_hash=token_hash(token) if token else None,
        shipping_rate_id=priced.option.method_id if priced.option else None,
        shipping_method=priced.option.name if priced.option else None,
        taxes=[_tax(tax) for tax in priced.quote.taxes],
        discounts=[{"code": one.code, "amount": str(one.discount)} for one in priced.quote.coupons],
    )
    session.add(order)
    session.flush()
    session.add_all(_item(priced, order, line) for line in priced.quote.lines)
    session.add(_payment(order, PaymentMethod(body.payment_method)))
    session.flush()
    _redeem(session, priced, order)
    _tell(session, priced, order)
    return order, token


def _item(priced: Priced, order: Order, line: pricing.Line) -> OrderItem:
    sold, booked = priced.sold[line.item_id], line.booked
    return OrderItem(
        order_id=order.id,
        variant_id=sold.variant.id,
        product_id=sold.product.id,
        product_name=sold.product.name,
        variant_sku=sold.variant.sku,
        attributes=sold.variant.attributes,
        quantity=line.quantity,
        unit_price=line.unit_price,
        regular_price=line.regular_price,
        flash_sale_id=line.flash_sale_id,
        subtotal=booked.subtotal,
        discount_amount=booked.discount,
        tax_amount=booked.tax,
        taxes=[_tax(tax) for tax in line.taxes],
        discounts=[{"code": share.code, "amount": str(share.amount)} for share in line.discounts],
    )


def _payment(order: Order, method: PaymentMethod) -> Payment:
    return Payment(
        order_id=order.id, method=method, gateway="manual", amount=order.total, currency=order.currency or "USD"
    )


def _redeem(session: TenantSession, priced: Priced, order: Order) -> None:
    """Count each coupon; its row is locked, so its limits hold."""
    taken = {coupon.code: coupon.discount for coupon in priced.quote.coupons}
    rows = select(Coupon.id, Coupon.code).where(Coupon.code.in_(taken)).order_by(Coupon.id)
    for row in session.execute(rows).all() if taken else ():
        amount = in_currency(taken[row.code], priced.rules.currency)
        session.add(CouponRedemption(coupon_id=row.id, order_id=order.id, customer_id=order.customer_id, amount=amount))
        session.execute(
            update(Coupon)
            .where(Coupon.id == row.id)
            .values(current_usage_count=Coupon.current_usage_count + 1)
            .execution_options(synchronize_session=False)
        )


def _guest(session: TenantSession, address: Mapping[str, Any], email: str, phone: str | None) -> str:
    """The customer whose e-mail address a guest gives: the one there is, or a new one without a password."""
    for _ in range(2):
        found = session.scalar(select(Customer.id).where(Customer.email == email))
        if found is not None:
            return found
        values = {
            "id": new_id(),
            "store_id": session.store_id,
            "email": email,
            "first_name": address.get("first_name") or "",
            "last_name": address.get("last_name"),
            "phone": phone,
            "is_guest": True,
        }
        dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        session.execute(dialect.insert(Customer).values(values).on_conflict_do_nothing())
    raise AssertionError("a customer who is there cannot be found")


def _tell(session: TenantSession, priced: Priced, order: Order) -> None:
    currency = priced.rules.currency
    mail = {
        "template": "order_placed",
        "recipient": order.customer_email,
        "key": f"placed:{order.id}",
        "order_number": order.order_number,
        "total": str(in_currency(order.total, currency)),
        "currency": currency,
        "lines": [
            {
                "name": priced.sold[line.item_id].product.name,
                "quantity": line.quantity,
                "total": str(in_currency(line.booked.total, currency)),
            }
            for line in priced.quote.lines
        ],
    }
    outbox.publish(session, "shop_mail", mail, settings().mail_queue_url)


def _tax(tax: pricing.TaxAmount) -> dict[str, str]:
    return {"rate_id": tax.rate_id, "name": tax.name, "rate": _text(tax.share), "amount": _text(tax.amount)}


def _text(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
