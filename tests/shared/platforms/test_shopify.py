"""The client of Shopify's GraphQL API: refusals by their code, and within the limit of calls."""

from collections.abc import Iterator

import pytest

from shared.models.enums import ExternalPlatform
from shared.platforms import shopify as client
from shared.platforms.errors import DeniedError, RefusedError, ThrottledError, UnreachableError
from shared.platforms.shopify import gid, number_of, query
from tests.shared.platforms.test_woocommerce import Keys
from tests.standins.shopify import LOCATION, TOKEN, Shopify, shopify
from tests.standins.woocommerce import serving

SET = """mutation($input: InventorySetQuantitiesInput!, $idempotencyKey: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $idempotencyKey) { userErrors { field message code } }
}"""
ITEM = "gid://shopify/InventoryItem/53469430055218"


@pytest.fixture
def shop() -> Iterator[Shopify]:
    client._buckets.clear()
    client._costs.clear()
    with shopify() as standing:
        item = {"id": "gid://shopify/ProductVariant/1", "inventoryQuantity": 5, "inventoryItem": {"id": ITEM}}
        standing.products["gid://shopify/Product/1"] = {"variants": {"nodes": [item]}}
        yield standing


def keys(url: str, token: str = TOKEN) -> Keys:
    return Keys(url, token, "", ExternalPlatform.SHOPIFY)


def change(key: str, quantity: int, before: int | None, item: str = ITEM) -> dict[str, object]:
    row = {"inventoryItemId": item, "locationId": LOCATION, "quantity": quantity, "changeFromQuantity": before}
    return {"input": {"name": "available", "reason": "correction", "quantities": [row]}, "idempotencyKey": key}


def test_a_key_that_comes_again_changes_nothing_more(shop: Shopify) -> None:
    for _ in range(2):
        query(keys(shop.url), SET, change("one", 4, 5))
    with pytest.raises(RefusedError) as stale:
        query(keys(shop.url), SET, change("two", 3, 5))
    assert stale.value.code == "change_from_quantity_stale"


def test_user_errors_and_errors_are_refusals_with_their_codes(shop: Shopify) -> None:
    with pytest.raises(RefusedError) as item:
        query(keys(shop.url), SET, change("one", 4, 5, "gid://shopify/InventoryItem/999999999999"))
    with pytest.raises(RefusedError) as key:
        query(keys(shop.url), SET.replace("@idempotent(key: $idempotencyKey)", ""), change("two", 4, 5))
    assert (item.value.code, key.value.code) == ("invalid_inventory_item", "bad_request")
    with pytest.raises(DeniedError):
        query(keys(shop.url, "another"), SET, change("three", 4, 5))


def test_calls_wait_for_the_bucket_instead_of_being_refused(shop: Shopify, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.available, shop.restore_rate, shop.maximum, shop.cost = 100, 1000, 100, 60
    for number in range(8):
        query(keys(shop.url), SET, change(str(number), 5, 5))
    assert shop.violations == 0


def test_what_was_throttled_goes_again_and_a_long_wait_is_the_callers(shop: Shopify) -> None:
    shop.available, shop.restore_rate, shop.cost = 0, 200, 20
    query(keys(shop.url), SET, change("one", 5, 5))
    assert shop.violations == 1
    shop.available, shop.restore_rate, shop.cost = 0, 0.5, 20
    with pytest.raises(ThrottledError) as throttled:
        query(keys(shop.url), SET, change("two", 5, 5))
    assert throttled.value.retry_after is not None
    assert throttled.value.retry_after > 10


def test_a_mutation_whose_answer_is_lost_is_not_repeated_by_itself(shop: Shopify) -> None:
    shop.lose_answers = 1
    with pytest.raises(UnreachableError):
        query(keys(shop.url), SET, change("one", 4, 5))
    assert len(shop.calls) == 1


def test_errors_inside_are_told_apart() -> None:
    for code, error in (("INTERNAL_SERVER_ERROR", UnreachableError), ("ACCESS_DENIED", DeniedError)):
        body = (f'{{"errors": [{{"message": "x", "extensions": {{"code": "{code}"}}}}]}}').encode()

        def application(_environ: object, start: object, body: bytes = body) -> list[bytes]:
            start("200 OK", [("Content-Type", "application/json")])  # type: ignore[operator]
            return [body]

        with serving(application) as url, pytest.raises(error):
            query(keys(url), "{ shop { name } }")


def test_global_ids_and_numbers() -> None:
    assert gid("Product", "10220854182194") == "gid://shopify/Product/10220854182194"
    assert number_of("gid://shopify/InventoryItem/53469430055218?x=1") == "53469430055218"
