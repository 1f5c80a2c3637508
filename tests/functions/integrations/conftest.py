"""What the tests of integrations share: a store with its admin, and shops on this machine to connect it to."""

from collections.abc import Iterator

import pytest

from shared.settings import settings
from tests.aws import Mailbox
from tests.functions.integrations.shopify_shop import ShopifyShop, shopify_shop
from tests.functions.stores.people import Shop, make_shop
from tests.standins.woocommerce import WooCommerce, woocommerce


@pytest.fixture(autouse=True)
def local(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """AWS by moto, and settings as on a laptop, where shops are at private addresses."""
    monkeypatch.setenv("ALLOW_PRIVATE_SHOPS", "true")
    monkeypatch.setenv("WEBHOOK_URL", "https://api.example.com")
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def store(database: object) -> Shop:
    """A store with its admin."""
    return make_shop()


@pytest.fixture
def woo() -> Iterator[WooCommerce]:
    """A WooCommerce shop."""
    with woocommerce() as found:
        yield found


@pytest.fixture
def shopify() -> Iterator[ShopifyShop]:
    """A Shopify shop."""
    with shopify_shop() as found:
        yield found
