"""Stock that comes, goes and is counted: all of it is written with its reason, or none."""

import json
from functools import partial
from typing import Any

import pytest

from shared.models import InventoryAdjustment
from shared.models.base import new_id
from shared.stock import differences
from shared.tenancy import tenant_session
from tests.api import api
from tests.conftest import Database
from tests.functions.catalog.goods import ask, count, product, sized
from tests.functions.stores.people import Shop, join, make_shop
from tests.functions.stores.threads import together

PATH = "/v1/inventory/adjustments"


def _ids(shop: Shop, *counts: int, **given: Any) -> list[str]:
    body = sized(*(f"{n}" for n in range(len(counts))))
    for one, units in zip(body["variants"], counts, strict=True):
        one.update({"stock_quantity": units} | given)
    found = product(shop, **body)["variants"]
    by_size = {variant["options"]["Size"]: variant["id"] for variant in found}
    return [by_size[str(n)] for n in range(len(counts))]


def _change(*pairs: tuple[str, int], reason: str = "RESTOCK", **given: Any) -> dict[str, Any]:
    changes = [{"variant_id": variant, "quantity": units} for variant, units in pairs]
    return {"reason": reason, "changes": changes} | given


def _on_hand(shop: Shop) -> list[int]:
    with tenant_session(shop.id) as session:
        assert differences(session) == []
    return sorted(level["on_hand"] for level in ask(shop, "GET", "/v1/inventory?limit=100").json["items"])


def test_the_ledger_says_what_why_who_and_from_where(either: Database) -> None:
    shop = make_shop()
    (variant,) = _ids(shop, 10)
    body = _change((variant, -3), reason="DAMAGE", notes="fell off a shelf")
    answer = api("POST", PATH, body, token=shop.admin.token, ip="198.51.100.7")
    assert answer.status == 201
    assert answer.json["items"][0] | {"sku": ""} == {
        **{"variant_id": variant, "sku": "", "on_hand": 7, "reserved": 0, "available": 7}
    }
    last, first = ask(shop, "GET", f"{PATH}?variant_id={variant}").json["items"]
    assert (first["quantity_change"], first["new_quantity"], first["reason"]) == (10, 10, "RESTOCK")
    assert (last["quantity_change"], last["new_quantity"], last["reason"]) == (-3, 7, "DAMAGE")
    assert (last["notes"], last["user_id"]) == ("fell off a shelf", shop.admin.user_id)
    with tenant_session(shop.id) as session:
        row = session.get_one(InventoryAdjustment, last["id"])
        assert (row.ip_address, row.user_agent) == ("198.51.100.7", "tests/1.0")


def test_lines_of_one_variant_are_judged_together(either: Database) -> None:
    shop = make_shop()
    (variant,) = _ids(shop, 10)
    refused = ask(shop, "POST", PATH, _change((variant, -6), (variant, -6)))
    assert (refused.status, refused.json["code"]) == (409, "not_enough_stock")
    taken = ask(shop, "POST", PATH, _change((variant, -15), (variant, 6)))
    assert [level["on_hand"] for level in taken.json["items"]] == [1]
    assert count(shop, InventoryAdjustment) == 2


def test_one_that_is_short_leaves_all_as_it_was(either: Database) -> None:
    shop = make_shop()
    ids = _ids(shop, 10, 1, 2)
    answer = ask(shop, "POST", PATH, _change((ids[0], -1), (ids[1], -2), (ids[2], -3)))
    assert answer.status == 409
    assert sorted(error["loc"][1] for error in answer.json["errors"]) == sorted(ids[1:])
    assert _on_hand(shop) == [1, 2, 10]


@pytest.mark.parametrize("quantity", [5, 0])
def test_what_is_not_there_or_not_ours_is_named_and_nothing_is_written(either: Database, quantity: int) -> None:
    shop, other = make_shop(), make_shop()
    (own,), (foreign,), unknown = _ids(shop, 10), _ids(other, 10), new_id()
    answer = ask(shop, "POST", PATH, _change((own, 1), (foreign, quantity), (unknown, quantity)))
    assert answer.status == 404
    assert {error["message"] for error in answer.json["errors"]} == {foreign, unknown}
    counts = [{"variant_id": variant, "on_hand": 3} for variant in (own, foreign)]
    assert ask(shop, "PUT", "/v1/inventory", {"counts": counts}).status == 404
    assert (_on_hand(shop), _on_hand(other)) == ([10], [10])


