"""AWS and a database for every test of imports and exports."""

from collections.abc import Iterator

import pytest

from functions.catalog.transfers import service
from tests.aws import Mailbox
from tests.functions.stores.conftest import database, migrated

__all__ = ["database", "migrated"]


@pytest.fixture(autouse=True)
def _bucket(mailbox: Mailbox) -> Iterator[None]:
    service._sqs.cache_clear()
    yield
    service._sqs.cache_clear()
