"""How often an answer asks the database does not depend on how long it is."""

from typing import Any

import pytest
from sqlalchemy import insert

from shared.database import function_engine
from shared.models import Brand, Category, Product, ProductCategory, ProductLabel, Variant
from shared.models.base import new_id
from shared.models.enums import ProductStatus
from shared.tenancy import tenant_session
from tests.calls import counted
from tests.conftest import Database
from tests.factories import PUBLISHED
from tests.functions.storefront.shopping import get, open_shop

MANY = 120
AT_MOST = 4


@pytest.fixture
def full(database: Database) -> Database:
    """A store with many products, each with two variants, a label and a shelf of its own."""
    numbers = range(MANY)
    ids, shelves = [new_id() for _ in numbers], [new_id() for _ in numbers]
    facts = {"status": ProductStatus.ACTIVE, "published_at": PUBLISHED}
    with tenant_session(open_shop()) as session:
        session.execute(insert(Brand), [{"slug": f"b-{n}", "name": f"Brand {n}"} for n in numbers])
        session.execute(insert(Category), [{"id": shelves[n], "slug": f"c-{n}", "name": f"Shelf {n}"} for n in numbers])
        session.execute(
            insert(Product), [{"id": ids[n], "slug": f"p-{n}", "name": f"Product {n}", **facts} for n in numbers]
        )
        for half in ("a", "b"):
            session.execute(
                insert(Variant),
                [
                    {"product_id": ids[n], "sku": f"{half}-{n}", "price": 1 + n, "is_default": half == "a"}
                    for n in numbers
                ],
            )
        session.execute(insert(ProductLabel), [{"product_id": ids[n], "label": "NEW"} for n in numbers])
        session.execute(insert(ProductCategory), [{"product_id": ids[n], "category_id": shelves[n]} for n in numbers])
    return database


def _sent(path: str, **parameters: Any) -> tuple[int, int]:
    with counted(function_engine()) as sent:
        answer = get(path, **parameters)
    assert answer.status == 200, answer.text
    return len(sent), len(answer.json.get("items", ()))


@pytest.mark.parametrize(
    "asked", [{}, {"sort": "price"}, {"q": "product"}, {"label": "NEW", "in_stock": "false"}], ids=str
)
def test_a_list_takes_as_many_statements_for_one_product_as_for_a_hundred(
    full: Database, asked: dict[str, str]
) -> None:
    counts = {limit: _sent("products", limit=limit, **asked) for limit in (1, 20, 100)}

    assert {limit: items for limit, (_, items) in counts.items()} == {1: 1, 20: 20, 100: 100}
    assert len({statements for statements, _ in counts.values()}) == 1
    assert counts[1][0] <= AT_MOST


@pytest.mark.parametrize("path", ["store", "products/p-7", "categories", "brands", "suggest?q=product"])
def test_other_reads_take_few_statements(full: Database, path: str) -> None:
    assert 1 <= _sent(path)[0] <= AT_MOST


def test_a_product_that_is_not_there_takes_few_statements(full: Database) -> None:
    with counted(function_engine()) as sent:
        assert get("products/none").status == 404
    assert 1 <= len(sent) <= AT_MOST
