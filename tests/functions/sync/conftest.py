"""Databases that the tests of functions share."""

from tests.functions.conftest import database, shared_empty

__all__ = ["database", "shared_empty"]
