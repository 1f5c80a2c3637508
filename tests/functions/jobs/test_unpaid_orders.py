"""An order that nobody pays is cancelled on time, and all that it held is free again."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from functions.jobs import unpaid_orders
from shared.models import AuditLog, Order, StockReservation
from shared.models.base import now
from shared.orders.canceling import cancel
from shared.tenancy import tenant_session
from shared.tenant_session import TenantSession
from tests.api import deliver_mails
from tests.aws import Mailbox
from tests.conftest import Database
from tests.factories import order_of
from tests.functions.carts.shopping import goods, level, open_shop, ready
from tests.functions.jobs.clockwork import NOON, SECOND, counts, run, runs
from tests.functions.jobs.due import open_store, write
from tests.functions.stores.people import signed_in_again

JOB = "cancel_unpaid_orders"
HOUR = timedelta(hours=1)


def _statuses(store_id: str) -> dict[str, Any]:
    with tenant_session(store_id) as session:
        return {row.order_number: row for row in session.scalars(select(Order))}


def test_it_cancels_an_hour_after_the_order_and_gives_everything_back(mailbox: Mailbox, database: Database) -> None:
    with time_machine.travel(NOON - HOUR, tick=False):
        shop = open_shop()
        lamp = goods(shop, stock=10)
        placed = ready(shop, (lamp, 3)).order(payment_method="BANK_TRANSFER")
        assert placed.status == 201, placed.text
        assert level(shop, lamp) == (10, 3)

        # What an order holds does not run out under it.
        assert counts("expire_reservations", NOON + HOUR) == {}
        assert counts(JOB, NOON - SECOND) == {}
        assert level(shop, lamp) == (10, 3)
        assert counts(JOB, NOON) == {"orders": 1}

        assert level(signed_in_again(shop), lamp) == (10, 0)
        [order] = _statuses(shop.id).values()
        assert (order.status, order.cancel_reason) == ("CANCELED", "It was not paid in time.")
        deliver_mails()
        assert "cancel" in mailbox.last("ada@example.com").subject.lower()
        assert counts("check_ledger") == {"stores": 1}


def test_what_is_paid_confirmed_or_paid_on_delivery_stays(database: Database) -> None:
    store = open_store()
    write(
        store,
        order_of(order_number="late", auto_cancel_at=NOON - HOUR),
        order_of(order_number="in part", auto_cancel_at=NOON, amount_paid=1),
        order_of(order_number="confirmed", auto_cancel_at=NOON, status="CONFIRMED"),
        order_of(order_number="on delivery"),
        order_of(order_number="next", auto_cancel_at=NOON + SECOND),
    )

    assert counts(JOB) == {"orders": 1}
    assert [number for number, row in _statuses(store).items() if row.status == "CANCELED"] == ["late"]


def test_an_order_that_cannot_be_cancelled_is_in_nobodys_way(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store()
    write(store, *(order_of(order_number=f"o-{n}", auto_cancel_at=NOON - n * HOUR) for n in range(4)))

    def refuse(session: TenantSession, order: Order, reason: str) -> None:
        cancel(session, order, reason)
        if order.order_number == "o-3":
            raise RuntimeError

    monkeypatch.setattr(unpaid_orders, "cancel", refuse)
    outcome = run(JOB)

    assert (outcome["status"], outcome["counts"]) == ("FAILED", {"orders": 3, "failed": 1})
    assert {number for number, row in _statuses(store).items() if row.status == "PENDING"} == {"o-3"}
    assert f"of store {store}: RuntimeError" in str(runs(JOB)[0].error)


def test_the_audit_log_says_which_job_it_was(database: Database) -> None:
    store = open_store()
    write(store, order_of(auto_cancel_at=NOON))

    counts(JOB)

    with tenant_session(store) as session:
        actors = session.scalars(select(AuditLog.actor_email).where(AuditLog.entity_type == "order")).all()
        assert session.scalars(select(StockReservation)).all() == []
    assert "job cancel_unpaid_orders" in actors
    assert now() > NOON
