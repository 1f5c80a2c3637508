"""What `shared.soft_delete` refuses to restore, and what it says then."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.errors import ConflictError, NotFoundError
from shared.models import Base, Coupon, Product, ProductReview, Store, Variant
from shared.models.enums import DiscountType
from shared.soft_delete import restore
from shared.tenancy import platform_session, tenant_session
from tests.conftest import Database
from tests.factories import PUBLISHED, customer_of, make_product, make_store, order_of, product_of, variant_of
from tests.migrations.deleting import add, bring_back, delete, deletions
from tests.migrations.walls import models


def _coupon_of(**given: Any) -> Coupon:
    values = {"name": "Spring", "discount_type": DiscountType.FREE_SHIPPING, "discount_value": 0}
    return Coupon(**(values | {"valid_from": PUBLISHED} | given))


@pytest.mark.parametrize(
    ("make", "table", "column", "value"),
    [
        (product_of, "products", "slug", "mug"),
        (product_of, "products", "sku", "M-1"),
        (customer_of, "customers", "email", "a@example.com"),
        (order_of, "orders", "order_number", "7"),
        (_coupon_of, "coupons", "code", "MAY"),
    ],
)
def test_what_a_deletion_freed_can_be_used_again_and_then_is_a_conflict(
    either: Database, make: Callable[..., Base], table: str, column: str, value: str
) -> None:
    store_id = make_store()
    add(store_id, make(**{"id": "a", column: value}))
    delete(either, "orm", store_id, table, "a")

    add(store_id, make(**{"id": "b", column: value}))

    with pytest.raises(ConflictError) as raised, tenant_session(store_id) as session:
        restore(session, models()[table], "a")
    assert raised.value.errors == [{"loc": [table, column], "message": value}]
    assert raised.value.code == "already_taken"
    assert f"{column} {value}" in raised.value.detail
    found = deletions(either, store_id)[table]
    assert found["a"] is not None
    assert found["b"] is None


def test_a_conflict_names_what_each_row_of_the_deletion_has_lost(either: Database) -> None:
    store_id = make_store()
    add(store_id, product_of(id="a", slug="mug"))
    add(store_id, variant_of("a", sku="M-1"))
    delete(either, "orm", store_id, "products", "a")
    add(store_id, product_of(id="b", slug="mug"))
    add(store_id, variant_of("b", sku="M-1"))

    with pytest.raises(ConflictError) as raised, tenant_session(store_id) as session:
        restore(session, Product, "a")

    lost = [{"loc": ["products", "slug"], "message": "mug"}, {"loc": ["variants", "sku"], "message": "M-1"}]
    assert sorted(raised.value.errors, key=str) == lost


def test_another_stores_slug_is_no_conflict(either: Database) -> None:
    ours, theirs = make_store(), make_store()
    add(ours, product_of(id="a", slug="mug"))
    delete(either, "orm", ours, "products", "a")
    add(theirs, product_of(id="b", slug="mug"))

    bring_back(either, "orm", ours, "products", "a")

    assert deletions(either, ours)["products"] == {"a": None}


def test_a_stores_own_slug_can_be_lost_too(either: Database) -> None:
    store_id = make_store(slug="corner")
    delete(either, "orm", store_id, "stores", store_id)
    make_store(slug="corner")

    with pytest.raises(ConflictError) as raised, platform_session(reason="test", actor="tests") as session:
        restore(session, Store, store_id)

    assert raised.value.errors == [{"loc": ["stores", "slug"], "message": "corner"}]


def test_a_second_review_of_a_product_is_a_conflict(either: Database) -> None:
    store_id = make_store()
    product_id = make_product(store_id)
    add(store_id, customer_of(id="c"))
    add(store_id, ProductReview(id="a", product_id=product_id, customer_id="c", rating=5))
    delete(either, "orm", store_id, "product_reviews", "a")
    add(store_id, ProductReview(id="b", product_id=product_id, customer_id="c", rating=1))

    with pytest.raises(ConflictError) as raised, tenant_session(store_id) as session:
        restore(session, ProductReview, "a")

    assert [error["loc"][0] for error in raised.value.errors] == ["product_reviews"]


def test_a_default_variant_beside_a_new_default_is_a_conflict(either: Database) -> None:
    store_id = make_store()
    add(store_id, product_of(id="p"))
    add(store_id, variant_of("p", id="a", is_default=True))
    delete(either, "orm", store_id, "variants", "a")
    add(store_id, variant_of("p", id="b", is_default=True))

    with pytest.raises(ConflictError), tenant_session(store_id) as session:
        restore(session, Variant, "a")


@pytest.mark.parametrize("row_id", ["unknown", "live"])
def test_what_is_not_deleted_is_not_found(either: Database, row_id: str) -> None:
    store_id = make_store()
    add(store_id, product_of(id="live"))

    with pytest.raises(NotFoundError), tenant_session(store_id) as session:
        restore(session, Product, row_id)


@pytest.mark.parametrize(
    ("make", "table"), [(product_of, "products"), (customer_of, "customers"), (order_of, "orders")]
)
def test_another_stores_deleted_row_is_not_found(either: Database, make: Callable[..., Base], table: str) -> None:
    ours, theirs = make_store(), make_store()
    add(theirs, make(id="a"))
    delete(either, "orm", theirs, table, "a")
    before = deletions(either, theirs)

    with pytest.raises(NotFoundError), tenant_session(ours) as session:
        restore(session, models()[table], "a")

    assert deletions(either, theirs) == before
