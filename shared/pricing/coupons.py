"""Which of the coupons that were entered count, and why the others do not."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from shared.pricing.cart import Cart, Coupon, CouponKind, Rules
from shared.pricing.pieces import Piece
from shared.pricing.quote import DroppedCoupon, Reason

FIXED = (CouponKind.FIXED_CART, CouponKind.FIXED_PRODUCT)
_MESSAGES = {
    Reason.INACTIVE: "Coupon {code} is not active.",
    Reason.NOT_YET_VALID: "Coupon {code} is not valid yet.",
    Reason.EXPIRED: "Coupon {code} has expired.",
    Reason.USAGE_LIMIT_REACHED: "Coupon {code} has been used up.",
    Reason.CUSTOMER_LIMIT_REACHED: "You have used coupon {code} as often as one customer may.",
    Reason.NOT_FOR_CUSTOMER: "Coupon {code} is for other customers; sign in if it is yours.",
    Reason.MINIMUM_NOT_MET: "Coupon {code} needs an order of {minimum} {currency} or more.",
    Reason.MAXIMUM_EXCEEDED: "Coupon {code} is for orders of up to {maximum} {currency}.",
    Reason.NOT_ELIGIBLE: "Coupon {code} is for products that are not in the cart.",
    Reason.NOT_FOR_SALE_ITEMS: "Coupon {code} is not for products on sale.",
    Reason.NOT_WITH_FLASH_SALE: "Coupon {code} is not for products in a flash sale.",
    Reason.ALREADY_APPLIED: "Coupon {code} is in the cart already.",
    Reason.INDIVIDUAL_USE: "Coupon {code} cannot be used together with coupon {other}.",
    Reason.TOO_MANY: "At most {most} coupons can be used at once.",
    Reason.TOO_MANY_FIXED: "At most {most} coupon that takes off a fixed amount can be used at once.",
}


@dataclass(frozen=True, slots=True)
class Admission:
    """What coupons are held against: the cart, its pieces, and the goods before coupons, in the currency."""

    cart: Cart
    rules: Rules
    pieces: list[Piece]
    spent: Decimal


def admitted(admission: Admission) -> tuple[list[Coupon], list[DroppedCoupon]]:
    """The coupons that count, in the order they were entered, and those dropped.

    One for individual use that comes later puts out those before it, as in WooCommerce; one that comes first keeps
    later ones out.
    """
    counted: list[Coupon] = []
    dropped: list[DroppedCoupon] = []
    for coupon in admission.cart.coupons:
        if (no := _refusal(coupon, counted, admission)) is not None:
            dropped.append(no)
            continue
        if coupon.individual_use:
            dropped += [_dropped(other, Reason.INDIVIDUAL_USE, admission, other=coupon.code) for other in counted]
            counted.clear()
        counted.append(coupon)
    return counted, dropped


def eligible(coupon: Coupon, piece: Piece, rules: Rules) -> bool:
    """Whether a coupon may take something off a piece."""
    if coupon.kind is CouponKind.FIXED_CART and rules.fixed_takes_whole_cart:
        return True
    return _meant(coupon, piece) and not _excluded(coupon, piece, rules)


def _refusal(coupon: Coupon, counted: list[Coupon], admission: Admission) -> DroppedCoupon | None:
    if any(other.code.casefold() == coupon.code.casefold() for other in counted):
        return _dropped(coupon, Reason.ALREADY_APPLIED, admission)
    reason = next((reason for reason, holds in _CHECKS if holds(coupon, admission)), None) or _no_goods(
        coupon, admission
    )
    if reason is not None:
        return _dropped(coupon, reason, admission)
    if keeper := next((other for other in counted if other.individual_use), None):
        return _dropped(coupon, Reason.INDIVIDUAL_USE, admission, other=keeper.code)
    return None if coupon.individual_use else _over_most(coupon, counted, admission)


def _over_most(coupon: Coupon, counted: list[Coupon], admission: Admission) -> DroppedCoupon | None:
    rules = admission.rules
    if rules.most_coupons is not None and len(counted) >= rules.most_coupons:
        return _dropped(coupon, Reason.TOO_MANY, admission, most=rules.most_coupons)
    fixed = sum(other.kind in FIXED for other in counted)
    if coupon.kind in FIXED and rules.most_fixed_coupons is not None and fixed >= rules.most_fixed_coupons:
        return _dropped(coupon, Reason.TOO_MANY_FIXED, admission, most=rules.most_fixed_coupons)
    return None


def _used_up(coupon: Coupon, admission: Admission) -> bool:
    return coupon.usage_limit is not None and coupon.used >= coupon.usage_limit


def _customer_used_up(coupon: Coupon, admission: Admission) -> bool:
    return coupon.customer_limit is not None and coupon.customer_used >= coupon.customer_limit


# The first that holds is the reason given.
_CHECKS: tuple[tuple[Reason, Callable[[Coupon, Admission], bool]], ...] = (
    (Reason.INACTIVE, lambda coupon, _: not coupon.active),
    (Reason.NOT_YET_VALID, lambda coupon, on: coupon.valid_from is not None and on.cart.at < coupon.valid_from),
    (Reason.EXPIRED, lambda coupon, on: coupon.valid_to is not None and on.cart.at >= coupon.valid_to),
    (Reason.USAGE_LIMIT_REACHED, _used_up),
    (Reason.CUSTOMER_LIMIT_REACHED, _customer_used_up),
    (
        Reason.NOT_FOR_CUSTOMER,
        lambda coupon, on: bool(coupon.customers) and on.cart.customer_id not in coupon.customers,
    ),
    (Reason.MINIMUM_NOT_MET, lambda coupon, on: coupon.minimum is not None and on.spent < coupon.minimum),
    # A maximum of 0 is a form left empty.
    (Reason.MAXIMUM_EXCEEDED, lambda coupon, on: bool(coupon.maximum) and on.spent > (coupon.maximum or 0)),
)


def _no_goods(coupon: Coupon, admission: Admission) -> Reason | None:
    """Why nothing in the cart is eligible; None if something is."""
    meant = [piece for piece in admission.pieces if _meant(coupon, piece)]
    whole = coupon.kind is CouponKind.FIXED_CART and admission.rules.fixed_takes_whole_cart
    passes = all if whole else any
    if meant and passes(
        not _excluded(coupon, piece, admission.rules) for piece in (admission.pieces if whole else meant)
    ):
        return None
    blocked = [piece for piece in admission.pieces if _excluded(coupon, piece, admission.rules)] if whole else meant
    if not meant or any(_named(coupon.excluded_products, coupon.excluded_categories, piece) for piece in blocked):
        return Reason.NOT_ELIGIBLE
    sale = coupon.exclude_sale_items and any(piece.item.on_sale for piece in blocked)
    return Reason.NOT_FOR_SALE_ITEMS if sale else Reason.NOT_WITH_FLASH_SALE


def _meant(coupon: Coupon, piece: Piece) -> bool:
    everything = not coupon.products and not coupon.categories
    return everything or _named(coupon.products, coupon.categories, piece)


def _excluded(coupon: Coupon, piece: Piece, rules: Rules) -> bool:
    flash = piece.part.flash_sale_id is not None
    return (
        _named(coupon.excluded_products, coupon.excluded_categories, piece)
        or (coupon.exclude_sale_items and (piece.item.on_sale or flash))
        or (flash and not rules.coupons_with_flash_sale)
    )


def _named(products: Iterable[str], categories: frozenset[str], piece: Piece) -> bool:
    return piece.item.product_id in products or not categories.isdisjoint(piece.item.categories)


def _dropped(coupon: Coupon, reason: Reason, admission: Admission, **words: object) -> DroppedCoupon:
    def money(amount: Decimal | None) -> str:
        return f"{amount or 0:.{admission.rules.decimals}f}"

    words |= {"minimum": money(coupon.minimum), "maximum": money(coupon.maximum)}
    message = _MESSAGES[reason].format(code=coupon.code, currency=admission.rules.currency, **words)
    return DroppedCoupon(coupon.code, reason, message)
