"""A shop that is down for an hour: it is left alone, the queue waits, and everything arrives after, in order."""

from datetime import UTC, datetime, timedelta

import time_machine

from shared.models import ExternalPlatformIntegration
from shared.platforms import circuit
from shared.tenancy import tenant_session
from tests.functions.sync.outbound.both import Both

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
