"""The codes that were entered for a cart. Whether one counts is seen when the cart is quoted."""

from sqlalchemy import delete, select

from shared.errors import ConflictError, NotFoundError
from shared.models import Cart, CartCoupon
from shared.models.base import now
from shared.tenant_session import TenantSession

MOST = 10


def codes_of(session: TenantSession, cart: Cart) -> list[str]:
    """The codes, in the order in which they were entered."""
    query = select(CartCoupon.code).where(CartCoupon.cart_id == cart.id)
    return list(session.scalars(query.order_by(CartCoupon.created_at, CartCoupon.id)))


def enter(session: TenantSession, cart: Cart, code: str) -> None:
    """Enter a code. Raises ConflictError for one that is there, or over ten."""
    codes = codes_of(session, cart)
    if code in codes:
        raise ConflictError("coupon_already_applied", "This coupon is on the cart already.")
    if len(codes) >= MOST:
        raise ConflictError("coupons_too_many", f"At most {MOST} codes can be entered; take one off first.")
    session.add(CartCoupon(cart_id=cart.id, code=code))
    cart.updated_at = now()
    session.flush()


def take_off(session: TenantSession, cart: Cart, code: str) -> None:
    """Take a code off, whatever its case. Raises NotFoundError."""
    gone = delete(CartCoupon).where(CartCoupon.cart_id == cart.id, CartCoupon.code == code.upper())
    if session.execute(gone.returning(CartCoupon.id)).first() is None:
        raise NotFoundError("coupon_not_found", "This cart has no such coupon.")