def test_what_was_counted_is_set_and_the_ledger_has_the_difference(either: Database) -> None:
    shop = make_shop()
    ids = _ids(shop, 10, 5, 7)
    counts = [{"variant_id": variant, "on_hand": 7} for variant in ids]
    answer = ask(shop, "PUT", "/v1/inventory", {"counts": counts, "notes": "May"})
    assert [level["on_hand"] for level in answer.json["items"]] == [7, 7, 7]
    lines = [line for line in ask(shop, "GET", PATH).json["items"] if line["notes"] == "May"]
    assert sorted(line["quantity_change"] for line in lines) == [-3, 2]
    assert {line["reason"] for line in lines} == {"CORRECTION"}
    assert _on_hand(shop) == [7, 7, 7]


def test_a_variant_counted_twice_is_invalid(either: Database) -> None:
    shop = make_shop()
    (variant,) = _ids(shop, 10)
    counts = [{"variant_id": variant, "on_hand": units} for units in (1, 2)]
    assert ask(shop, "PUT", "/v1/inventory", {"counts": counts}).status == 422
    assert _on_hand(shop) == [10]


def test_untracked_variants_are_counted_too_and_never_below_zero(either: Database) -> None:
    shop = make_shop()
    (variant,) = _ids(shop, 2, track_inventory=False)
    assert ask(shop, "POST", PATH, _change((variant, -3))).status == 409
    assert ask(shop, "POST", PATH, _change((variant, -2))).status == 201
    assert _on_hand(shop) == [0]


def test_more_than_fits_is_a_conflict_and_no_fault(either: Database) -> None:
    shop = make_shop()
    (variant,) = _ids(shop, 1_000_000_000)
    answer = ask(shop, "POST", PATH, _change(*[(variant, 1_000_000)] * 100))
    assert (answer.status, answer.json["code"]) == (409, "too_much_stock")


@pytest.mark.parametrize(
    "body",
    [
        {"reason": "ORDER_PLACED"},
        {"reason": None},
        {"changes": []},
        {"changes": [None]},
        {"changes": [{"variant_id": "a", "quantity": 1.5}]},
        {"changes": [{"variant_id": "a", "quantity": 10**30}]},
        {"changes": [{"variant_id": "\ud800", "quantity": 1}]},
        {"changes": [{"variant_id": "a", "quantity": 1}] * 101},
        {"notes": "x" * 501},
        {"notes": "\ud800"},
        {"order_id": "a"},
    ],
)
def test_what_does_not_fit_is_invalid(database: Database, body: dict[str, Any]) -> None:
    assert ask(make_shop(), "POST", PATH, json.dumps(_change(("a", 1)) | body)).status == 422


def test_ten_who_take_six_of_ten_at_once_are_one(database: Database) -> None:
    shop = make_shop()
    (variant,) = _ids(shop, 10)
    answers = together(*[partial(ask, shop, "POST", PATH, _change((variant, -6)))] * 10)
    assert sorted(answer.status for answer in answers) == [201] + [409] * 9
    assert _on_hand(shop) == [4]


def test_a_repeated_request_counts_once(database: Database) -> None:
    shop = make_shop()
    (variant,) = _ids(shop, 10)
    answers = [ask(shop, "POST", PATH, _change((variant, 1)), idempotency_key="k") for _ in range(2)]
    assert answers[1].headers["idempotent-replayed"] == "true"
    assert answers[0].json == answers[1].json
    assert _on_hand(shop) == [11]


def test_the_ledger_of_a_variant_is_read_page_by_page_even_when_it_is_deleted(either: Database) -> None:
    shop = make_shop()
    variant, other = _ids(shop, 1, 1)
    for units in range(1, 8):
        ask(shop, "POST", PATH, _change((variant, units), (other, 1)))
    owner = next(level for level in ask(shop, "GET", "/v1/inventory").json["items"])["product_id"]
    assert ask(shop, "DELETE", f"/v1/products/{owner}/variants/{variant}").status == 204
    found, cursor = [], ""
    while cursor is not None:
        page = ask(shop, "GET", f"{PATH}?variant_id={variant}&limit=3{cursor and f'&cursor={cursor}'}").json
        found += [line["quantity_change"] for line in page["items"]]
        cursor = page["next_cursor"]
    assert found == [7, 6, 5, 4, 3, 2, 1, 1]


def test_who_may_only_read_changes_nothing(database: Database) -> None:
    shop = make_shop()
    (variant,) = _ids(shop, 10)
    reader = join(shop.id, permissions=["inventory:read"]).token
    assert api("GET", "/v1/inventory", token=reader).status == 200
    assert api("POST", PATH, _change((variant, 1)), token=reader).status == 403
    assert api("POST", PATH, _change((variant, 1))).status == 401
