"""What coupons take off each line, in minor units, cent for cent as WooCommerce does it.

Fixed amounts off a product come first, then percentages, then amounts off the cart; buy X get Y, which WooCommerce does
not have, before them all. The dearest lines come first, and so do their odd cents.
"""

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_DOWN, Decimal

from shared.pricing.buy_get import Units
from shared.pricing.cart import Coupon, CouponKind, Rules
from shared.pricing.coupons import eligible
from shared.pricing.money import ZERO, rounded, shares
from shared.pricing.pieces import Piece

_ORDER = {CouponKind.FIXED_PRODUCT: 1, CouponKind.PERCENTAGE: 2, CouponKind.FIXED_CART: 3}


def discounts_of(pieces: Sequence[Piece], coupons: Sequence[Coupon], rules: Rules) -> dict[str, list[Decimal]]:
    """What each coupon takes off each piece, by code, in the order they apply; a list has an amount a piece."""
    run = _Discounting(pieces, rules)
    # Of equals the one entered last comes first.
    newest_first = coupons[::-1]
    for coupon in sorted(newest_first, key=_order):
        run.apply(coupon)
    return run.taken


def _order(coupon: Coupon) -> tuple[int, int, Decimal]:
    return _ORDER.get(coupon.kind, 0), coupon.item_limit or 0, coupon.amount


class _Discounting:
    """What is taken so far, by code: a list in the order of the pieces given."""

    def __init__(self, pieces: Sequence[Piece], rules: Rules) -> None:
        self.pieces = pieces
        self.rules = rules
        self.taken: dict[str, list[Decimal]] = {}
        self.units = Units(pieces)
        self.dearest_first = sorted(range(len(pieces)), key=lambda at: (-pieces[at].price * pieces[at].quantity, at))

    def apply(self, coupon: Coupon) -> None:
        """Take off what a coupon is worth."""
        taken = self.taken[coupon.code] = [ZERO] * len(self.pieces)
        places = [at for at in self.dearest_first if self.left(at) and eligible(coupon, self.pieces[at], self.rules)]
        match coupon.kind:
            case CouponKind.PERCENTAGE:
                self._percentage(coupon, places)
            case CouponKind.FIXED_PRODUCT:
                self._each(coupon, places, self._minor(coupon.amount))
            case CouponKind.FIXED_CART:
                self._spread(coupon, places, self._minor(coupon.amount))
            case CouponKind.BUY_X_GET_Y if coupon.buy_get:
                for at, less in self.units.cheapest(places, coupon.buy_get).items():
                    taken[at] = min(self.left(at), rounded(less, mode=ROUND_HALF_DOWN))
        if coupon.max_discount is not None and sum(taken) > (most := self._minor(coupon.max_discount)):
            self.taken[coupon.code] = shares(rounded(most, mode=ROUND_FLOOR), taken)

    def left(self, at: int) -> Decimal:
        """What is left of a piece's price, in whole minor units."""
        return max(ZERO, rounded(self.pieces[at].price - sum((taken[at] for taken in self.taken.values()), ZERO)))

    def _minor(self, amount: Decimal) -> Decimal:
        return amount.scaleb(self.rules.decimals)

    def _percentage(self, coupon: Coupon, places: list[int]) -> None:
        share = coupon.amount / 100
        reached, given, whole = 0, ZERO, ZERO
        for at in places:
            piece = self.pieces[at]
            price = self.left(at) if self.rules.sequential else rounded(piece.price)
            units = _reach(coupon, piece, reached)
            price = price * units / piece.quantity
            less = min(self.left(at), _settled(price * share).to_integral_value(ROUND_FLOOR))
            self.taken[coupon.code][at] += less
            reached, given, whole = reached + units, given + less, whole + price
        # The cents that rounding down on every line took away are given back.
        self._cents(coupon, places, rounded(_settled(whole * share), mode=ROUND_HALF_DOWN) - given)

    def _each(self, coupon: Coupon, places: list[int], amount: Decimal) -> Decimal:
        """Take an amount off every unit. Returns what that came to."""
        reached, given = 0, ZERO
        for at in places:
            piece = self.pieces[at]
            units = _reach(coupon, piece, reached)
            # With a limit a unit gives no more than its price, or those out of reach would pay for those within it.
            most = piece.price * units / piece.quantity if coupon.item_limit else self.left(at)
            less = min(self.left(at), amount * units, most)
            self.taken[coupon.code][at] += less
            reached, given = reached + units, given + less
        return given

    def _spread(self, coupon: Coupon, places: list[int], amount: Decimal) -> None:
        """Take an amount off the cart: the same from every unit, again until it is used up or nothing is left."""
        while amount > 0 and (places := [at for at in places if self.left(at)]):
            each = (amount / sum(self.pieces[at].quantity for at in places)).to_integral_value(ROUND_FLOOR)
            if not each:
                return self._cents(coupon, places, amount)
            given = self._each(coupon, places, each)
            if not given:
                return None
            amount -= given
        return None

    def _cents(self, coupon: Coupon, places: list[int], amount: Decimal) -> None:
        """Take off an amount, a minor unit from every unit, once round."""
        for at in places:
            if amount <= 0:
                break
            less = min(self.left(at), Decimal(self.pieces[at].quantity), amount.to_integral_value(ROUND_CEILING))
            self.taken[coupon.code][at] += less
            amount -= less


def _settled(amount: Decimal) -> Decimal:
    """Without the last digits that a division left: a third of 50 at 33 per cent is 5.5, and not a trace more."""
    return rounded(amount, 12)


def _reach(coupon: Coupon, piece: Piece, reached: int) -> int:
    """How many units of a piece a coupon reaches that has reached so many before."""
    return piece.quantity if not coupon.item_limit else max(0, min(piece.quantity, coupon.item_limit - reached))
