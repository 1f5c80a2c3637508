"""Which units of a cart a flash sale reaches, and their price."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from shared.pricing.cart import Cart, FlashSale, Item, SaleKind
from shared.pricing.money import rounded


@dataclass(frozen=True, slots=True)
class Part:
    """Units of an item at one price, in the currency, before coupons."""

    item: Item
    quantity: int
    unit_price: Decimal
    flash_sale_id: str | None = None


def sale_price(price: Decimal, sale: FlashSale, decimals: int) -> Decimal:
    """A unit's price in a sale, rounded half up to so many decimals; never below nothing, never above the price."""
    less = price * sale.value / 100 if sale.kind is SaleKind.PERCENTAGE else sale.value
    return min(price, max(Decimal(0), rounded(price - less, decimals)))


def parts_of(cart: Cart, decimals: int) -> list[Part]:
    """The items by id, those that a sale reaches in part in two parts or more, the sale's first.

    Where sales compete for a unit, or units for a sale's last places, whatever saves most comes first.
    """
    offers = sorted(_offers(cart, decimals), key=lambda offer: (-offer.saving, offer.sale.id, offer.item.id))
    room = {(sale.id, product): units for sale in cart.flash_sales for product, units in sale.units.items()}
    wanted = {item.id: item.quantity for item in cart.items}
    parts: list[Part] = []
    for offer in offers:
        place = (offer.sale.id, offer.item.product_id)
        left = room[place]
        units = wanted[offer.item.id] if left is None else min(wanted[offer.item.id], max(0, left))
        if not units:
            continue
        wanted[offer.item.id] -= units
        room[place] = None if left is None else left - units
        parts.append(Part(offer.item, units, offer.item.price - offer.saving, offer.sale.id))
    parts += [Part(item, wanted[item.id], item.price) for item in cart.items if wanted[item.id]]
    return sorted(parts, key=lambda part: part.item.id)


@dataclass(frozen=True, slots=True)
class _Offer:
    item: Item
    sale: FlashSale
    saving: Decimal


def _offers(cart: Cart, decimals: int) -> Iterable[_Offer]:
    for sale in cart.flash_sales:
        if _open(sale, cart.at):
            for item in cart.items:
                saving = item.price - sale_price(item.price, sale, decimals)
                if item.product_id in sale.units and saving > 0:
                    yield _Offer(item, sale, saving)


def _open(sale: FlashSale, at: datetime) -> bool:
    return (sale.starts_at is None or sale.starts_at <= at) and (sale.ends_at is None or at < sale.ends_at)
