"""Maintenance: shoppers wait, the people of the store work on."""

from functions.storefront.handler import handler as storefront
from tests.api import api
from tests.calls import Answer, call
from tests.conftest import Database
from tests.factories import make_product
from tests.functions.stores.people import make_shop

ON, OFF = {"enabled": True}, {"enabled": False}
PAGES = ["store", "products", "products/lamp", "categories", "brands", "suggest?q=lamp"]


def _shop_window(slug: str, page: str) -> Answer:
    return call(storefront, f"/v1/storefront/{page}", store=slug)


def test_shoppers_are_told_to_come_back_and_the_admin_goes_on(either: Database) -> None:
    shop, other = make_shop(domain="lamps.example.com"), make_shop()
    make_product(shop.id, slug="lamp")
    token = shop.admin.token

    closed = api("PUT", "/v1/store/maintenance", ON, token=token)
    assert (closed.status, closed.json["maintenance_mode"], closed.json["status"]) == (200, True, "ACTIVE")

    for page in PAGES:
        answer = _shop_window(shop.slug, page)
        assert (answer.status, answer.json["code"], answer.headers["retry-after"]) == (
            503,
            "store_in_maintenance",
            "300",
        )
        assert answer.headers["cache-control"] == "no-store"
    assert call(storefront, "http://lamps.example.com/v1/storefront/store").status == 503
    assert _shop_window(other.slug, "products").status == 200
    assert api("GET", "/v1/store", token=token).status == 200
    assert api("PATCH", "/v1/store", {"name": "New"}, token=token).status == 200

    assert api("PUT", "/v1/store/maintenance", OFF, token=token).json["maintenance_mode"] is False
    for page in PAGES:
        assert _shop_window(shop.slug, page).status == 200


def test_maintenance_is_noted_once_for_each_change(database: Database) -> None:
    token = make_shop().admin.token
    for body in (ON, ON, OFF):
        assert api("PUT", "/v1/store/maintenance", body, token=token).status == 200

    entries = api("GET", "/v1/audit-log?action=store.updated", token=token).json["items"]
    assert [entry["after"]["maintenance_mode"] for entry in entries] == [False, True]


def test_a_suspended_store_in_maintenance_is_in_maintenance(database: Database) -> None:
    shop = make_shop(maintenance_mode=True, status="SUSPENDED")

    assert _shop_window(shop.slug, "store").status == 503
