"""A page of what nobody has heard of is made at once, just as it would have been made one by one."""

import random
from collections.abc import Sequence
from dataclasses import replace
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import func, select

from functions.sync.entities import Entity, ExternalProduct
from functions.sync.inbound.applying import apply, apply_all
from functions.sync.inbound.outcomes import Outcome, Result
from functions.sync.shopify.reading import read_product as read_shopify
from functions.sync.woocommerce.reading import read_product, read_variation
from shared.database import function_engine
from shared.models import ExternalLink, ExternalPlatformIntegration, Product, StoreSubscription, SyncQueue, Variant
from shared.models.base import new_id
from shared.models.enums import ExternalPlatform
from shared.stock import differences
from shared.tenancy import tenant_session
from tests.calls import counted
from tests.conftest import Database
from tests.functions.sync import bodies
from tests.functions.sync.connected import Shop, connect, snapshot

MOST_A_PRODUCT = 0.5
"""Statements; a page of a hundred simple products takes about 40."""


def _take(shop: Shop, entities: Sequence[Entity]) -> list[Outcome]:
    with tenant_session(shop.store_id) as session:
        return apply_all(session, session.get_one(ExternalPlatformIntegration, shop.integration_id), entities)


def _one_by_one(shop: Shop, entities: Sequence[Entity]) -> list[Outcome]:
    with tenant_session(shop.store_id) as session:
        integration = session.get_one(ExternalPlatformIntegration, shop.integration_id)
        return [apply(session, integration, one) for one in entities]


def _links(shop: Shop) -> dict[tuple[str, str], Any]:
    """All that links remember, without ids and versions of ours."""
    with tenant_session(shop.store_id) as session:
        return {
            (row.entity_type, row.external_id): (
                row.external_parent_id,
                row.content_hash,
                row.external_updated_at,
                {name: value for name, value in row.details.items() if name != "version"},
            )
            for row in session.scalars(select(ExternalLink))
        }


def _simple(amount: int, begin: int = 900) -> list[Entity]:
    return [read_product(bodies.product(begin + number)) for number in range(amount)]


def _assorted(chance: random.Random, amount: int) -> list[Entity]:
    """Products simple and varied, on shelves, with pictures and qualities, some of them poor or clashing."""
    found: list[Entity] = []
    for number in range(1000, 1000 + 10 * amount, 10):
        shelves = chance.sample(range(1, 9), chance.randint(0, 3))
        body = bodies.product(
            number,
            slug=chance.choice([f"mug-{number}", "mug", ""]),
            sku=chance.choice([f"S-{number}", "", "SAME"]),
            regular_price=chance.choice(["12.50", "", "7"]),
            manage_stock=chance.choice([True, False, "parent"]),
            stock_quantity=chance.choice([0, 3, -1, None, "12"]),
            status=chance.choice(["publish", "draft", "trash"]),
            tax_status=chance.choice(["taxable", "none"]),
            brands=chance.choice([[], [{"id": 1, "name": "Acme"}]]),
            categories=[{"id": one, "name": f"Shelf {one}", "slug": f"shelf-{one}"} for one in shelves],
            images=[{"id": at, "src": f"https://x.example/{number}-{at}.png"} for at in range(chance.randint(0, 3))],
            attributes=[{"name": chance.choice(["Color", "color"]), "options": chance.sample(["Red", "Blue"], 1)}],
        )
        if chance.random() < 0.4:
            ids = [number + place for place in range(1, chance.randint(1, 4))]
            listed = ids if chance.random() < 0.8 else ids[1:]
            found.append(read_product(body | {"type": "variable", "variations": listed}))
            found += [read_variation(bodies.product(one, sku=f"V-{one}", type="variation"), str(number)) for one in ids]
        else:
            found.append(read_product(body))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_a_page_ends_as_it_would_one_by_one(either: Database, seed: int) -> None:
    entities = _assorted(random.Random(seed), 10)  # noqa: S311 - no secret
    at_once, one_by_one = connect(), connect()
    quick, slow = _take(at_once, entities), _one_by_one(one_by_one, entities)
    assert [(one.result, one.reason) for one in quick] == [(one.result, one.reason) for one in slow]
    assert snapshot(at_once) == snapshot(one_by_one)
    assert _links(at_once) == _links(one_by_one)
    with tenant_session(at_once.store_id) as session:
        assert differences(session) == []
    again = _take(at_once, entities)
    assert Result.CREATED not in {one.result for one in again}
    assert snapshot(at_once) == snapshot(one_by_one)


