"""These tests need a database to themselves for a test, and buckets."""

import pytest

from tests.aws import Mailbox


@pytest.fixture(autouse=True)
def _buckets(mailbox: Mailbox) -> None:
    """AWS by moto."""
