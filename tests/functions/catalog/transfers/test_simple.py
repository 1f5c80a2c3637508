"""A file made by hand, from the upload to the report."""

from decimal import Decimal

import pytest

from shared.models import InventoryAdjustment
from tests.api import api
from tests.functions.catalog.goods import count
from tests.functions.catalog.transfers.content import products_of, rows_of
from tests.functions.catalog.transfers.sending import imported, progress, report, started, work
from tests.functions.stores.people import make_shop

SIMPLE = "name,sku,price,stock\nLamp,LAMP-1,19.99,5\nMug,MUG-1,7.50,0\n"

pytestmark = pytest.mark.usefixtures("database")


def test_a_simple_file_becomes_products() -> None:
    shop = make_shop()

    done = imported(shop, SIMPLE)

    assert done["status"] == "COMPLETED", done
    assert (done["created_count"], done["failed_count"], done["total"], done["percent"]) == (2, 0, 2, 100)
    assert done["format"] == "STORMCOM"
    found = products_of(shop)
    assert found.keys() == {"lamp", "mug"}
    assert found["lamp"]["variants"][0]["price"] == Decimal("19.99")
    assert found["lamp"]["variants"][0]["stock_quantity"] == 5
    assert count(shop, InventoryAdjustment) == 1
    assert report(shop, done["id"]) == []


def test_the_same_file_twice_changes_nothing() -> None:
    shop = make_shop()
    imported(shop, SIMPLE)
    before = rows_of(shop)

    done = imported(shop, SIMPLE)

    assert (done["created_count"], done["updated_count"], done["unchanged_count"]) == (0, 0, 2)
    assert rows_of(shop) == before


def test_progress_is_told_before_the_worker_comes() -> None:
    shop = make_shop()
    transfer_id = started(shop, SIMPLE)

    waiting = progress(shop, transfer_id)
    assert (waiting["status"], waiting["percent"], waiting["total"]) == ("QUEUED", 0, None)
    assert work() == 1
    assert progress(shop, transfer_id)["status"] == "COMPLETED"
    listed = api("GET", "/v1/products/imports", token=shop.admin.token).json["items"]
    assert [one["id"] for one in listed] == [transfer_id]
