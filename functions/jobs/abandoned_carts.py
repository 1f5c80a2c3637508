"""Carts that were left: a mail after an hour, a day and a week, to customers who agreed to hear from the shop.

A cart's end tells when it was changed last, and `recovery_email_sent_at` how far the mails have come since then. What
was slept through is not made up for: the newest mail is enough, and after two weeks there is none. Whoever comes back
and leaves again hears of it anew, but not within a week. The mailer looks again before it sends (functions/mail).
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_, select

from functions.jobs.turns import in_turns
from shared.cart_life import LASTS, last_change
from shared.customer_mails import mail_later
from shared.job_runs import Run
from shared.models import Cart, CartItem, Customer, Product, Store, StoreSubscription, SubscriptionPlan, Variant
from shared.models.enums import StoreStatus
from shared.tenant_session import TenantSession

AFTER = (timedelta(hours=1), timedelta(hours=24), timedelta(days=7))
_NO_MORE_AFTER = timedelta(days=14)
_REST = timedelta(days=7)
_BATCH = 50
_MOST_LINES = 20


def abandoned_carts(run: Run) -> None:
    """Ask for the mails that are due."""
    due = _is_due(run.moment)

    def batch(session: TenantSession) -> int:
        rows = session.scalars(select(Cart).where(due).limit(_BATCH).with_for_update(skip_locked=True)).all()
        for cart in rows:
            _ask(session, cart, run.moment)
        return len(rows)

    in_turns(run, "mails", select(Cart.store_id).where(due, _of_trading_stores()), batch)


def _is_due(moment: datetime) -> ColumnElement[bool]:
    """Carts with goods of somebody who consented and has not ordered since, for which a mail is due."""
    # A cart that was left at T ends at T + LASTS.
    reached = [(Cart.expires_at <= moment + LASTS - after, number) for number, after in enumerate(AFTER, 1)][::-1]
    told = case((Cart.recovery_for == Cart.expires_at, Cart.recovery_emails), else_=0)
    is_first_in_a_while = or_(
        Cart.recovery_email_sent_at.is_(None),
        Cart.recovery_email_sent_at <= moment - _REST,
        Cart.recovery_for == Cart.expires_at,
    )
    return and_(
        Cart.converted_order_id.is_(None),
        Cart.expires_at > moment + LASTS - _NO_MORE_AFTER,
        Cart.expires_at <= moment + LASTS - AFTER[0],
        case(*reached, else_=0) > told,
        is_first_in_a_while,
        select(CartItem.id).where(CartItem.cart_id == Cart.id, CartItem.store_id == Cart.store_id).exists(),
        _owner().exists(),
    )


def _owner() -> Any:
    """Whose cart it is, by their account or else by the address that was given, if they agreed to hear from the shop.

    Until an address is proved, anybody may have given it.
    """
    is_theirs = or_(Customer.id == Cart.customer_id, and_(Cart.customer_id.is_(None), Customer.email == Cart.email))
    return select(Customer.id).where(
        Customer.store_id == Cart.store_id, is_theirs, Customer.marketing_opt_in, Customer.email_verified
    )


def _of_trading_stores() -> ColumnElement[bool]:
    """Stores that are open, and whose plan has reminders of carts."""
    plan = select(StoreSubscription.id).join(StoreSubscription.plan)
    has_it = plan.where(StoreSubscription.store_id == Cart.store_id, SubscriptionPlan.has_abandoned_cart).exists()
    is_open = Store.status.in_([StoreStatus.ACTIVE, StoreStatus.TRIAL, StoreStatus.TRIAL_EXPIRED])
    return and_(has_it, select(Store.id).where(Store.id == Cart.store_id, is_open).exists())


def _ask(session: TenantSession, cart: Cart, moment: datetime) -> None:
    left = last_change(cart)
    number = sum(left <= moment - after for after in AFTER)
    is_theirs = Customer.id == cart.customer_id if cart.customer_id else Customer.email == cart.email
    owner = session.scalars(select(Customer).where(is_theirs)).one()
    cart.recovery_email_sent, cart.recovery_email_sent_at = True, moment
    cart.recovery_emails, cart.recovery_for = number, cart.expires_at
    if owner.last_order_at is not None and owner.last_order_at > left:
        return
    facts = {"mail": str(number), "cart_id": cart.id, "lines": _lines(session, cart)}
    key = f"cart_left:{cart.id}:{left.isoformat()}:{number}"
    mail_later(session, "cart_left", owner.email, key=key, **facts)


def _lines(session: TenantSession, cart: Cart) -> list[dict[str, str]]:
    of_item = and_(Variant.id == CartItem.variant_id, Variant.store_id == CartItem.store_id)
    of_variant = and_(Product.id == Variant.product_id, Product.store_id == Variant.store_id)
    query = select(Product.name, CartItem.quantity).select_from(CartItem).join(Variant, of_item)
    query = query.join(Product, of_variant).where(CartItem.cart_id == cart.id)
    first = query.order_by(CartItem.created_at, CartItem.id).limit(_MOST_LINES)
    return [{"name": name, "quantity": str(quantity)} for name, quantity in session.execute(first)]
