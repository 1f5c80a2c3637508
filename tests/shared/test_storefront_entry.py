"""Which store a shopper's request is for, and what is answered where there is none."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.database import function_engine
from shared.errors import NoSuchStoreError
from shared.settings import settings
from shared.storefront import open_storefront
from shared.tenancy import Response, current_session, tenant_isolated, tenant_of
from tests.calls import Answer, call, http_event
from tests.conftest import Database
from tests.factories import make_store

GONE = datetime(2026, 2, 1, tzinfo=UTC)
SLUGS = [
    *("Shop", "SHOP", "my shop", " shop", "shop ", "shop\n", "", "-", "shop-", "-shop", "a--b", "null", "undefined"),
    *("shop'", "shop'--", '"shop"', "shop;", "%", "_", "*", "../shop", "shop\x00", "a" * 10_240, "A" * 10_240),
    *("sh\u00f6p", "\u0455hop", "\uff53\uff48\uff4f\uff50", "\u0661", "\U0001f6d2", "\u212a"),
]


@tenant_isolated(open_storefront)
def handler(_event: dict[str, Any], _context: Any) -> Response:
    return {"statusCode": 200, "headers": {}, "body": json.dumps(tenant_of(current_session()).id)}


@pytest.fixture(scope="module")
def stores_of_each_kind(each: Database) -> str:
    """An open store beside others that are not what is asked for; its id."""
    make_store(slug="other", domain="other.example.org")
    for status in ("SUSPENDED", "CLOSED"):
        make_store(slug=status.lower(), domain=f"{status.lower()}.example.org", status=status)
    for number in range(3):
        make_store(slug="gone", domain="gone.example.org", deleted_at=GONE)
        make_store(slug="shop", domain="www.shop.example.org", deleted_at=GONE, name=f"Gone {number}")
    return make_store(slug="shop", domain="www.shop.example.org")


@pytest.fixture
def shop(stores_of_each_kind: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """That store, under a storefront domain."""
    monkeypatch.setenv("STOREFRONT_DOMAIN", "Shops.Example.com")
    settings.cache_clear()
    yield stores_of_each_kind
    settings.cache_clear()


def ask(url: str = "/", store: str | None = None) -> Answer:
    return call(handler, url, store=store)


@pytest.mark.parametrize(
    ("url", "store"),
    [
        ("/", "shop"),
        ("https://shop.shops.example.com/", None),
        ("https://SHOP.Shops.Example.COM/", None),
        ("https://www.shop.example.org/", None),
        ("https://WWW.SHOP.example.ORG/", None),
        ("https://www.shop.example.org/", "other"),
        ("https://www.shop.example.org/", "none"),
        ("https://shop.shops.example.com/", "other"),
        ("https://unknown.example.org/", "shop"),
        ("https://shops.example.com/", "shop"),
    ],
)
def test_the_request_names_its_store(shop: str, url: str, store: str | None) -> None:
    answer = ask(url, store)
    assert (answer.status, answer.json) == (200, shop)


@pytest.mark.parametrize(
    ("url", "store"),
    [
        ("/", "none"),
        ("https://none.shops.example.com/", None),
        ("https://none.shops.example.com/", "shop"),
        ("https://a.shop.shops.example.com/", None),
        ("https://a.shop.shops.example.com/", "shop"),
        ("https://.shops.example.com/", "shop"),
    ],
)
def test_an_unknown_store_is_answered_404(shop: str, url: str, store: str | None) -> None:
    answer = ask(url, store)
    assert (answer.status, answer.json["code"]) == (404, "store_not_found")


@pytest.mark.parametrize(
    "url", ["/", "https://shops.example.com/", "https://example.org/", "https://xshops.example.com/"]
)
def test_a_request_that_names_no_store_is_answered_400(shop: str, url: str) -> None:
    answer = ask(url)
    assert (answer.status, answer.json["code"]) == (400, "store_required")


@pytest.mark.parametrize("name", ["suspended", "closed"])
def test_a_closed_store_is_answered_403(shop: str, name: str) -> None:
    for url, store in (
        ("/", name),
        (f"https://{name}.example.org/", None),
        (f"https://{name}.shops.example.com/", None),
    ):
        answer = ask(url, store)
        assert (answer.status, answer.json["code"]) == (403, "store_closed")


@pytest.mark.parametrize(
    ("url", "store"),
    [("/", "gone"), ("https://gone.shops.example.com/", None), ("https://gone.example.org/", "none")],
)
def test_a_deleted_store_is_answered_404(shop: str, url: str, store: str | None) -> None:
    answer = ask(url, store)
    assert answer.status == 404
    assert answer.json["code"] == "store_not_found"


def test_the_domain_of_a_deleted_store_names_none(shop: str) -> None:
    assert ask("https://gone.example.org/").status == 400


@pytest.mark.parametrize("slug", SLUGS)
def test_a_malformed_slug_is_answered_404_and_reaches_no_handler(shop: str, slug: str) -> None:
    assert (ask(store=slug).status, ask(store=slug).json["code"]) == (404, "store_not_found")


@pytest.mark.parametrize("host", ["' OR '1'='1", "sh\u00f6p.example.org", "x" * 10_240, "%", "a b", "."])
def test_a_malformed_host_is_no_store_and_no_fault(shop: str, host: str) -> None:
    event = http_event("GET", "/")
    event["requestContext"]["domainName"] = host
    assert handler(event, None)["statusCode"] == 400
    event["headers"]["x-store"] = "shop"
    assert handler(event, None)["statusCode"] == 200


def test_a_request_without_a_host_is_no_fault(shop: str) -> None:
    event = http_event("GET", "/")
    del event["requestContext"]["domainName"]
    assert handler(event, None)["statusCode"] == 400
    del event["headers"]
    assert handler(event, None)["statusCode"] == 400


def test_a_body_or_a_query_names_no_store(shop: str) -> None:
    event = http_event("GET", "/?store=shop&x-store=shop&store_id=shop") | {"body": '{"store": "shop"}'}
    assert handler(event, None)["statusCode"] == 400


@pytest.mark.parametrize("error", [KeyError("x"), LookupError("x"), IndexError("x"), NoSuchStoreError("another")])
def test_a_look_up_that_fails_in_the_handler_is_a_fault_of_ours(shop: str, error: Exception) -> None:
    @tenant_isolated(open_storefront)
    def fail(_event: dict[str, Any], _context: Any) -> Response:
        raise error

    for answer in (call(fail, "/", store="shop"), call(fail, "https://www.shop.example.org/")):
        assert (answer.status, answer.json["code"]) == (500, "internal_error")


def test_every_refusal_returns_its_connection(shop: str) -> None:
    for store in (None, "none", "closed", "Shop'", "shop"):
        ask(store=store)
    assert "Current Checked out connections: 0" in function_engine().pool.status()
