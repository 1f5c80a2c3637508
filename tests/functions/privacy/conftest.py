"""These tests need the same shops and staff as those of stores, in the same kind of database."""

from tests.functions.stores.conftest import database, migrated

__all__ = ["database", "migrated"]
