"""These tests need a database to themselves for a test, and buckets."""

import pytest

from tests.aws import Mailbox
from tests.functions.stores.conftest import database, migrated

__all__ = ["database", "migrated"]


@pytest.fixture(autouse=True)
def _buckets(mailbox: Mailbox) -> None:
    """AWS by moto."""
