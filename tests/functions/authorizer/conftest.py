"""These tests need the same people as those of identity, in the same kind of database."""

from tests.functions.identity.conftest import database, migrated

__all__ = ["database", "migrated"]
