"""The client of WooCommerce's REST API against a shop that behaves as recorded."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import time_machine

from shared.models.enums import ExternalPlatform
from shared.platforms.errors import DeniedError, RefusedError, ThrottledError, UnreachableError
from shared.platforms.woocommerce import call, pages, total_of
from shared.settings import settings
from tests.standins.woocommerce import KEY, SECRET, WooCommerce, serving, woocommerce


@dataclass(frozen=True)
class Keys:
    """Keys to a shop."""

    api_url: str
    key: str = KEY
    secret: str = SECRET
    platform: ExternalPlatform = ExternalPlatform.WOOCOMMERCE
    plain_permalinks: bool = False


@pytest.fixture(scope="module")
def shop() -> Iterator[WooCommerce]:
    with woocommerce() as standing:
        yield standing


def test_signed_calls_are_accepted_whatever_is_in_the_query(shop: WooCommerce) -> None:
    shop.add("products", name="Mug", sku="MUG 1+%é&=", regular_price="300")
    assert [row["name"] for row in call(Keys(shop.url), "GET", "products", params={"sku": "MUG 1+%é&="}).body] == [
        "Mug"
    ]
    assert call(Keys(shop.url), "POST", "products", json={"name": "ü", "sku": "Ü-1"}).status == 201


def test_a_site_with_plain_permalinks_is_called_under_its_index(shop: WooCommerce) -> None:
    shop.permalinks = "plain"
    try:
        made = call(Keys(shop.url, plain_permalinks=True), "POST", "coupons", json={"code": "plain"}).body
        asked = {"code": "plain", "_fields": "id,code"}
        found = call(Keys(shop.url, plain_permalinks=True), "GET", "coupons", params=asked).body
    finally:
        shop.permalinks = "pretty"
    assert found == [{"id": made["id"], "code": "plain"}]
    shop.force_delete("coupons", made["id"])


def test_a_call_is_repeated_under_a_signature_of_its_own(shop: WooCommerce) -> None:
    shop.faults.unwell = 2
    assert call(Keys(shop.url), "GET", "coupons").status == 200
    assert shop.faults.unwell == 0


def test_wrong_keys_are_denied(shop: WooCommerce) -> None:
    with pytest.raises(DeniedError):
        call(Keys(shop.url, secret="another"), "GET", "products")


def test_a_refusal_has_the_shops_own_code(shop: WooCommerce) -> None:
    shop.add("products", name="Cup", sku="CUP")
    with pytest.raises(RefusedError) as duplicate:
        call(Keys(shop.url), "POST", "products", json={"name": "Cup 2", "sku": "CUP"})
    with pytest.raises(RefusedError) as missing:
        call(Keys(shop.url), "GET", "products/999999")
    with pytest.raises(RefusedError) as number:
        call(Keys(shop.url), "POST", "products", json={"name": "Bad", "regular_price": 300})
    assert (duplicate.value.code, duplicate.value.data["unique_sku"]) == ("product_invalid_sku", "CUP-1")
    assert (missing.value.code, missing.value.status) == ("woocommerce_rest_product_invalid_id", 404)
    assert number.value.code == "rest_invalid_param"


def test_lists_are_read_page_by_page(shop: WooCommerce) -> None:
    for number in range(230):
        shop.add("coupons", code=f"c{number}")
    found = [row["id"] for page in pages(Keys(shop.url), "coupons", {"orderby": "id", "order": "asc"}) for row in page]
    assert len(set(found)) == 230
    assert total_of(call(Keys(shop.url), "GET", "coupons", params={"per_page": 1})) == 230


def test_a_shop_that_is_down_is_unreachable_and_asked_again_only_when_that_is_safe(shop: WooCommerce) -> None:
    shop.faults.down = True
    try:
        with pytest.raises(UnreachableError):
            call(Keys(shop.url), "POST", "products", json={"name": "Once"})
    finally:
        shop.faults.down = False
    shop.faults.lose_answers = 1
    before = len(shop.writes())
    with pytest.raises(UnreachableError):
        call(Keys(shop.url), "POST", "products", json={"name": "Once"})
    assert len(shop.writes()) == before + 1


def test_too_many_calls_say_when_to_come_back(shop: WooCommerce) -> None:
    shop.faults.busy = 1
    with pytest.raises(ThrottledError) as busy:
        call(Keys(shop.url), "GET", "products")
    assert busy.value.retry_after == 7


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (302, b"", RefusedError),
        (500, b"<html>", UnreachableError),
        (500, b'{"code": "woocommerce_rest_cannot_create_order_refund", "message": "x", "data": 500}', RefusedError),
        (200, b"<html>maintenance</html>", UnreachableError),
        (403, b"{}", DeniedError),
        (404, b"[]", RefusedError),
    ],
)
def test_other_answers_are_told_apart(status: int, body: bytes, error: type[Exception]) -> None:
    def application(_environ: object, start_response: object) -> list[bytes]:
        start_response(f"{status} x", [("Location", "http://169.254.169.254/"), ("Content-Type", "text/html")])  # type: ignore[operator]
        return [body]

    with serving(application) as url, pytest.raises(error):
        call(Keys(url), "POST", "orders/1/refunds", json={})


def test_edits_before_the_deliveries_leave_are_one_and_ids_collide(shop: WooCommerce) -> None:
    with time_machine.travel(1_800_000_000, tick=False):
        for topic in ("product.created", "product.updated"):
            shop.add("webhooks", topic=topic, delivery_url="https://us.example/hook", secret="s")
        first = shop.add("products", name="A")
        second = shop.add("products", name="B")
        for name in ("C", "D"):
            shop.edit("products", first["id"], name=name)
        sent = [one for one in shop.deliveries() if f'"id": {first["id"]},'.encode() in one.body or one.topic == ""]
        assert [one.topic for one in sent] == ["product.created", "product.updated"]
        shop.edit("products", first["id"], name="E")
        shop.edit("products", second["id"], name="F")
        ids = {one.headers["x-wc-webhook-delivery-id"] for one in shop.deliveries()}
    assert len(ids) == 1


def test_an_address_inside_our_network_is_never_called(shop: WooCommerce, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOW_PRIVATE_SHOPS", "")
    settings.cache_clear()
    before = len(shop.calls)
    for url in (shop.url, "https://127.0.0.1", "https://169.254.169.254/latest", "https://[::ffff:10.0.0.1]"):
        with pytest.raises(RefusedError) as refused:
            call(Keys(url), "GET", "products")
        assert refused.value.code == "address_refused"
    assert len(shop.calls) == before
