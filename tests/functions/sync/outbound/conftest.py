"""A store, a shop that stands in for one, and the connection between them."""

from collections.abc import Iterator

import pytest

from shared.platforms import shopify as client
from shared.settings import settings
from tests.aws import Mailbox
from tests.conftest import Database
from tests.functions.sync.outbound.both import Both, ShopifyBoth
from tests.standins.shopify import shopify
from tests.standins.woocommerce import woocommerce


@pytest.fixture
def connectable(database: Database, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL, and shops at private addresses."""
    # The tests are the queue themselves.
    monkeypatch.setenv("SYNC_QUEUE_URL", "")
    monkeypatch.setenv("ALLOW_PRIVATE_SHOPS", "true")
    settings.cache_clear()


@pytest.fixture
def both(connectable: None) -> Iterator[Both]:
    """A store that is connected to a WooCommerce shop."""
    with woocommerce() as shop:
        yield Both(shop)


@pytest.fixture
def pair(connectable: None) -> Iterator[ShopifyBoth]:
    """A store that is connected to a Shopify shop."""
    client._buckets.clear()
    with shopify() as shop:
        yield ShopifyBoth(shop)
