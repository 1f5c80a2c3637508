"""What is deleted frees its place, its slug and its SKUs; what is restored needs them again."""

from functools import partial
from typing import Any

from sqlalchemy import select

from shared.models import StoreSubscription
from shared.tenancy import tenant_session
from tests.conftest import Database
from tests.functions.catalog.goods import ask, made, plain, product, sized
from tests.functions.stores.people import Shop, make_shop
from tests.functions.stores.threads import together

PATH = "/v1/products"


def _used(shop: Shop) -> int:
    with tenant_session(shop.id) as session:
        return session.scalars(select(StoreSubscription.current_products)).one()


def _listed(shop: Shop, query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = ask(shop, "GET", f"{PATH}?limit=100{query}").json["items"]
    return items


def test_a_deleted_product_is_gone_and_comes_back_whole(either: Database) -> None:
    shop = make_shop()
    before = made(shop, PATH, sized("S", "M", labels=[{"label": "NEW"}], media=[{"url": "https://a.example/a.png"}]))
    path = f"{PATH}/{before['id']}"
    assert ask(shop, "DELETE", path, if_match='"7"').status == 412
    assert ask(shop, "DELETE", path).status == 204
    assert [ask(shop, method, path, {}).status for method in ("PATCH", "DELETE")] == [404, 404]
    assert (ask(shop, "GET", path).status, _listed(shop), ask(shop, "GET", "/v1/inventory").json["items"]) == (
        404,
        [],
        [],
    )
    after = ask(shop, "POST", f"{path}/restore").json
    ids = [variant["id"] for variant in before["variants"]]
    assert [variant["id"] for variant in after["variants"]] == ids
    assert (after["labels"], after["media"], after["slug"]) == (before["labels"], before["media"], before["slug"])
    assert ask(shop, "POST", f"{path}/restore").status == 404


def test_those_that_can_be_restored_are_listed_with_what_went_with_them(either: Database) -> None:
    shop = make_shop()
    gone, _ = made(shop, PATH, sized("S", "M", "L", name="Gone")), product(shop)
    ask(shop, "DELETE", f"{PATH}/{gone['id']}/variants/{gone['variants'][2]['id']}")
    ask(shop, "DELETE", f"{PATH}/{gone['id']}")
    found = _listed(shop, "&deleted=true")
    assert [(item["name"], item["variant_count"]) for item in found] == [("Gone", 2)]
    assert found[0]["deleted_at"] is not None
    for typed in ("gon", gone["variants"][0]["sku"].lower(), gone["id"]):
        assert len(_listed(shop, f"&deleted=true&q={typed}")) == 1
        assert _listed(shop, f"&q={typed}") == []


def test_its_place_in_the_plan_is_free_until_it_is_restored(either: Database) -> None:
    shop = make_shop("free")
    first = product(shop, name="First")["id"]
    ask(shop, "DELETE", f"{PATH}/{first}")
    assert _used(shop) == 0
    while ask(shop, "POST", PATH, plain()).status == 201:
        pass
    full = _used(shop)
    answer = ask(shop, "POST", f"{PATH}/{first}/restore")
    assert (answer.status, answer.json["code"]) == (402, "plan_limit_reached")
    assert ask(shop, "GET", f"{PATH}/{first}").status == 404
    ask(shop, "DELETE", f"{PATH}/{_listed(shop)[0]['id']}")
    assert ask(shop, "POST", f"{PATH}/{first}/restore").status == 200
    assert _used(shop) == full == len(_listed(shop))


def test_deleting_and_restoring_at_once_count_once(database: Database) -> None:
    shop = make_shop()
    product(shop)
    path = f"{PATH}/{product(shop)['id']}"
    assert sorted(a.status for a in together(*[partial(ask, shop, "DELETE", path)] * 6)) == [204] + [404] * 5
    assert _used(shop) == 1
    statuses = [a.status for a in together(*[partial(ask, shop, "POST", f"{path}/restore")] * 6)]
    assert (statuses.count(200), set(statuses) <= {200, 404, 409, 412}) == (1, True)
    assert _used(shop) == 2


def test_what_was_taken_meanwhile_is_named(either: Database) -> None:
    shop = make_shop()
    body = plain(slug="a", sku="A", variants=[{"sku": "A-1", "price": "1"}])
    first = made(shop, PATH, body)["id"]
    ask(shop, "DELETE", f"{PATH}/{first}")
    second = made(shop, PATH, body)["id"]
    answer = ask(shop, "POST", f"{PATH}/{first}/restore")
    assert answer.status == 409
    assert sorted((*error["loc"], error["message"]) for error in answer.json["errors"]) == [
        *(("products", "sku", "A"), ("products", "slug", "a"), ("variants", "sku", "A-1"))
    ]
    assert _used(shop) == 1
    ask(shop, "DELETE", f"{PATH}/{second}")
    assert ask(shop, "POST", f"{PATH}/{first}/restore").status == 200


def test_the_list_is_narrowed_and_read_page_by_page(either: Database) -> None:
    shop = make_shop()
    for number in range(7):
        product(shop, name=f"Lamp {number}", status="ACTIVE" if number % 2 else "DRAFT")
    product(make_shop(), name="Lamp")
    found: list[Any] = []
    cursor = ""
    while cursor is not None:
        page = ask(shop, "GET", f"{PATH}?limit=2&q=lamp{cursor and f'&cursor={cursor}'}").json
        found, cursor = found + [item["name"] for item in page["items"]], page["next_cursor"]
    assert found == [f"Lamp {number}" for number in range(6, -1, -1)]
    assert [item["name"] for item in _listed(shop, "&status=ACTIVE")] == ["Lamp 5", "Lamp 3", "Lamp 1"]
    assert _listed(shop, "&q=%25") == []