def test_so_does_one_of_shopify(either: Database) -> None:
    entities = [
        read_shopify(bodies.shopify_product(id=number, handle=f"tee-{number}", variants=_variants(number)))
        for number in (10, 20, 30)
    ]
    at_once, one_by_one = connect(ExternalPlatform.SHOPIFY), connect(ExternalPlatform.SHOPIFY)
    assert {one.result for one in _take(at_once, entities)} == {Result.CREATED}
    _one_by_one(one_by_one, entities)
    assert snapshot(at_once) == snapshot(one_by_one)
    assert _links(at_once) == _links(one_by_one)
    assert {one.result for one in _take(at_once, entities)} == {Result.UNCHANGED}


def _variants(number: int) -> list[dict[str, Any]]:
    whole = bodies.shopify_product()["variants"]
    return [
        one | {"id": number + place, "inventory_item_id": number + place, "sku": f"T-{number}-{place}"}
        for place, one in enumerate(whole, 1)
    ]


def test_a_page_takes_few_statements_and_twice_the_page_hardly_more(database: Database) -> None:
    counts = []
    for amount in (50, 100):
        shop = connect()
        with counted(function_engine()) as statements:
            _take(shop, _simple(amount))
        counts.append(len(statements))
        with counted(function_engine()) as again:
            assert {one.result for one in _take(shop, _simple(amount))} == {Result.UNCHANGED}
        assert len(again) < 10
    # An INSERT is cut where its text would have more than 16 KB.
    assert counts[1] < 1.5 * counts[0]
    assert counts[1] < 100 * MOST_A_PRODUCT


def test_what_cannot_be_written_does_not_keep_its_neighbours_from_coming(either: Database) -> None:
    shop, entities = connect(), _simple(20)
    entities[7] = replace(_product(entities[7]), name="")
    entities[13] = replace(_product(entities[13]), name="x" * 201)
    outcomes = _take(shop, entities)
    assert [place for place, one in enumerate(outcomes) if one.result is not Result.CREATED] == [7, 13]
    assert (outcomes[7].result, outcomes[7].reason) == (Result.CONFLICT, "failed")
    with tenant_session(shop.store_id) as session:
        assert session.scalar(select(func.count()).select_from(Variant)) == 18
        assert session.scalar(select(StoreSubscription.current_products)) == 18


def test_a_plan_lets_as_many_in_as_it_has_places(database: Database) -> None:
    shop = connect(plan={"max_products": 3})
    outcomes = _take(shop, _simple(5))
    assert sorted(one.reason or "" for one in outcomes) == ["", "", "", "plan_limit_reached", "plan_limit_reached"]
    with tenant_session(shop.store_id) as session:
        assert session.scalar(select(func.count()).select_from(Product)) == 3


def test_two_workers_with_one_page_make_everything_once(database: Database) -> None:
    shop, barrier, failed = connect(), Barrier(2), list[BaseException]()

    def work() -> None:
        barrier.wait()
        try:
            _take(shop, _simple(40))
        except BaseException as error:
            failed.append(error)

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with tenant_session(shop.store_id) as session:
        assert session.scalar(select(func.count()).select_from(Product)) == 40
        assert session.scalar(select(StoreSubscription.current_products)) == 40
        assert {row.stock_quantity for row in session.scalars(select(Variant))} == {3}


def test_what_a_shop_tells_goes_to_the_others_alone(database: Database) -> None:
    shop = connect()
    with tenant_session(shop.store_id) as session:
        session.add(
            ExternalPlatformIntegration(
                id=new_id(), platform=ExternalPlatform.SHOPIFY, api_url="https://s.example", api_key="k"
            )
        )
    _take(shop, _simple(2))
    with tenant_session(shop.store_id) as session:
        rows = session.scalars(select(SyncQueue)).all()
        assert shop.integration_id not in {row.integration_id for row in rows}
        assert sorted(row.entity_type for row in rows) == ["product", "product", "stock", "stock"]


def _product(entity: Entity) -> ExternalProduct:
    assert isinstance(entity, ExternalProduct)
    return entity
