"""AWS and a database for every test of imports and exports."""

import pytest

from tests.functions.stores.conftest import database, migrated

__all__ = ["database", "migrated"]


@pytest.fixture(autouse=True)
def _bucket(mailbox: object) -> None:
    """Buckets and queues by moto."""
