"""Shops on this machine may be called."""

from collections.abc import Iterator

import pytest

from shared.settings import settings


@pytest.fixture(autouse=True)
def private_shops(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As on a laptop."""
    monkeypatch.setenv("DATABASE_URL", "sqlite://")
    monkeypatch.setenv("ALLOW_PRIVATE_SHOPS", "true")
    settings.cache_clear()
    yield
    settings.cache_clear()
