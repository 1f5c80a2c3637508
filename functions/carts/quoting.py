"""What a cart comes to at this moment: its lines, as they are sold now, through the pricing rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from functions.carts.coupons import codes_of
from functions.carts.lines import Sold, lines_of
from shared import price_inputs, pricing
from shared.models import Cart, Customer, Product
from shared.models.base import now
from shared.shoppers import is_tax_exempt
from shared.tenant_session import TenantSession


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a cart cannot be ordered as it is. `code` is stable."""

    code: str
    message: str
    variant_id: str | None = None


@dataclass(frozen=True, slots=True)
class Priced:
    """A cart with its price, the ways to send it, and what stands in the way of an order."""

    cart: Cart
    sold: Mapping[str, Sold]
    """By the id of the line."""
    rules: pricing.Rules
    quote: pricing.Quote
    choice: pricing.ShippingChoice | None
    option: pricing.ShippingOption | None
    unknown_codes: Sequence[str]
    problems: Sequence[Problem]

    @property
    def fingerprint(self) -> str:
        """What stands for all that a shopper agrees to."""
        return pricing.fingerprint(self.quote)


def price(session: TenantSession, cart: Cart) -> Priced:
    """Work out what a cart comes to. The same few statements, however many lines it has."""
    sold, problems = _sold(session, cart)
    rules, address = price_inputs.rules(session), _address(cart)
    inputs, unknown = _inputs(session, cart, sold, address)
    quote = pricing.price_cart(inputs, rules)
    choice = option = None
    if address is not None and sold:
        weight = sum((one.item.quantity * (one.variant.weight or Decimal(0)) for one in sold.values()), Decimal(0))
        parcel = pricing.Parcel(quote.goods, weight, rules.currency)
        choice = pricing.shipping_choice(price_inputs.zones(session), address, parcel)
        option = next((one for one in choice.options if one.method_id == cart.shipping_rate_id), None)
    if option is not None:
        way = pricing.Shipping(option.method_id, option.cost)
        quote = pricing.price_cart(replace(inputs, shipping=way), rules)
    problems += _missing(cart, sold, choice, option)
    return Priced(cart, sold, rules, quote, choice, option, unknown, problems)


def _sold(session: TenantSession, cart: Cart) -> tuple[dict[str, Sold], list[Problem]]:
    """The lines that can be sold now, and what is wrong with those that cannot."""
    found, problems = {}, []
    for item, sold in lines_of(session, cart):
        if sold is None:
            problems.append(Problem("not_sold", "It is not sold any more; take it out.", item.variant_id))
            continue
        found[item.id], variant = sold, sold.variant
        available = variant.stock_quantity - variant.reserved_quantity
        if variant.track_inventory and available < item.quantity:
            left = f"Only {available} are left." if available > 0 else "It is sold out."
            problems.append(Problem("not_enough_stock", f"{variant.sku}: {left}", variant.id))
    return found, problems


def _inputs(
    session: TenantSession, cart: Cart, sold: Mapping[str, Sold], address: pricing.Address | None
) -> tuple[pricing.Cart, list[str]]:
    """The cart as the rules take it, and the codes that name no coupon."""
    moment = now()
    products = {one.product.id for one in sold.values()}
    categories = price_inputs.categories_of(session, products)
    rates = price_inputs.tax_rates(session, address.country) if address else ()
    here = pricing.rates_at(rates, address) if address else ()
    own = {rate.id: rate for rate in rates}
    codes = codes_of(session, cart)
    coupons = price_inputs.coupons_for(session, codes, _known_buyer(session, cart) if codes else None)
    items = tuple(
        pricing.Item(
            id=one.item.id,
            product_id=one.product.id,
            price=one.variant.price,
            quantity=one.item.quantity,
            categories=categories[one.product.id],
            on_sale=one.variant.compare_at_price is not None,
            taxable=one.product.is_taxable,
            tax_rates=_own_rate(one.product, own, address),
        )
        for one in sold.values()
    )
    made = pricing.Cart(
        items=items,
        at=moment,
        tax_rates=here,
        coupons=coupons,
        flash_sales=price_inputs.flash_sales_now(session, products, moment),
        customer_id=cart.customer_id,
        tax_exempt=cart.customer_id is not None and is_tax_exempt(session, cart.customer_id),
    )
    known = {coupon.code for coupon in coupons}
    return made, [code for code in codes if code not in known]


def _known_buyer(session: TenantSession, cart: Cart) -> str | None:
    """Whose uses of a coupon count: a guest's address is as good as a customer's to count by, though not to prove."""
    if cart.customer_id is not None or cart.email is None:
        return cart.customer_id
    return session.scalar(select(Customer.id).where(Customer.email == cart.email))


def _own_rate(
    product: Product, rates: Mapping[str, pricing.TaxRate], address: pricing.Address | None
) -> tuple[pricing.TaxRate, ...] | None:
    """The rate that a product has instead of the place's, where that is the rate of this place too."""
    if product.tax_rate_id is None or address is None:
        return None
    rate = rates.get(product.tax_rate_id)
    return tuple(pricing.rates_at([rate], address)) if rate is not None else ()


def _address(cart: Cart) -> pricing.Address | None:
    found: dict[str, Any] | None = cart.shipping_address
    if not found:
        return None
    return pricing.Address(found["country"], found.get("state") or "", found["city"], found["postal_code"])


def _missing(
    cart: Cart, sold: Mapping[str, Sold], choice: pricing.ShippingChoice | None, option: pricing.ShippingOption | None
) -> list[Problem]:
    if not sold:
        return [Problem("cart_empty", "There is nothing in the cart that could be ordered.")]
    if choice is None:
        return [Problem("address_missing", "Say where it goes: PUT .../addresses.")]
    if not choice.options:
        return [Problem(str(choice.reason), choice.message or "It cannot be sent there.")]
    if option is None:
        return [Problem("shipping_missing", "Choose how it is sent: PUT .../shipping-option.")]
    return []
