"""Suggestions while a shopper types."""

from shared.models import Brand
from shared.models.base import new_id
from tests.conftest import Database
from tests.factories import category_of
from tests.functions.storefront.shopping import get, open_shop, put, sell


def _suggested(typed: str, store: str = "shop") -> list[tuple[str, str]]:
    answer = get("suggest", store, q=typed)
    assert answer.status == 200, answer.text
    return [(item["kind"], item["slug"]) for item in answer.json["items"]]


def _brand(slug: str, name: str) -> Brand:
    return Brand(id=new_id(), slug=slug, name=name)


def test_products_come_first_then_categories_then_brands_each_by_name(either: Database) -> None:
    store_id = open_shop()
    put(store_id, _brand("a-brand", "A tea brand"), category_of(slug="b-shelf", name="B teas"))
    put(store_id, category_of(slug="a-shelf", name="A teas"))
    sell(store_id, "z", name="Z tea")
    sell(store_id, "y", name="Y tea")

    assert _suggested("tea") == [
        ("product", "y"),
        ("product", "z"),
        ("category", "a-shelf"),
        ("category", "b-shelf"),
        ("brand", "a-brand"),
    ]


def test_eight_at_most(either: Database) -> None:
    store_id = open_shop()
    for number in range(9):
        sell(store_id, f"tea-{number}", name=f"Tea {number}")
    put(store_id, _brand("tea", "Tea"))

    assert _suggested("tea") == [("product", f"tea-{number}") for number in range(8)]


def test_any_part_of_a_name_in_any_case(either: Database) -> None:
    sell(open_shop(), "kettle", name="Travel Kettle")

    assert _suggested("ETTL") == _suggested("vel ket") == [("product", "kettle")]
    assert _suggested("kettles") == []


def test_signs_that_mean_something_to_sql_stand_for_themselves(either: Database) -> None:
    store_id = open_shop()
    signs = ["%", "_", "\\", "/", "'", '"', "[", "*", "?", "^"]
    sell(store_id, "plain", name="acb plain")
    for place, sign in enumerate(signs):
        sell(store_id, f"with-{place}", name=f"a{sign}b")

    for place, sign in enumerate(signs):
        for typed in (sign, f"a{sign}", f"{sign}b", f"a{sign}b"):
            assert _suggested(typed) == [("product", f"with-{place}")], typed
    assert _suggested("\\%") == _suggested("/%") == _suggested("%%") == []


def test_what_is_typed_in_other_scripts_is_found(either: Database) -> None:
    store_id = open_shop()
    for slug, name in (("tea", "緑茶"), ("shirt", "👕 Shirt"), ("dress", "Straße")):
        sell(store_id, slug, name=name)

    assert _suggested("茶") == [("product", "tea")]
    assert _suggested("👕") == [("product", "shirt")]
    assert _suggested("straß") == [("product", "dress")]


def test_nothing_typed_is_refused(shops: Database) -> None:
    for query in ("suggest", "suggest?q="):
        answer = get(query, "aurora")
        assert (answer.status, answer.json["errors"][0]["loc"]) == (422, ["query", "q"])


def test_each_store_suggests_its_own(shops: Database) -> None:
    assert ("product", "robot-vacuum") in _suggested("vacuum", "aurora")
    assert ("category", "cordless-vacuums") in _suggested("vacuum", "aurora")
    assert _suggested("vacuum", "borealis") == []
    assert _suggested("polarweft", "borealis") == [("brand", "polarweft")]
    assert _suggested("polarweft", "aurora") == []
