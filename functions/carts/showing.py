"""Carts, quotes and orders as shoppers see them."""

from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import select

from functions.carts.coupons import codes_of
from functions.carts.lines import Sold, lines_of
from functions.carts.quoting import Priced
from functions.carts.schemas import (
    CartItemRead,
    CartRead,
    OrderPlaced,
    OrderPlacedLine,
    QuoteDiscountRead,
    QuoteLineRead,
    QuoteProblemRead,
    QuoteRead,
    QuoteRefusalRead,
    QuoteTaxRead,
    ShippingOptionRead,
    ShippingOptionsRead,
)
from shared import pricing
from shared.currency import in_currency
from shared.models import Cart, CartItem, Media, Order, OrderItem, Payment
from shared.tenancy import tenant_of
from shared.tenant_session import TenantSession

_PLAIN = CartRead.model_fields.keys() - {"currency", "items", "coupons"}


def cart_shown(session: TenantSession, cart: Cart) -> CartRead:
    """A cart with its lines."""
    session.flush()
    session.refresh(cart)
    return CartRead(
        **{name: getattr(cart, name) for name in _PLAIN},
        currency=tenant_of(session).currency,
        items=_items(session, cart),
        coupons=codes_of(session, cart),
    )


def quote_shown(priced: Priced) -> QuoteRead:
    """What a cart comes to."""
    quote, currency = priced.quote, priced.rules.currency
    booked = quote.booked
    return QuoteRead(
        cart_id=priced.cart.id,
        currency=currency,
        prices_include_tax=priced.rules.prices_include_tax,
        lines=[_line(priced, line) for line in quote.lines],
        coupons=[
            QuoteDiscountRead(
                code=one.code, amount=in_currency(one.discount, currency), frees_shipping=one.frees_shipping
            )
            for one in quote.coupons
        ],
        refused_coupons=_refused(priced),
        shipping=option_shown(priced.option, currency) if priced.option else None,
        subtotal=in_currency(booked.subtotal, currency),
        discount=in_currency(booked.discount, currency),
        shipping_cost=in_currency(booked.shipping, currency),
        tax=in_currency(booked.tax, currency),
        taxes=[
            QuoteTaxRead(name=tax.name, rate=_percent(tax.share), amount=in_currency(tax.amount, currency))
            for tax in quote.taxes
        ],
        total=in_currency(booked.total, currency),
        problems=[QuoteProblemRead.model_validate(one, from_attributes=True) for one in priced.problems],
        fingerprint=priced.fingerprint,
    )


def options_shown(priced: Priced) -> ShippingOptionsRead:
    """The ways to send a cart."""
    if priced.choice is None:
        why = next(one for one in priced.problems if one.code in ("address_missing", "cart_empty"))
        return ShippingOptionsRead(items=[], code=why.code, message=why.message)
    items = [option_shown(option, priced.rules.currency) for option in priced.choice.options]
    code = None if items else str(priced.choice.reason)
    return ShippingOptionsRead(items=items, code=code, message=None if items else priced.choice.message)


def order_shown(session: TenantSession, order: Order, token: str | None) -> OrderPlaced:
    """An order that was just placed."""
    currency = order.currency or tenant_of(session).currency
    lines = session.scalars(select(OrderItem).where(OrderItem.order_id == order.id).order_by(OrderItem.id)).all()
    payment = session.scalars(select(Payment.method).where(Payment.order_id == order.id)).first()
    amounts = {"subtotal": order.subtotal, "discount": order.discount_amount, "shipping_cost": order.shipping_cost}
    amounts |= {"tax": order.tax_amount, "total": order.total}
    return OrderPlaced(
        id=order.id,
        order_number=order.order_number,
        status=order.status,
        payment_status=order.payment_status,
        payment_method=str(payment),
        currency=currency,
        **{name: in_currency(value, currency) for name, value in amounts.items()},
        items=[_placed(line, currency) for line in lines],
        email=order.customer_email,
        pay_before=order.auto_cancel_at,
        access_token=token,
    )


def _placed(line: OrderItem, currency: str) -> OrderPlacedLine:
    return OrderPlacedLine(
        name=line.product_name,
        sku=line.variant_sku,
        quantity=line.quantity,
        unit_price=in_currency(line.unit_price, currency),
        total=in_currency(line.subtotal - line.discount_amount, currency),
        tax=in_currency(line.tax_amount, currency),
    )


def option_shown(option: pricing.ShippingOption, currency: str) -> ShippingOptionRead:
    """A way to send it."""
    return ShippingOptionRead(
        id=option.method_id,
        name=option.name,
        cost=in_currency(option.cost, currency),
        min_days=option.min_days,
        max_days=option.max_days,
    )


def _line(priced: Priced, line: pricing.Line) -> QuoteLineRead:
    sold, currency, booked = priced.sold[line.item_id], priced.rules.currency, line.booked
    return QuoteLineRead(
        item_id=line.item_id,
        variant_id=sold.variant.id,
        name=sold.product.name,
        sku=sold.variant.sku,
        quantity=line.quantity,
        regular_price=in_currency(line.regular_price, currency),
        unit_price=in_currency(line.unit_price, currency),
        subtotal=in_currency(booked.subtotal, currency),
        discount=in_currency(booked.discount, currency),
        total=in_currency(booked.total, currency),
        tax=in_currency(booked.tax, currency),
        flash_sale_id=line.flash_sale_id,
    )


def _refused(priced: Priced) -> list[QuoteRefusalRead]:
    known = [
        QuoteRefusalRead(code=one.code, reason=str(one.reason), message=one.message) for one in priced.quote.dropped
    ]
    unknown = "There is no such coupon."
    return known + [
        QuoteRefusalRead(code=code, reason="coupon_unknown", message=unknown) for code in priced.unknown_codes
    ]


def _items(session: TenantSession, cart: Cart) -> list[CartItemRead]:
    lines = lines_of(session, cart)
    images = _images(session, {sold.product.id for _, sold in lines if sold is not None})
    currency = tenant_of(session).currency
    return [_item(item, sold, images, currency) for item, sold in lines]


def _item(item: CartItem, sold: Sold | None, images: dict[str, str], currency: str) -> CartItemRead:
    if sold is None:
        return CartItemRead(id=item.id, variant_id=item.variant_id, quantity=item.quantity)
    variant, before = sold.variant, sold.variant.compare_at_price
    return CartItemRead(
        id=item.id,
        variant_id=variant.id,
        product_slug=sold.product.slug,
        name=sold.product.name,
        sku=variant.sku,
        options={str(name): str(value) for name, value in variant.attributes.items()},
        quantity=item.quantity,
        available=variant.stock_quantity - variant.reserved_quantity if variant.track_inventory else None,
        unit_price=in_currency(variant.price, currency),
        compare_at_price=None if before is None else in_currency(before, currency),
        image_url=images.get(sold.product.id),
    )


def _images(session: TenantSession, product_ids: Iterable[str]) -> dict[str, str]:
    """The picture of each product, by its id: the featured one, else the first."""
    query = select(Media.product_id, Media.thumbnail_url, Media.url).where(Media.product_id.in_(product_ids))
    found: dict[str, str] = {}
    for row in session.execute(query.order_by(Media.is_featured.desc(), Media.display_order, Media.id)):
        found.setdefault(row.product_id, row.thumbnail_url or row.url)
    return found


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f}"
