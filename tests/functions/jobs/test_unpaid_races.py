"""Orders that nobody has paid in time are cancelled once, whoever else is at them."""

from datetime import timedelta

from sqlalchemy import select, update

from functions.jobs.unpaid_orders import REASON
from shared.models import AuditLog, Order, OutboxEvent
from shared.models.base import now
from shared.stock import expire
from shared.tenancy import tenant_session
from tests.conftest import Database
from tests.functions.carts.shopping import level
from tests.functions.jobs.clockwork import counts, run, run_together
from tests.functions.orders.ordering import Placed, open_shop, place, sound
from tests.functions.stores.people import Shop
from tests.functions.stores.threads import with_each

JOB = "cancel_unpaid_orders"


def _late(shop: Shop, minutes: int = 1, **given: str) -> Placed:
    """An order that should have been paid so many minutes ago."""
    order = place(shop, method="BANK_TRANSFER", **given)
    with tenant_session(shop.id) as session:
        due = now() - timedelta(minutes=minutes)
        session.execute(update(Order).where(Order.id == order.id).values(auto_cancel_at=due))
    return order


def _told(order: Placed) -> int:
    with tenant_session(order.shop.id) as session:
        return sum(row.payload["template"] == "order_canceled" for row in session.scalars(select(OutboxEvent)))


def test_overdue_orders_of_all_stores_are_cancelled_once(either: Database) -> None:
    first, second = open_shop(), open_shop()
    late, later = _late(first, 5), _late(second, 9)
    place(first, method="BANK_TRANSFER", email="intime@example.com")
    place(first, email="ondelivery@example.com")

    assert [counts(JOB, now()) for _ in range(2)] == [{"orders": 2}, {}]
    assert later.read()["status"] == "CANCELED"
    now_ = late.read()
    assert (now_["status"], now_["cancel_reason"], level(first, late.variants[0])) == ("CANCELED", REASON, (10, 0))
    assert _told(late) == 1
    with tenant_session(first.id) as session:
        row = session.scalars(select(AuditLog).where(AuditLog.action == "order.canceled")).one()
        assert row.user_id is None
    sound(first)


def test_many_runs_at_once_cancel_an_order_once(database: Database) -> None:
    order = _late(open_shop())

    done = run_together(JOB, now(), times=6)

    assert sum(outcome["counts"].get("orders", 0) for outcome in done) == 1
    assert (level(order.shop, order.variants[0]), _told(order)) == ((10, 0), 1)
    sound(order.shop)


def test_a_payment_and_the_clock_at_once_leave_one_story(database: Database) -> None:
    shop = open_shop()
    for number in range(3):
        order = _late(shop, email=f"c{number}@example.com")
        answers = with_each(lambda turn, o=order: o.pay().status if turn else run(JOB, now()), range(2))  # type: ignore[misc]
        assert answers[1] == 201
        # Whichever was first: the stock is there, so a cancelled order lives again.
        assert (order.state()[:2], level(shop, order.variants[0])) == (("CONFIRMED", "PAID"), (8, 0))
        sound(shop)


def test_an_order_that_is_alive_keeps_its_units_however_late_it_is(database: Database) -> None:
    order = _late(open_shop())
    with tenant_session(order.shop.id) as session:
        assert expire(session, now() + timedelta(days=400)) == 0
    assert level(order.shop, order.variants[0]) == (10, 2)
    assert order.pay().status == 201
    assert level(order.shop, order.variants[0]) == (8, 0)
