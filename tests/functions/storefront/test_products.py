"""The product list and detail, through the handler."""

from functions.storefront.handler import handler
from shared.database import function_engine
from tests.calls import call, counted
from tests.conftest import Database


def test_list_answers_twenty_products_with_their_parts(shops: Database) -> None:
    answer = call(handler, "/v1/storefront/products", store="aurora")

    assert answer.status == 200
    assert len(answer.json["items"]) == 20
    first = answer.json["items"][0]
    assert first["slug"] == "automatic-espresso-machine"
    assert first["variants"][0]["price"] == "879.99"
    assert first["variants"][0]["available"] == 5000
    assert first["categories"][0]["is_primary"] is True


def test_list_takes_two_statements_however_long(shops: Database) -> None:
    for limit in (1, 20, 100):
        with counted(function_engine()) as sent:
            call(handler, f"/v1/storefront/products?limit={limit}", store="aurora")
        assert len(sent) == 2, sent
