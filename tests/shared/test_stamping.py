"""New rows get the session's store, however they are written."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import aliased

from shared.models import AuditLog, Brand, Product, ProductCategory, ProductLabel, Variant
from shared.tenancy import tenant_session
from tests.conftest import Database
from tests.factories import category_of, make_store, product_of, variant_of
from tests.shared.two_stores import A, B, TwoStores, raw

OWNERS = "SELECT DISTINCT store_id FROM product_labels WHERE label LIKE 'made%'"


def label(**given: Any) -> dict[str, Any]:
    return {"product_id": "lamp-a", "label": "made"} | given


def test_an_added_row_is_stamped(stores: TwoStores) -> None:
    with stores.session() as session:
        brand = Brand(name="x", slug="x")
        session.add(brand)
        session.flush()
        assert brand.store_id == A
        assert raw(session, "SELECT store_id FROM brands WHERE slug = 'x'") == [A]


def test_a_row_that_names_the_session_s_store_is_kept(stores: TwoStores) -> None:
    with stores.session() as session:
        session.add(Brand(name="x", slug="x", store_id=A))
        session.flush()
        session.execute(insert(ProductLabel).values(**label(store_id=A)))
        session.execute(insert(ProductLabel), [label(store_id=A)])
        assert raw(session, OWNERS) == [A]


def test_rows_below_an_added_row_are_stamped(stores: TwoStores) -> None:
    with stores.session() as session:
        product = product_of(
            id="nested",
            variants=[variant_of("nested"), variant_of("nested", is_default=False)],
            labels=[ProductLabel(label="made")],
            product_categories=[ProductCategory(category=category_of(parent=category_of()))],
        )
        session.add(product)
        session.flush()
        place = product.product_categories[0]
        assert place.category.parent is not None
        rows: list[Any] = [*product.variants, *product.labels, place, place.category, place.category.parent]
        assert [row.store_id for row in rows] == [A] * 6
        assert raw(session, "SELECT DISTINCT store_id FROM variants WHERE product_id = 'nested'") == [A]


def test_a_row_that_joins_one_already_there_is_stamped(stores: TwoStores) -> None:
    with stores.session() as session:
        product = session.scalars(select(Product)).one()
        product.variants.append(Variant(sku="x", price=Decimal(1)))
        session.flush()
        assert raw(session, "SELECT store_id FROM variants WHERE sku = 'x'") == [A]


def test_a_merged_row_is_stamped(stores: TwoStores) -> None:
    with stores.session() as session:
        session.merge(Brand(id="new", name="x", slug="x"))
        session.flush()
        assert raw(session, "SELECT store_id FROM brands WHERE id = 'new'") == [A]


def test_a_record_of_the_platform_s_kind_is_stamped_too(stores: TwoStores) -> None:
    with stores.session() as session:
        session.add(AuditLog(actor_email="a", action="platform.pretended", entity_type="x"))
        session.execute(insert(AuditLog), {"actor_email": "a", "action": "platform.pretended", "entity_type": "x"})
        session.flush()
        assert raw(session, "SELECT store_id FROM audit_logs WHERE action = 'platform.pretended'") == [A, A]


@pytest.mark.parametrize("given", [label(), [label()], [label(label="made 1"), label(label="made 2")]])
def test_inserted_parameters_are_stamped(stores: TwoStores, given: Any) -> None:
    with stores.session() as session:
        session.execute(insert(ProductLabel), given)
        assert raw(session, OWNERS) == [A]


def test_inserted_values_are_stamped(stores: TwoStores) -> None:
    with stores.session() as session:
        session.execute(insert(ProductLabel).values(**label()))
        session.execute(insert(ProductLabel).values(label="made"), [{"product_id": "lamp-a"}, {"product_id": "lamp-a"}])
        assert raw(session, OWNERS) == [A]


def test_inserted_rows_that_are_returned_are_stamped(stores: TwoStores) -> None:
    with stores.session() as session:
        made = session.scalars(insert(ProductLabel).returning(ProductLabel), [label(), label()]).all()
        assert [row.store_id for row in made] == [A, A]


def test_stamping_leaves_the_caller_s_rows_as_they_were(stores: TwoStores) -> None:
    rows = [label(id="new 1"), label(id="new 2")]
    with stores.session() as session:
        session.execute(insert(ProductLabel), rows)
    with stores.session(B) as session:
        session.execute(insert(ProductLabel), [row | {"product_id": "lamp-b"} for row in rows])
        assert raw(session, OWNERS) == [B]
    assert all("store_id" not in row for row in rows)


def test_rows_copied_with_a_new_key_are_stamped(stores: TwoStores) -> None:
    other = aliased(Product)
    with stores.session() as session:
        copied = select(other.id + "-copy", other.name + " copy", other.slug + "-copy")
        session.execute(insert(Product).from_select(["id", "name", "slug"], copied))
        assert raw(session, "SELECT id || ' ' || store_id FROM products WHERE slug = 'lamp-copy'") == [
            f"lamp-a-copy {A}"
        ]


def test_a_committed_row_belongs_to_the_store_that_was_entered(each: Database) -> None:
    store_id, other_id = make_store(), make_store()
    with tenant_session(store_id) as session:
        session.add(Brand(name="x", slug="x"))
        session.execute(insert(Brand), [{"name": "y", "slug": "y"}, {"name": "z", "slug": "z"}])
    with tenant_session(store_id) as session:
        assert set(session.scalars(select(Brand.slug))) == {"x", "y", "z"}
    with tenant_session(other_id) as session:
        assert session.scalars(select(Brand)).all() == []
