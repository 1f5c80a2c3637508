"""A store, a WooCommerce shop that stands in for one, and the connection between them."""

from collections.abc import Iterator

import pytest

from shared.settings import settings
from tests.aws import Mailbox
from tests.conftest import Database
from tests.functions.sync.outbound.both import Both
from tests.standins.woocommerce import woocommerce


@pytest.fixture
def both(database: Database, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Both]:
    """A connected store on PostgreSQL."""
    # The tests are the queue themselves.
    monkeypatch.setenv("SYNC_QUEUE_URL", "")
    monkeypatch.setenv("ALLOW_PRIVATE_SHOPS", "true")
    settings.cache_clear()
    with woocommerce() as shop:
        yield Both(shop)
