"""Our stock and theirs stay in step, whoever sells what in between, and whatever is lost."""

import pytest

from functions.sync.outbound import pushing
from tests.functions.sync.outbound.both import Both
from tests.functions.sync.outbound.test_pushing import retry


def settle(both: Both) -> None:
    both.work()
    both.echo()
    both.work()


def test_what_is_sold_here_is_taken_there(both: Both) -> None:
    both.product("TEE-S", "TEE-M")
    both.product("MUG")
    settle(both)
    both.sell("TEE-S", 3)
    both.sell("MUG", 4)
    settle(both)
    assert [both.theirs(sku)["stock_quantity"] for sku in ("TEE-S", "TEE-M", "MUG")] == [7, 10, 6]
    assert [both.stock(sku) for sku in ("TEE-S", "TEE-M", "MUG")] == [7, 10, 6]
    before = len(both.shop.calls)
    settle(both)
    assert len(both.shop.calls) == before


def test_what_both_have_sold_before_they_heard_of_each_other_is_sold_twice(both: Both) -> None:
    both.product("MUG")
    settle(both)
    both.shop.edit("products", both.theirs("MUG")["id"], stock_quantity=9)
    both.sell("MUG", 2)
    settle(both)
    assert (both.theirs("MUG")["stock_quantity"], both.stock("MUG")) == (7, 7)


def test_a_lost_answer_takes_nothing_twice(both: Both) -> None:
    both.product("MUG")
    settle(both)
    both.shop.faults.lose_answers = 1
    both.sell("MUG", 2)
    both.work()
    assert both.theirs("MUG")["stock_quantity"] == 8
    both.sell("MUG", 1)
    retry(both)
    settle(both)
    assert (both.theirs("MUG")["stock_quantity"], both.stock("MUG")) == (7, 7)
    both.sell("MUG", 1)
    settle(both)
    assert (both.theirs("MUG")["stock_quantity"], both.stock("MUG")) == (6, 6)


@pytest.mark.parametrize("what", ["product", "stock"])
def test_a_worker_that_dies_before_it_keeps_the_answer_doubles_nothing(
    both: Both, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    product_id = both.product("MUG")
    if what == "stock":
        settle(both)
        both.sell("MUG", 2)

    class KilledError(BaseException):
        """As if the process were gone."""

    def die(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(pushing, "_keep", die)
        with pytest.raises(KilledError):
            both.work()
    both.echo()
    retry(both)
    settle(both)
    assert len(both.shop.products) == 1
    expected = 8 if what == "stock" else 10
    assert (both.theirs("MUG")["stock_quantity"], both.stock("MUG")) == (expected, expected)
    both.rename(product_id, "After")
    settle(both)
    assert both.theirs("MUG")["name"] == "After"
    assert {status for _, status, _ in both.rows()} == {"COMPLETED"}
