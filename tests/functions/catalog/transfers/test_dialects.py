"""Both demo catalogues in each kind of CSV: imported whole, the second time without a change, and equal."""

import pytest

from tests.functions.catalog.transfers.content import content_of, products_of, rows_of
from tests.functions.catalog.transfers.dialects import NAMES, WRITERS, catalogue, expected
from tests.functions.catalog.transfers.sending import exported, imported, report
from tests.functions.stores.people import Shop, make_shop

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dialect", WRITERS)
def test_a_catalogue_is_imported_and_the_second_time_changes_nothing(name: str, dialect: str) -> None:
    shop, given = make_shop(), catalogue(name)
    file = WRITERS[dialect](given)

    done = imported(shop, file)

    assert report(shop, done["id"]) == []
    assert (done["format"], done["created_count"], done["failed_count"]) == (dialect, len(given["products"]), 0)
    assert _by_name(shop) == expected(given, dialect)
    before = rows_of(shop)
    again = imported(shop, file)
    assert (again["unchanged_count"], again["failed_count"]) == (len(given["products"]), 0)
    assert rows_of(shop) == before


@pytest.mark.parametrize("name", NAMES)
def test_the_formats_make_equal_stores(name: str) -> None:
    given = catalogue(name)
    for product in given["products"]:
        # Shopify has one collection beside the type.
        product["categories"] = product["categories"][:2]
    stores = []
    for writer in WRITERS.values():
        shop = make_shop()
        imported(shop, writer(given))
        stores.append(_by_name(shop))

    assert stores[0] == stores[1] == stores[2]


@pytest.mark.parametrize("dialect", WRITERS)
def test_what_was_imported_is_exported_for_an_equal_store(dialect: str) -> None:
    shop, copy = make_shop(), make_shop()
    imported(shop, WRITERS[dialect](catalogue("aurora")))

    done = imported(copy, exported(shop))

    assert report(copy, done["id"]) == []
    assert content_of(copy) == content_of(shop)


def _by_name(shop: Shop) -> dict[str, object]:
    return {product["name"]: product for product in products_of(shop).values()}
