"""Stock is held, given back, sold and counted exactly, on both databases."""

from datetime import timedelta

import pytest

from shared.errors import ConflictError, NotFoundError
from shared.models import InventoryAdjustment, Variant
from shared.models.base import new_id, now
from shared.soft_delete import soft_delete
from shared.stock import MOST, adjust, commit, expire, release, set_levels, total
from shared.tenancy import tenant_session
from tests.conftest import Database
from tests.shared.shelf import SOLD, WHY, Shelf


def test_what_is_reserved_cannot_be_reserved_again(either: Database) -> None:
    shelf = Shelf(10)
    shelf.reserved({shelf.ids[0]: 7})
    with pytest.raises(ConflictError) as refused:
        shelf.reserved({shelf.ids[0]: 4})
    assert refused.value.errors == [
        {"loc": ["variant_id", shelf.ids[0]], "message": f"{shelf.level().sku}: 3 available."}
    ]
    shelf.reserved({shelf.ids[0]: 3})
    assert shelf.counts() == [(10, 10)]


def test_a_demand_of_which_one_part_is_short_holds_nothing_and_names_each(either: Database) -> None:
    shelf = Shelf(10, 1, 2)
    with pytest.raises(ConflictError) as refused:
        shelf.reserved(dict.fromkeys(shelf.ids, 5))
    assert [error["loc"][1] for error in refused.value.errors] == shelf.ids[1:]
    assert [reserved for _, reserved in shelf.counts()] == [0, 0, 0]


def test_selling_takes_what_was_held_once(either: Database) -> None:
    shelf = Shelf(10, 5)
    order = shelf.reserved({shelf.ids[0]: 4, shelf.ids[1]: 5})
    for _ in range(2):
        with tenant_session(shelf.store_id) as session:
            commit(session, order, SOLD)
        assert shelf.counts() == [(6, 0), (0, 0)]


def test_giving_back_happens_once(either: Database) -> None:
    shelf = Shelf(10)
    order, other = shelf.reserved({shelf.ids[0]: 4}), shelf.reserved({shelf.ids[0]: 2})
    for _ in range(2):
        with tenant_session(shelf.store_id) as session:
            release(session, order)
        assert shelf.counts() == [(10, 2)]
    with tenant_session(shelf.store_id) as session:
        commit(session, order, SOLD)
        commit(session, other, SOLD)
    assert shelf.counts() == [(8, 0)]


def test_a_variant_that_was_deleted_after_it_was_ordered_is_sold_or_given_back(either: Database) -> None:
    shelf = Shelf(10, 10)
    sold, kept = (shelf.reserved(dict.fromkeys(shelf.ids, 3)) for _ in range(2))
    with tenant_session(shelf.store_id) as session:
        soft_delete(session, session.get_one(Variant, shelf.ids[1]))
    with tenant_session(shelf.store_id) as session:
        commit(session, sold, SOLD)
        release(session, kept)
    assert shelf.counts() == [(7, 0), (7, 0)]
    with pytest.raises(NotFoundError):
        shelf.reserved({shelf.ids[1]: 1})


def test_what_ran_out_of_time_is_given_back_in_batches(either: Database) -> None:
    shelf = Shelf(10)
    for _ in range(5):
        shelf.reserved({shelf.ids[0]: 1}, 15, shelf.cart())
    shelf.reserved({shelf.ids[0]: 1}, 60, shelf.cart())
    given = []
    for minutes in (14, 16, 16, 16, 16):
        with tenant_session(shelf.store_id) as session:
            given.append(expire(session, now() + timedelta(minutes=minutes), limit=2))
    assert given == [0, 2, 2, 1, 0]
    assert shelf.counts() == [(10, 1)]


def test_what_an_order_holds_does_not_run_out_of_time(either: Database) -> None:
    shelf = Shelf(10)
    shelf.reserved({shelf.ids[0]: 4}, minutes=1)
    with tenant_session(shelf.store_id) as session:
        assert expire(session, now() + timedelta(days=1000)) == 0
    assert shelf.counts() == [(10, 4)]


def test_less_than_is_reserved_cannot_be_left(either: Database) -> None:
    shelf = Shelf(10)
    shelf.reserved({shelf.ids[0]: 8})
    for change, units in ((adjust, -3), (set_levels, 7)):
        with pytest.raises(ConflictError), tenant_session(shelf.store_id) as session:
            change(session, {shelf.ids[0]: units}, WHY)
    with tenant_session(shelf.store_id) as session:
        assert adjust(session, {shelf.ids[0]: -2}, WHY)[0].available == 0
    assert shelf.counts() == [(8, 8)]


def test_what_is_not_tracked_is_held_without_end_and_never_below_zero(either: Database) -> None:
    shelf = Shelf(1, track_inventory=False)
    order = shelf.reserved({shelf.ids[0]: 1000})
    with tenant_session(shelf.store_id) as session:
        commit(session, order, SOLD)
    assert shelf.counts() == [(1, 0)]
    with pytest.raises(ConflictError), tenant_session(shelf.store_id) as session:
        adjust(session, {shelf.ids[0]: -2}, WHY)


def test_tracking_that_ends_meanwhile_leaves_what_is_held_sellable(either: Database) -> None:
    shelf = Shelf(5)
    order = shelf.reserved({shelf.ids[0]: 5})
    with tenant_session(shelf.store_id) as session:
        session.get_one(Variant, shelf.ids[0]).track_inventory = False
    with pytest.raises(ConflictError), tenant_session(shelf.store_id) as session:
        adjust(session, {shelf.ids[0]: -1}, WHY)
    with tenant_session(shelf.store_id) as session:
        commit(session, order, SOLD)
    assert shelf.counts() == [(0, 0)]


def test_more_than_a_billion_is_no_count(either: Database) -> None:
    shelf = Shelf(MOST)
    with pytest.raises(ConflictError, match="At most"), tenant_session(shelf.store_id) as session:
        adjust(session, {shelf.ids[0]: 1}, WHY)
    assert shelf.counts() == [(MOST, 0)]


def test_an_unknown_variant_is_named_and_nothing_is_written(either: Database) -> None:
    shelf, foreign, unknown = Shelf(10), Shelf(10), new_id()
    for act in (adjust, set_levels):
        with pytest.raises(NotFoundError) as refused, tenant_session(shelf.store_id) as session:
            act(session, {shelf.ids[0]: 1, foreign.ids[0]: 1, unknown: 0}, WHY)
        assert {error["message"] for error in refused.value.errors} == {foreign.ids[0], unknown}
    assert shelf.counts() == foreign.counts() == [(10, 0)]


def test_lines_of_one_variant_are_one_demand() -> None:
    assert total([("a", 1), ("b", 2), ("a", 3), ("b", -2)]) == {"a": 4, "b": 0}


def test_a_count_that_changes_nothing_is_no_line_of_the_ledger(either: Database) -> None:
    shelf = Shelf(10)
    with tenant_session(shelf.store_id) as session:
        assert set_levels(session, {shelf.ids[0]: 10}, WHY)[0].on_hand == 10
        assert adjust(session, {shelf.ids[0]: 0}, WHY)[0].on_hand == 10
        assert session.query(InventoryAdjustment).count() == 1
