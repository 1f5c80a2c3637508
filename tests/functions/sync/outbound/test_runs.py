"""A first import and comparisons: resumable, within the shop's limits, and they find what no webhook told of."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from functions.sync.handler import handler
from functions.sync.inbound.links import row_of
from functions.sync.runs import leases, running
from functions.sync.runs.running import run
from functions.sync.woocommerce import listing
from shared.integrations import store_secret
from shared.models import Coupon, Customer, ExternalLink, ExternalPlatformIntegration, Order, Product, SyncRun, Variant
from shared.models.base import new_id, now
from shared.models.enums import SyncRunKind, SyncRunStatus
from shared.platforms import woocommerce
from shared.tenancy import tenant_session
from tests.functions.sync import bodies
from tests.functions.sync.outbound.both import Both

MODELS = {"product": Product, "variant": Variant, "customer": Customer, "coupon": Coupon, "order": Order}


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


def test_a_host_that_counts_calls_is_waited_for_within_a_page(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(woocommerce.time, "sleep", waited.append)
    fill(both, 3)
    both.shop.faults.busy, both.shop.faults.retry_after = 2, 1
    done = go(both, begin(both, SyncRunKind.IMPORT))
    assert (done.status, done.created_count, waited) == (SyncRunStatus.COMPLETED, 3, [1, 1])


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


def compared(both: Both) -> SyncRun:
    done = go(both, begin(both, SyncRunKind.RECONCILIATION))
    assert (done.status, done.failed_count) == (SyncRunStatus.COMPLETED, 0), done.drift
    return done


def gone(both: Both) -> set[tuple[str, str]]:
    """Type and their id of what is linked and deleted here."""
    with tenant_session(both.store_id) as session:
        links = session.scalars(select(ExternalLink).where(ExternalLink.entity_type.in_(MODELS)))
        rows = {
            (one.entity_type, one.external_id): row_of(session, MODELS[one.entity_type], one.entity_id) for one in links
        }
        return {key for key, row in rows.items() if row.deleted_at is not None}


def live(both: Both) -> dict[str, dict[str, object]]:
    """One of each kind, there and here."""
    product = both.shop.add("products", name="Mug", sku="MUG", regular_price="5")
    order = bodies.order(0, (product["id"], 1), currency="USD", customer_id=0)
    given = {name: order[name] for name in ("status", "currency", "total", "line_items", "billing", "shipping")}
    found = {
        "products": product,
        "customers": both.shop.add("customers", email="z@example.com", first_name="Z", billing={}, shipping={}),
        "coupons": both.shop.add("coupons", code="ten", amount="10.00", discount_type="percent"),
        "orders": both.shop.add("orders", **given),
    }
    compared(both)
    assert gone(both) == set()
    return found


def test_what_was_trashed_or_deleted_in_silence_is_gone_and_comes_back(both: Both) -> None:
    there = live(both)
    numbers = {kind: int(str(one["id"])) for kind, one in there.items()}
    for kind in ("products", "coupons", "orders"):
        both.shop.trash(kind, numbers[kind])
    both.shop.lose()
    compared(both)
    trashed = {(kind[:-1], str(numbers[kind])) for kind in ("products", "coupons", "orders")}
    assert {one for one in gone(both) if one[0] != "variant"} == trashed
    for kind in ("products", "coupons", "orders"):
        both.shop.restore(kind, numbers[kind])
    both.shop.lose()
    compared(both)
    assert gone(both) == set()
    for kind, number in numbers.items():
        both.shop.force_delete(kind, number)
    compared(both)
    assert {one for one in gone(both) if one[0] != "variant"} == trashed | {("customer", str(numbers["customers"]))}
    assert compared(both).drift == []


def test_a_variation_that_was_deleted_in_silence_is_gone(both: Both) -> None:
    parent = both.shop.add("products", name="Tee", type="variable")
    small, large = (
        both.shop.add(
            "products",
            name=f"Tee {size}",
            sku=f"TEE-{size}",
            regular_price="9",
            type="variation",
            parent_id=parent["id"],
            attributes=[{"name": "Size", "option": size}],
        )
        for size in ("S", "L")
    )
    compared(both)
    both.shop.force_delete("products", small["id"])
    assert compared(both).drift != []
    assert gone(both) == {("variant", str(small["id"]))}
    assert ("variant", str(large["id"])) in both.links()


def test_what_the_keys_may_not_read_ends_no_list_and_is_not_gone(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 5)
    fill(both, 12)
    first, *_ = both.shop.products
    compared(both)
    for number in list(both.shop.products):
        both.shop.edit("products", number, name=f"Renamed {number}")
    both.shop.unreadable = {first, first + 6}
    compared(both)
    assert sum(name.startswith("Renamed") for name in products(both).values()) == 10
    assert gone(both) == set()


def test_words_that_were_lost_are_made_good_by_a_comparison(both: Both) -> None:
    there = live(both)
    number = int(str(there["products"]["id"]))
    for topic in ("restored", "created", "updated"):
        both.shop.add("webhooks", topic=f"product.{topic}", delivery_url="https://us.example", secret="s")
    both.shop.deliveries()
    for heard in (True, False, True, True):
        (both.shop.restore if both.shop.products[number]["status"] == "trash" else both.shop.trash)("products", number)
        both.echo() if heard else both.shop.lose()
    compared(both)
    assert gone(both) == set()
    both.shop.trash("products", number)
    both.echo()
    assert ("product", str(number)) in gone(both)


def test_a_comparison_wakes_webhooks_that_sleep_and_makes_those_anew_that_are_gone(both: Both) -> None:
    asleep, gone_ = list(both.shop.entities["webhooks"].values())[:2]
    known = [{"id": str(one["id"]), "topic": one["topic"]} for one in both.shop.entities["webhooks"].values()]
    with tenant_session(both.store_id) as session:
        row = session.get_one(ExternalPlatformIntegration, both.here.integration_id)
        row.webhooks, row.webhook_secret = known, store_secret(session, "s3cret")
    asleep["status"] = "disabled"
    both.shop.force_delete("webhooks", gone_["id"])
    compared(both)
    hooks = both.shop.entities["webhooks"].values()
    assert {(one["topic"], one["status"], one["delivery_url"]) for one in hooks} == {
        (one["topic"], "active", "https://us.example") for one in known
    }
    (made,) = [one for one in hooks if one["topic"] == gone_["topic"]]
    assert made["secret"] == "s3cret"
    with tenant_session(both.store_id) as session:
        kept = session.get_one(ExternalPlatformIntegration, both.here.integration_id).webhooks
        assert {one["id"] for one in kept} == {str(one["id"]) for one in hooks}


def test_the_schedule_starts_one_comparison_of_each_shop_an_hour(both: Both) -> None:
    assert [handler({"start": "reconciliations"}, None) for _ in range(2)] == [{"done": 1}, {"done": 0}]
