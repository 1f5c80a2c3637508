"""AWS and a database for every test of imports and exports."""

import pytest


@pytest.fixture(autouse=True)
def _bucket(mailbox: object) -> None:
    """Buckets and queues by moto."""
