"""One text that stands for a quote, so that an order is placed at the prices that the shopper saw."""

import hashlib
import json
from decimal import Decimal

from shared.pricing.quote import Line, Quote

_SHAPE = 1
"""Raise it when the shape below changes: quotes given before then count as changed."""


def fingerprint(quote: Quote) -> str:
    """SHA-256 (64 hex digits) of all that a shopper agrees to: lines, prices, coupons, shipping, fees, taxes, total.

    The same everywhere and always; the order of the lines does not matter, nor how many zeros an amount ends with.
    """
    shown = {
        "shape": _SHAPE,
        "currency": quote.currency,
        "lines": sorted(_line(line) for line in quote.lines),
        "coupons": sorted([coupon.code, coupon.frees_shipping] for coupon in quote.coupons),
        "shipping": quote.shipping and [quote.shipping.method_id, _text(quote.shipping.cost)],
        "fees": sorted([fee.name, _text(fee.amount)] for fee in quote.fees),
        "taxes": sorted([tax.rate_id, _text(tax.share), _text(tax.amount)] for tax in quote.taxes),
        "discount": _text(quote.booked.discount),
        "tax": _text(quote.booked.tax),
        "total": _text(quote.booked.total),
    }
    canonical = json.dumps(shown, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _line(line: Line) -> list[object]:
    booked = line.booked
    amounts = (line.unit_price, booked.subtotal, booked.discount, booked.total, booked.tax)
    discounts = sorted([share.code, _text(share.amount)] for share in line.discounts)
    return [line.item_id, line.flash_sale_id or "", line.quantity, *map(_text, amounts), discounts]


def _text(amount: Decimal) -> str:
    return format(amount.normalize() + 0, "f")
