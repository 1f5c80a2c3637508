"""The database that the tests of stores share, lent to these as well."""

from tests.functions.stores.conftest import database, migrated

__all__ = ["database", "migrated"]
