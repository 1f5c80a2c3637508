"""Wherever an import is cut off, it goes on there: nothing is applied twice, and the counts are exact."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any, ClassVar

import pytest
import time_machine
from sqlalchemy import event, update

from functions.catalog.transfers import importing
from functions.catalog.transfers.worker import handler as worker
from shared.database import function_engine
from shared.models import ProductTransfer
from shared.models.base import now
from shared.settings import settings
from shared.tenancy import tenant_session
from tests.api import api
from tests.calls import Context
from tests.conftest import Database
from tests.functions.catalog.goods import ask, count, made
from tests.functions.catalog.transfers.content import content_of, rows_of
from tests.functions.catalog.transfers.dialects import catalogue, stormcom
from tests.functions.catalog.transfers.sending import event_of, imported, progress, report, started, work
from tests.functions.stores.people import Shop, make_shop, signed_in_again

pytestmark = pytest.mark.usefixtures("database")


class PowerCutError(BaseException):
    """What no code of ours catches."""


@contextmanager
def cut_off(after: int) -> Iterator[None]:
    """Let the power fail at a statement to the database, counted from now."""
    left = [after]

    def cut(*_: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise PowerCutError

    event.listen(function_engine(), "before_cursor_execute", cut)
    try:
        yield
    except PowerCutError:
        pass
    finally:
        event.remove(function_engine(), "before_cursor_execute", cut)


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch) -> str:
    """A catalogue that goes in in several parts, with a row that does not."""
    monkeypatch.setattr(importing, "PART", 9)
    return stormcom(catalogue("aurora")) + "no-price,No price\n"


def test_wherever_it_is_cut_off_the_end_is_the_same(file: str) -> None:
    whole = make_shop()
    expected = imported(whole, file)
    content = _timeless(whole)
    statements = random.Random(4)  # noqa: S311 - the same places each time
    shop = make_shop()
    for place in sorted(statements.sample(range(1, 190), 20)):
        shop = make_shop()
        transfer_id = started(shop, file)
        body = event_of({"store_id": shop.id, "transfer_id": transfer_id})
        with cut_off(place):
            worker(body, Context())
        _later(shop, body)
        done = progress(shop, transfer_id)
        for name in ("status", "created_count", "failed_count", "position", "total"):
            assert done[name] == expected[name], (place, name)
        assert _timeless(shop) == content, place
        assert len(report(shop, transfer_id)) == 1, place
    assert count(shop) == expected["created_count"]


def test_what_a_crash_left_behind_is_found_by_the_schedule(file: str) -> None:
    shop = make_shop()
    transfer_id = started(shop, file)
    body = event_of({"store_id": shop.id, "transfer_id": transfer_id})
    with cut_off(100):
        worker(body, Context())
    left = progress(shop, transfer_id)
    assert left["status"] == "RUNNING"
    assert 0 < left["position"] < left["total"]

    assert work() == 1  # the message comes again, while the first worker may still be at it
    assert progress(shop, transfer_id) == left
    _end_the_lease(shop)
    with time_machine.travel(now() + timedelta(minutes=3)):
        assert worker({}, Context()) == {"done": 0}
        assert work() == 1
        shop = signed_in_again(shop)
        assert progress(shop, transfer_id)["status"] == "COMPLETED"


def _end_the_lease(shop: Shop) -> None:
    """The database has a clock of its own, which no test sets."""
    with tenant_session(shop.id) as session:
        session.execute(update(ProductTransfer).values(resume_at=now() - timedelta(seconds=1)))


def test_time_runs_out_and_the_next_message_goes_on(file: str) -> None:
    shop = make_shop()
    started(shop, file)

    class Short(Context):
        """A context whose time is over after a few looks at it."""

        looks: ClassVar[list[int]] = [0]

        def get_remaining_time_in_millis(self) -> int:
            """The time that is left."""
            self.looks[0] += 1
            return 0 if self.looks[0] % 3 == 0 else 60_000

    taken = work(context=Short())

    done = api("GET", "/v1/products/imports", token=shop.admin.token).json["items"][0]
    assert taken > 2
    assert (done["status"], done["position"]) == ("COMPLETED", done["total"])


def test_two_workers_at_once_do_it_once(file: str) -> None:
    shop = make_shop()
    transfer_id = started(shop, file)
    body = {"store_id": shop.id, "transfer_id": transfer_id}
    barrier, answers = Barrier(2), []

    def run() -> None:
        barrier.wait()
        answers.append(worker(event_of(body), Context()))

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    done = progress(shop, transfer_id)
    assert answers == [{"batchItemFailures": []}] * 2
    assert (done["status"], done["created_count"], count(shop)) == ("COMPLETED", 38, 38)


def test_two_imports_of_one_file_at_once_make_one_catalogue(file: str) -> None:
    shop, alone = make_shop(), make_shop()
    imported(alone, file)
    bodies = [{"store_id": shop.id, "transfer_id": started(shop, file)} for _ in range(2)]
    threads = [Thread(target=worker, args=(event_of(body), Context())) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    states = [progress(shop, body["transfer_id"]) for body in bodies]
    assert [one["status"] for one in states] == ["COMPLETED", "COMPLETED"]
    assert count(shop) == 38
    before = rows_of(shop)
    assert imported(shop, file)["updated_count"] == 0
    assert rows_of(shop) == before


def test_a_race_for_a_slug_leaves_one_product_out_and_no_other(database: Database) -> None:
    assert database.is_postgresql
    shop = make_shop()
    other = made(shop, "/v1/products", {"name": "Other", "variants": [{"price": "1"}]})
    seen: list[bool] = []

    def be_quicker(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO products") and not seen:
            seen.append(True)
            ask(shop, "PATCH", f"/v1/products/{other['id']}", {"slug": "mug"})

    event.listen(function_engine(), "before_cursor_execute", be_quicker)
    try:
        done = imported(shop, "name,sku,price,slug\nLamp,LAMP,1,lamp\nMug,MUG-9,1,mug\nCup,CUP,1,cup\n")
    finally:
        event.remove(function_engine(), "before_cursor_execute", be_quicker)

    assert (done["status"], done["created_count"], done["updated_count"]) == ("COMPLETED", 2, 1)
    assert count(shop) == 3


def test_it_is_given_up_after_five_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = make_shop()
    transfer_id = started(shop, "name,price\nLamp,1\n")
    body = event_of({"store_id": shop.id, "transfer_id": transfer_id})
    monkeypatch.setenv("FILES_BUCKET", "no-such-bucket")
    settings.cache_clear()
    for minute in range(0, 30, 4):
        with time_machine.travel(now() + timedelta(minutes=minute), tick=False):
            worker(body, Context())

    assert progress(shop, transfer_id)["status"] == "FAILED"
    assert "5 attempts" in progress(shop, transfer_id)["error"]


def _timeless(shop: Shop) -> dict[str, Any]:
    """A store's catalogue but for when its products were published."""
    found = content_of(shop)
    for product in found["products"]:
        del product["published_at"]
    return found | {"products": sorted(found["products"], key=lambda product: str(product["slug"]))}


def _later(shop: Shop, body: dict[str, Any]) -> None:
    with time_machine.travel(now() + timedelta(minutes=3)):
        assert worker(body, Context()) == {"batchItemFailures": []}
