"""What may follow what: each status, each step, and nothing changed by a step that is refused."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from sqlalchemy import select

from shared.models import AuditLog
from shared.models.enums import OrderStatus
from shared.orders.lifecycle import TRANSITIONS
from shared.tenancy import tenant_session
from tests.conftest import Database
from tests.functions.carts.shopping import level
from tests.functions.orders.ordering import Placed, open_shop, place
from tests.functions.pricing.prices import audited


def _confirmed(order: Placed) -> None:
    order.do("confirm")


def _processing(order: Placed) -> None:
    order.do("confirm")
    order.do("process")


def _shipped(order: Placed) -> None:
    order.do("confirm")
    order.do("ship")


def _delivered(order: Placed) -> None:
    _shipped(order)
    order.do("deliver")


def _canceled(order: Placed) -> None:
    order.do("cancel")


def _refunded(order: Placed) -> None:
    assert order.pay().status == 201
    assert order.refund(amount=order.read()["total"]).status == 201


WAYS: dict[OrderStatus, Callable[[Placed], None]] = {
    OrderStatus.PENDING: lambda order: None,
    OrderStatus.CONFIRMED: _confirmed,
    OrderStatus.PROCESSING: _processing,
    OrderStatus.SHIPPED: _shipped,
    OrderStatus.DELIVERED: _delivered,
    OrderStatus.CANCELED: _canceled,
    OrderStatus.REFUNDED: _refunded,
}
STEPS = {
    "confirm": OrderStatus.CONFIRMED,
    "process": OrderStatus.PROCESSING,
    "ship": OrderStatus.SHIPPED,
    "deliver": OrderStatus.DELIVERED,
    "cancel": OrderStatus.CANCELED,
}


def test_the_table_leads_from_the_order_to_the_door_and_never_back() -> None:
    assert set(TRANSITIONS) == set(OrderStatus)
    course = list(OrderStatus)[:5]
    for before, after in pairwise(course):
        assert after in TRANSITIONS[before]
    for place_, status in enumerate(course):
        assert not set(course[: place_ + 1]) & set(TRANSITIONS[status]), "nothing goes back, nor stays"
    assert [status for status in OrderStatus if not TRANSITIONS[status]] == [OrderStatus.CANCELED, OrderStatus.REFUNDED]


@pytest.mark.parametrize("status", OrderStatus)
def test_a_step_that_the_table_does_not_have_is_refused_and_changes_nothing(
    database: Database, status: OrderStatus
) -> None:
    order = place(open_shop())
    WAYS[status](order)
    before, levels = order.read(), level(order.shop, order.variants[0])
    assert (before["status"], before["may_become"]) == (status, [str(one) for one in TRANSITIONS[status]])

    for step, to in STEPS.items():
        # What is to be sent is not there without a parcel.
        if to in TRANSITIONS[status] and not (step == "deliver" and status in ("CONFIRMED", "PROCESSING")):
            continue
        answer = order.ask("POST", f"/{step}", {})
        if (step, status) == ("ship", "SHIPPED"):
            assert (answer.status, answer.json["code"]) == (409, "nothing_to_ship")
            continue
        assert (answer.status, answer.json["code"]) == (409, "order_transition_not_allowed"), step
        assert answer.json["allowed"] == [str(one) for one in TRANSITIONS[status]]
    assert (order.read(), level(order.shop, order.variants[0])) == (before, levels)


def test_each_move_is_written_with_who_made_it(database: Database) -> None:
    order = place(open_shop())
    _delivered(order)

    moves = [action for action in audited(order.shop, order.id) if action != "order.updated"]
    assert moves == ["order.confirmed", "order.delivered", "order.processing", "order.shipped"]
    with tenant_session(order.shop.id) as session:
        row = session.scalars(select(AuditLog).where(AuditLog.action == "order.shipped")).one()
        assert row.actor_email == order.shop.admin.email
        assert (row.before_snapshot, row.after_snapshot) == ({"status": "PROCESSING"}, {"status": "SHIPPED"})


def test_a_step_takes_no_body_or_one_that_is_sound(database: Database) -> None:
    order = place(open_shop())

    assert order.ask("POST", "/cancel", {"why": "x"}).status == 422
    assert order.ask("POST", "/cancel", "{").status == 400
    assert order.ask("POST", "/confirm", None).status == 200
    assert order.ask("POST", "/ship", None).status == 200


def test_a_step_honours_the_version_that_a_client_knows(database: Database) -> None:
    order = place(open_shop())
    seen = order.ask("GET").headers["etag"]
    order.do("confirm", if_match=seen)

    late = order.ask("POST", "/cancel", {}, if_match=seen)
    assert (late.status, late.json["code"]) == (412, "stale_version")
    assert order.ask("PATCH", "", {"notes": "x"}, if_match=seen).status == 412
    assert order.read()["status"] == "CONFIRMED"
