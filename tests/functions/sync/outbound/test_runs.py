"""A first import and comparisons: resumable, within the shop's limits, and they find what no webhook told of."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from functions.sync.handler import handler
from functions.sync.runs import leases, running
from functions.sync.runs.running import run
from functions.sync.woocommerce import listing
from shared.models import Customer, Product, SyncRun, Variant
from shared.models.base import new_id, now
from shared.models.enums import SyncRunKind, SyncRunStatus
from shared.tenancy import tenant_session
from tests.functions.sync.outbound.both import Both


def begin(both: Both, kind: SyncRunKind) -> str:
    with tenant_session(both.store_id) as session:
        row = SyncRun(id=new_id(), integration_id=both.here.integration_id, kind=kind)
        session.add(row)
        return row.id


def go(both: Both, run_id: str, has_time: Callable[[], bool] = lambda: True) -> SyncRun:
    run(both.store_id, run_id, has_time)
    with tenant_session(both.store_id) as session:
        return session.get_one(SyncRun, run_id)


def products(both: Both) -> dict[str, str]:
    with tenant_session(both.store_id) as session:
        return {row.sku: row.product.name for row in session.scalars(select(Variant))}


def fill(both: Both, amount: int) -> None:
    for number in range(amount):
        both.shop.add("products", name=f"Product {number}", sku=f"P-{number}", regular_price="5")


def test_a_first_import_brings_everything_and_says_how_far_it_is(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 10)
    fill(both, 20)
    parent = both.shop.add("products", name="Tee", type="variable")
    for size in ("S", "M"):
        option = {"name": "Size", "option": size}
        given = {"type": "variation", "parent_id": parent["id"], "attributes": [option]}
        both.shop.add("products", name=f"Tee {size}", sku=f"TEE-{size}", regular_price="9", **given)
    both.shop.add("customers", email="z@example.com", first_name="Z", billing={}, shipping={}, role="customer")
    both.shop.add("coupons", code="ten", amount="10.00", discount_type="percent")
    run_id = begin(both, SyncRunKind.IMPORT)
    half = go(both, run_id, lambda: False)
    assert (half.status, half.seen, half.total, half.cursor) == (SyncRunStatus.RUNNING, 10, 21, "10|22")
    done = go(both, run_id)
    assert (done.status, done.seen, done.total, done.failed_count) == (SyncRunStatus.COMPLETED, 23, 23, 0), done.drift
    assert len(products(both)) == 22
    with tenant_session(both.store_id) as session:
        assert session.scalar(select(func.count()).select_from(Customer)) == 1
    again = go(both, begin(both, SyncRunKind.IMPORT))
    assert (again.created_count, again.updated_count, again.unchanged_count) == (0, 0, 25)
    assert both.rows() == []


def test_a_worker_that_dies_in_the_middle_is_followed_by_another(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 20)
    fill(both, 45)
    run_id = begin(both, SyncRunKind.IMPORT)
    held, calls = leases.held, 0

    class KilledError(BaseException):
        """As if the process were gone."""

    def die(*given: object) -> object:
        nonlocal calls
        calls += 1
        # A step asks twice: before it reads, and once its page is written and not committed yet.
        if calls == 4:
            raise KilledError
        return held(*given)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(running, "held", die)
        with pytest.raises(KilledError):
            run(both.store_id, run_id, lambda: True)
    assert len(products(both)) == 20
    assert go(both, run_id).status is SyncRunStatus.RUNNING
    with tenant_session(both.store_id) as session:
        session.get_one(SyncRun, run_id).resume_at = now()
    done = go(both, run_id)
    assert (done.status, done.seen, done.total, done.created_count) == (SyncRunStatus.COMPLETED, 45, 45, 45)
    assert len(products(both)) == 45


def test_what_is_deleted_while_a_shop_is_read_hides_nothing(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 5)
    fill(both, 20)
    run_id = begin(both, SyncRunKind.IMPORT)
    assert go(both, run_id, lambda: False).seen == 5
    for number in list(both.shop.products)[:5]:
        both.shop.force_delete("products", number)
    assert go(both, run_id).status is SyncRunStatus.COMPLETED
    assert len(products(both)) == 20


def test_a_busy_shop_is_left_alone_for_as_long_as_it_says(both: Both) -> None:
    fill(both, 3)
    both.shop.faults.busy, both.shop.faults.retry_after = 1, 120
    run_id = begin(both, SyncRunKind.IMPORT)
    before = now()
    waiting = go(both, run_id)
    assert (waiting.status, waiting.error) == (SyncRunStatus.RUNNING, None)
    assert 110 < (waiting.resume_at - before).total_seconds() < 130


def test_a_comparison_finds_what_no_webhook_told_of(both: Both) -> None:
    fill(both, 3)
    go(both, begin(both, SyncRunKind.IMPORT))
    first, second, third = list(both.shop.products)
    both.shop.edit("products", first, name="Renamed")
    both.shop.force_delete("products", second)
    both.shop.force_delete("products", third)
    both.shop.add("products", name="New", sku="NEW", regular_price="7")
    back = both.shop.add("products", name="Back", sku="P-2", regular_price="8")
    found = go(both, begin(both, SyncRunKind.RECONCILIATION))
    assert found.status is SyncRunStatus.COMPLETED
    assert products(both) == {"P-0": "Renamed", "P-2": "Back", "NEW": "New"}
    assert ("product", str(back["id"])) in both.links()
    assert ("product", str(third)) not in both.links()
    assert {(one["external_id"], one["done"]) for one in found.drift} >= {
        (str(second), "deleted"),
        (str(first), "updated"),
    }
    with tenant_session(both.store_id) as session:
        assert session.scalar(select(func.count()).select_from(Product)) == 3
    quiet = go(both, begin(both, SyncRunKind.RECONCILIATION))
    assert (quiet.status, quiet.drift) == (SyncRunStatus.COMPLETED, [])


def test_the_schedule_starts_one_comparison_of_each_shop_an_hour(both: Both) -> None:
    assert [handler({"start": "reconciliations"}, None) for _ in range(2)] == [{"done": 1}, {"done": 0}]
