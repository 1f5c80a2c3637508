"""How a store prices is the store's own to say."""

from typing import Any

import pytest

from tests.conftest import Database
from tests.functions.pricing.prices import ask, places
from tests.functions.stores.people import make_shop

PATH = "/v1/pricing/settings"


def test_a_store_begins_with_the_usual(either: Database) -> None:
    answer = ask(make_shop(currency="EUR"), "GET", PATH)
    assert (answer.status, answer.headers["etag"]) == (200, '"1"')
    assert answer.json == {
        "currency": "EUR",
        "prices_include_tax": False,
        "round_tax_at_subtotal": False,
        "coupons_in_sequence": False,
        "allow_coupons_with_flash_sale": True,
        "unpaid_order_minutes": 60,
        "version": 1,
    }


def test_settings_are_changed_by_who_knows_the_stores_version(either: Database) -> None:
    shop, other = make_shop(), make_shop()
    given = {
        "prices_include_tax": True,
        "round_tax_at_subtotal": True,
        "coupons_in_sequence": True,
        "allow_coupons_with_flash_sale": False,
        "unpaid_order_minutes": 5,
    }
    changed = ask(shop, "PATCH", PATH, given, if_match='"1"')
    assert (changed.json | given, changed.headers["etag"]) == (changed.json, '"2"')
    assert ask(shop, "PATCH", PATH, {"prices_include_tax": False}, if_match='"1"').status == 412
    assert ask(shop, "GET", PATH).json == changed.json
    assert ask(other, "GET", PATH).json["prices_include_tax"] is False
    entry = ask(shop, "GET", "/v1/audit-log?entity_type=store").json["items"][0]
    assert (entry["action"], entry["after"]["unpaid_order_minutes"]) == ("store.updated", 5)


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"unpaid_order_minutes": 4}, ["unpaid_order_minutes"]),
        ({"unpaid_order_minutes": 10_081}, ["unpaid_order_minutes"]),
        ({"unpaid_order_minutes": "soon"}, ["unpaid_order_minutes"]),
        ({"prices_include_tax": "perhaps"}, ["prices_include_tax"]),
        ({"currency": "EUR"}, ["currency"]),
        ({"unpaid_order_minutes": 10**400}, ["unpaid_order_minutes"]),
        ({"coupons_in_sequence": {}}, ["coupons_in_sequence"]),
    ],
)
def test_a_mistake_is_named_by_its_place(database: Database, given: dict[str, Any], place: list[Any]) -> None:
    assert places(ask(make_shop(), "PATCH", PATH, given)) == [place]
