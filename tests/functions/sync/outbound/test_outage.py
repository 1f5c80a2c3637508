"""A shop that is down for an hour: it is left alone, the queue waits, and everything arrives after, in order."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import time_machine

from shared.models import ExternalPlatformIntegration
from shared.platforms import circuit
from shared.tenancy import tenant_session
from tests.functions.sync.outbound.both import Both
from tests.functions.sync.outbound.test_parcels import Fulfilling, notes, woo

__all__ = ["woo"]
START = datetime(2026, 11, 26, 12, tzinfo=UTC)


def test_a_shop_that_is_down_for_an_hour(both: Both) -> None:
    with time_machine.travel(START, tick=False) as clock:
        products = [both.product(f"MUG-{number}") for number in range(5)]
        both.work()
        both.shop.faults.down = True
        attempts: list[int] = []
        for minute in range(0, 60, 12):
            clock.move_to(START + timedelta(minutes=minute, seconds=1))
            for product_id in products:
                both.rename(product_id, f"Name of minute {minute}")
            tries = len(both.shop.refused)
            both.work()
            attempts.append(len(both.shop.refused) - tries)
        assert attempts[0] == 5
        assert sum(attempts[1:]) <= 10, attempts
        with tenant_session(both.store_id) as session:
            integration = session.get_one(ExternalPlatformIntegration, both.here.integration_id)
            assert circuit.is_open(integration.circuit)
            assert integration.last_error == "unreachable: The shop cannot be reached (ConnectionError)."
        both.shop.faults.down = False
        before = len(both.shop.writes())
        clock.move_to(START + timedelta(minutes=70))
        both.work()
        clock.move_to(START + timedelta(minutes=75))
        both.work()
        written = [(call[1], call[3]["name"]) for call in both.shop.writes()[before:]]
    assert len(written) == 5
    assert {name for _, name in written} == {"Name of minute 48"}
    assert {status for _, status, _ in both.rows()} == {"COMPLETED"}


def test_all_kinds_of_changes_arrive_after_an_outage_and_one_refusal_holds_up_no_other(
    woo: Fulfilling,
) -> None:
    both = woo.both
    with time_machine.travel(START, tick=False) as clock:
        products = [both.product(f"P-{number}") for number in range(3)]
        both.work()
        taken = both.shop.add("products", name="Theirs", sku="TAKEN")
        both.shop.faults.down = True
        for minute in (0, 20, 40):
            clock.move_to(START + timedelta(minutes=minute))
            for number, product_id in enumerate(products):
                both.rename(product_id, f"Name {minute}")
                both.edit(f"P-{number}" if minute == 0 or number else "TAKEN", price=Decimal(20 + minute))
                if minute == 0 and number == 0:
                    both.edit("P-0", sku="TAKEN")
                both.sell(f"P-{number}" if number else "TAKEN", 1)
            woo.send(units={"MUG": 1})
            both.work()
        assert both.shop.refused
        before, both.shop.faults.down = len(both.shop.writes()), False
        for minute in (70, 75, 80):
            clock.move_to(START + timedelta(minutes=minute))
            both.work()
        names = [call[3]["name"] for call in both.shop.writes()[before:] if "name" in (call[3] or {})]
    assert names.count("Name 40") == 3
    assert set(names) == {"Name 40"}
    for sku in ("P-1", "P-2"):
        assert (both.theirs(sku)["regular_price"], both.theirs(sku)["stock_quantity"]) == ("60", 7)
    # The one whose SKU something else has there.
    assert both.theirs("TAKEN")["id"] == taken["id"]
    assert [row for row in both.rows() if row[1] != "COMPLETED"] == [("product", "CONFLICT", "duplicate_sku")]
    assert both.theirs("P-0")["stock_quantity"] == 7
    assert [note.partition(":")[0] for note, _ in notes(woo)] == ["Parcel 1", "Parcel 2", "Parcel 3"]
