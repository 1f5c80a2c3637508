"""Imports and exports on either database, without AWS but for the bucket."""

from functions.catalog.transfers.worker import handler as worker
from tests.calls import Context
from tests.conftest import Database
from tests.functions.catalog.transfers.content import content_of, rows_of
from tests.functions.catalog.transfers.dialects import catalogue, stormcom
from tests.functions.catalog.transfers.sending import exported, imported, started
from tests.functions.stores.people import make_shop


def test_either_database_imports_and_exports(either: Database) -> None:
    shop, copy = make_shop(), make_shop()
    file = stormcom(catalogue("borealis"))

    done = imported(shop, file)
    assert (done["status"], done["failed_count"]) == ("COMPLETED", 0)
    before = rows_of(shop)
    assert imported(shop, file)["unchanged_count"] == done["total"]
    assert rows_of(shop) == before
    imported(copy, exported(shop))
    assert content_of(copy) == content_of(shop)


def test_the_schedule_finds_nothing_before_its_time(either: Database) -> None:
    started(make_shop(), "name,price\nLamp,1\n")

    assert worker({}, Context()) == {"done": 0}
