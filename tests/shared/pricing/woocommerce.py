"""A recorded WooCommerce cart, as our cart and rules. A key that is not known here is an error, never ignored."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from shared.pricing import (
    Address,
    Cart,
    Coupon,
    CouponKind,
    Fee,
    Item,
    Quote,
    Rules,
    Shipping,
    TaxRate,
    price_cart,
    rates_at,
)

AT = datetime(2026, 1, 1, tzinfo=UTC)
_KINDS = {
    "percent": CouponKind.PERCENTAGE,
    "fixed_cart": CouponKind.FIXED_CART,
    "fixed_product": CouponKind.FIXED_PRODUCT,
}
_TOTALS = (
    *("subtotal", "subtotal_tax", "discount_total", "discount_tax", "shipping_total", "shipping_tax"),
    *("fee_total", "fee_tax", "cart_contents_total", "cart_contents_tax", "total_tax", "total"),
)


def figures(quote: Quote) -> dict[str, Any]:
    """A quote's totals and lines, as the recording names them, to six decimals."""
    return {
        "totals": {name: _six(getattr(quote, name)) for name in _TOTALS},
        "lines": [
            {
                "line_subtotal": _six(line.subtotal),
                "line_subtotal_tax": _six(line.subtotal_tax),
                "line_total": _six(line.total),
                "line_tax": _six(line.tax),
            }
            for line in quote.lines
        ],
    }


def recorded(case: dict[str, Any]) -> dict[str, Any]:
    """What WooCommerce computed."""
    return {
        "totals": {name: _six(_number(amount)) for name, amount in case["totals"].items()},
        "lines": [{name: _six(_number(amount)) for name, amount in line.items()} for line in case["lines"]],
    }


def quoted(case: dict[str, Any]) -> Quote:
    """What we compute of the same cart."""
    case = dict(case)
    for note in ("id", "note", "_dir"):
        case.pop(note, None)
    rules = Rules(
        currency="USD",
        currency_decimals=int(_of(case, "dp", "decimals", default=2)),
        prices_include_tax=bool(_of(case, "incl")),
        round_at_subtotal=bool(_of(case, "round_subtotal")),
        sequential=bool(_of(case, "sequential", "seq", "calc_discounts_sequentially")),
        shipping_tax_class=_of(case, "shipping_tax_class", "shipping_class"),
        most_coupons=None,
        most_fixed_coupons=None,
        fixed_takes_whole_cart=True,
        # A WooCommerce shop shows its cart without tax unless told otherwise, and counts what it shows.
        minimum_with_tax=_of(case, "display") == "incl",
    )
    shipping = _of(case, "shipping")
    cart = Cart(
        items=tuple(_item(place, dict(item)) for place, item in enumerate(_of(case, "items"))),
        at=AT,
        tax_rates=_rates(_of(case, "rates", default=())),
        coupons=tuple(_coupon(place, dict(coupon)) for place, coupon in enumerate(_of(case, "coupons", default=()))),
        shipping=None if shipping is None else Shipping("flat_rate", _number(shipping)),
        fees=tuple(_fee(dict(fee)) for fee in _of(case, "fees", default=())),
        tax_exempt=bool(_of(case, "exempt", "vat_exempt", "tax_exempt")),
    )
    _all_known(case)
    return price_cart(cart, rules)


def _rates(rates: list[dict[str, Any]]) -> tuple[TaxRate, ...]:
    return rates_at([_rate(place, dict(rate)) for place, rate in enumerate(rates)], Address("BD"))


def _rate(place: int, rate: dict[str, Any]) -> TaxRate:
    made = TaxRate(
        id=f"{place:03}",
        share=_number(_of(rate, "rate")) / 100,
        name=_of(rate, "name", default="Tax"),
        priority=int(_of(rate, "priority", default=1)),
        compound=bool(int(_of(rate, "compound", default=0))),
        on_shipping=bool(int(_of(rate, "shipping", default=1))),
        tax_class=_of(rate, "class", "tax_class", default=""),
    )
    _all_known(rate)
    return made


def _item(place: int, item: dict[str, Any]) -> Item:
    price, sale = _of(item, "price"), _of(item, "sale", "sale_price")
    status = _of(item, "tax_status", default="taxable")
    made = Item(
        id=f"{place:03}",
        product_id=f"{place}",
        price=_number(price if sale is None else sale),
        quantity=int(_of(item, "qty", "quantity", default=1)),
        categories=frozenset(map(str, _of(item, "categories", "cats", default=()))),
        on_sale=sale is not None,
        taxable=bool(_of(item, "taxable", default=status not in ("none", "shipping"))),
        tax_class=_of(item, "tax_class", "class", default=""),
        needs_shipping=not _of(item, "virtual", default=False),
    )
    _all_known(item)
    return made


def _coupon(place: int, coupon: dict[str, Any]) -> Coupon:
    minimum, maximum = _of(coupon, "min", "minimum_amount"), _of(coupon, "max", "maximum_amount")
    # In WooCommerce such a coupon opens another method; it takes nothing off the one that was chosen.
    coupon.pop("free_shipping", None)
    limit = _of(coupon, "limit", "limit_items", "x_items", "limit_x", "limit_usage_to_x_items", "items")
    made = Coupon(
        code=f"c{place:03}",
        kind=_KINDS[_of(coupon, "type")],
        amount=_number(_of(coupon, "amount", default=0)),
        minimum=None if minimum is None else _number(minimum),
        maximum=None if maximum is None else _number(maximum),
        products=frozenset(map(str, _of(coupon, "products", "product_ids", default=()))),
        categories=frozenset(map(str, _of(coupon, "categories", "cats", default=()))),
        excluded_products=frozenset(map(str, _of(coupon, "exclude_products", "excluded_product_ids", default=()))),
        excluded_categories=frozenset(map(str, _of(coupon, "exclude_categories", "exclude_cats", default=()))),
        exclude_sale_items=bool(_of(coupon, "exclude_sale", "exclude_sale_items")),
        individual_use=bool(_of(coupon, "individual", "individual_use")),
        item_limit=None if not limit else int(limit),
    )
    _all_known(coupon)
    return made


def _fee(fee: dict[str, Any]) -> Fee:
    made = Fee(
        name=_of(fee, "name"),
        amount=_number(_of(fee, "amount")),
        taxable=bool(_of(fee, "taxable", default=False)),
        tax_class=_of(fee, "tax_class", "class", default=""),
    )
    _all_known(fee)
    return made


def _of(record: dict[str, Any], *names: str, default: Any = None) -> Any:
    found = [record.pop(name) for name in names if name in record]
    return found[0] if found else default


def _all_known(record: dict[str, Any]) -> None:
    assert not record, f"The recording says more than we read: {sorted(record)}"


def _number(value: Any) -> Decimal:
    return Decimal(str(value))


def _six(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.000001"), rounding="ROUND_HALF_UP")
