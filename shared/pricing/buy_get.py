"""Buy X, get Y: which units are the cheap ones."""

from collections.abc import Sequence
from decimal import Decimal

from shared.pricing.cart import BuyGet
from shared.pricing.money import ZERO
from shared.pricing.pieces import Piece


class Units:
    """The units of a cart that no such coupon has counted yet: none is bought, or got, twice."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = pieces
        self._free = [piece.quantity for piece in pieces]

    def cheapest(self, places: Sequence[int], offer: BuyGet) -> dict[int, Decimal]:
        """What the cheapest units among some pieces cost less, by piece, in minor units."""
        by_price = sorted(places, key=lambda at: (self._unit(at), at))
        got, bought = _counts(sum(self._free[at] for at in places), offer)
        less: dict[int, Decimal] = {}
        for at, units in self._taken(by_price, got):
            less[at] = less.get(at, ZERO) + units * self._unit(at) * offer.percent / 100
        self._taken(by_price[::-1], bought)
        return less

    def _unit(self, at: int) -> Decimal:
        return self._pieces[at].price / self._pieces[at].quantity

    def _taken(self, places: Sequence[int], units: int) -> list[tuple[int, int]]:
        taken = []
        for at in places:
            here = min(units, self._free[at])
            if here:
                self._free[at] -= here
                units -= here
                taken.append((at, here))
        return taken


def _counts(units: int, offer: BuyGet) -> tuple[int, int]:
    """How many of so many units are got, and how many are bought for them. The last time may get fewer than `get`."""
    times, rest = divmod(units, offer.buy + offer.get)
    if offer.times is not None and times >= offer.times:
        return offer.times * offer.get, offer.times * offer.buy
    more = max(0, rest - offer.buy)
    return times * offer.get + more, (times + bool(more)) * offer.buy
