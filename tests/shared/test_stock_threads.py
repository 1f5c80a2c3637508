"""Whoever takes, gives and counts at once: nothing is sold twice, all adds up, and nobody waits in a circle."""

import random
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from shared.errors import ConflictError
from shared.models.base import now
from shared.stock import Holder, adjust, commit, expire, release, set_levels
from shared.tenancy import tenant_session
from tests.conftest import Database
from tests.functions.stores.threads import with_each
from tests.shared.shelf import SOLD, WHY, Shelf


def test_of_forty_who_want_the_last_ten_units_ten_get_one(database: Database) -> None:
    shelf = Shelf(10)
    orders = [shelf.order() for _ in range(40)]
    got = _together([partial(shelf.reserve, {shelf.ids[0]: 1}, order) for order in orders])
    assert Counter(got) == {"done": 10, "refused": 30}
    assert shelf.counts() == [(10, 10)]


def test_on_sqlite_of_eight_who_want_the_last_three_units_three_get_one(sqlite: Database) -> None:
    shelf = Shelf(3)
    orders = [shelf.order() for _ in range(8)]
    got = _together([partial(shelf.reserve, {shelf.ids[0]: 1}, order) for order in orders])
    assert Counter(got) == {"done": 3, "refused": 5}
    assert shelf.counts() == [(3, 3)]


def test_who_want_the_same_in_another_order_wait_and_do_not_deadlock(database: Database) -> None:
    shelf = Shelf(1000, 1000)
    one, other = {shelf.ids[0]: 1, shelf.ids[1]: 1}, {shelf.ids[1]: 1, shelf.ids[0]: 1}

    def many(demand: dict[str, int], holder: Holder) -> None:
        for _ in range(60):
            shelf.reserve(demand, holder)

    assert _together([partial(many, demand, shelf.order()) for demand in (one, other) * 2]) == ["done"] * 4
    assert shelf.counts() == [(1000, 240), (1000, 240)]


def test_an_order_that_is_sold_and_given_back_at_once_is_either(database: Database) -> None:
    for _ in range(10):
        shelf = Shelf(5)
        order = shelf.reserved({shelf.ids[0]: 5}, minutes=-1)
        acts = [partial(_in, shelf, act) for act in (_sell(order), _return(order), _expire, _sell(order))]
        assert set(_together(acts)) == {"done"}
        assert shelf.counts() in ([(5, 0)], [(0, 0)])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_everything_at_once_adds_up(database: Database, seed: int) -> None:
    shelf = Shelf(*[20] * 5)
    orders = [shelf.order() for _ in range(15)] + [shelf.cart() for _ in range(15)]

    def work(number: int) -> Counter[str]:
        chance, seen = random.Random(seed * 100 + number), Counter[str]()  # noqa: S311 - repeatable
        for _ in range(25):
            seen[_run(_any_act(shelf, orders, chance))] += 1
        return seen

    with ThreadPoolExecutor(6) as threads:
        seen = sum(threads.map(work, range(6)), Counter[str]())
    assert seen["done"] > 50, seen
    assert set(seen) <= {"done", "refused"}
    assert all(0 <= reserved <= on_hand for on_hand, reserved in shelf.counts())


def _any_act(shelf: Shelf, orders: list[Holder], chance: random.Random) -> Callable[[], Any]:
    some = chance.sample(shelf.ids, chance.randint(1, 5))
    units = {variant: chance.randint(1, 6) for variant in some}
    order = chance.choice(orders)
    return chance.choice(
        [
            partial(shelf.reserve, units, order, chance.choice([-1, 15])),
            partial(shelf.reserve, units, order, chance.choice([-1, 15])),
            partial(_in, shelf, lambda s: adjust(s, {v: n * chance.choice([-1, 1]) for v, n in units.items()}, WHY)),
            partial(_in, shelf, lambda s: set_levels(s, {v: n * 5 for v, n in units.items()}, WHY)),
            partial(_in, shelf, _sell(order)),
            partial(_in, shelf, _return(order)),
            partial(_in, shelf, _expire),
        ]
    )


def _in(shelf: Shelf, act: Callable[[Any], Any]) -> None:
    with tenant_session(shelf.store_id) as session:
        act(session)


def _sell(order: Holder) -> Callable[[Any], Any]:
    return lambda session: commit(session, order, SOLD)


def _return(order: Holder) -> Callable[[Any], Any]:
    return lambda session: release(session, order)


def _expire(session: Any) -> None:
    expire(session, now() + timedelta(minutes=1), limit=3)


def _together(acts: Iterable[Callable[[], Any]]) -> list[str]:
    return with_each(_run, acts)


def _run(act: Callable[[], Any]) -> str:
    try:
        act()
    except ConflictError:
        return "refused"
    except DBAPIError as error:
        # SQLite has one writer at a time, and sends the others away to begin again, as requests do.
        if "database is locked" not in str(error):
            raise
        return _run(act)
    return "done"
