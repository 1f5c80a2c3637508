"""Categories are a tree, five deep at most, never a circle, whoever moves what."""

from functools import partial
from typing import Any

import pytest

from tests.conftest import Database
from tests.functions.catalog.goods import ask, made, places
from tests.functions.stores.people import Shop, make_shop
from tests.functions.stores.threads import together

PATH = "/v1/categories"


def _new(shop: Shop, name: str, parent: str | None = None) -> str:
    found: str = made(shop, PATH, {"name": name, "parent_id": parent})["id"]
    return found


def _chain(shop: Shop, *names: str) -> list[str]:
    ids: list[str] = []
    for name in names:
        ids.append(_new(shop, name, ids[-1] if ids else None))
    return ids


def _move(shop: Shop, category: str, parent: str | None, **headers: str) -> Any:
    return ask(shop, "POST", f"{PATH}/{category}/move", {"parent_id": parent}, **headers)


def _tree(shop: Shop) -> dict[str, str | None]:
    return {row["id"]: row["parent_id"] for row in ask(shop, "GET", PATH).json["items"]}


def test_five_levels_are_the_most(either: Database) -> None:
    shop = make_shop()
    ids = _chain(shop, *"abcde")
    answer = ask(shop, "POST", PATH, {"name": "f", "parent_id": ids[-1]})
    assert places(answer) == [["body", "parent_id"]]
    assert _tree(shop) == dict(zip(ids, [None, *ids[:-1]], strict=True))


def test_what_is_moved_takes_what_is_in_it_and_must_fit(either: Database) -> None:
    shop = make_shop()
    tall, short = _chain(shop, *"abc"), _chain(shop, *"xyz")
    assert places(_move(shop, tall[0], short[2])) == [["body", "parent_id"]]
    assert _move(shop, tall[0], short[1]).status == 200
    assert _tree(shop)[tall[0]] == short[1]
    assert places(ask(shop, "POST", PATH, {"name": "d", "parent_id": tall[2]})) == [["body", "parent_id"]]
    assert _move(shop, tall[0], None).json["parent_id"] is None


def test_nothing_goes_into_itself_or_what_is_inside_it(either: Database) -> None:
    shop = make_shop()
    ids = _chain(shop, *"abc")
    for inner in ids:
        answer = _move(shop, ids[0], inner)
        assert (answer.status, answer.json["code"]) == (409, "category_circle")
    assert _move(shop, ids[1], ids[0]).status == 200


def test_two_that_go_into_each_other_at_once_close_no_circle(database: Database) -> None:
    shop = make_shop()
    for number in range(8):
        one, other = _new(shop, f"a{number}"), _new(shop, f"b{number}")
        answers = together(partial(_move, shop, one, other), partial(_move, shop, other, one))
        assert sorted(answer.status for answer in answers) == [200, 409]
        assert [_tree(shop)[one], _tree(shop)[other]].count(None) == 1


@pytest.mark.parametrize("depth", [3])
def test_what_grows_and_moves_at_once_is_never_too_deep(database: Database, depth: int) -> None:
    shop = make_shop()
    for number in range(5):
        ids, target = _chain(shop, *(f"{number}-{n}" for n in range(depth))), _chain(shop, f"x{number}", f"y{number}")
        grow = partial(ask, shop, "POST", PATH, {"name": "more", "parent_id": ids[-1]})
        statuses = sorted(a.status for a in together(grow, partial(_move, shop, ids[0], target[-1])))
        assert statuses in ([200, 422], [201, 422])


def test_a_stale_move_changes_nothing(either: Database) -> None:
    shop = make_shop()
    one, other = _new(shop, "a"), _new(shop, "b")
    assert _move(shop, one, other, if_match='"2"').status == 412
    assert _move(shop, one, other, if_match='"1"').headers["etag"] == '"2"'


def test_another_stores_category_is_no_place_and_not_there(either: Database) -> None:
    shop, other = make_shop(), make_shop()
    own, foreign = _new(shop, "a"), _new(other, "a")
    assert places(_move(shop, own, foreign)) == [["body", "parent_id"]]
    assert places(ask(shop, "POST", PATH, {"name": "b", "parent_id": foreign})) == [["body", "parent_id"]]
    assert _move(shop, foreign, None).status == 404
    for method, body in (("GET", None), ("PATCH", {"name": "x"}), ("DELETE", None)):
        assert ask(shop, method, f"{PATH}/{foreign}", body).status == 404


def test_a_tree_of_two_hundred_goes_and_comes_back_in_its_shape(database: Database) -> None:
    shop = make_shop()
    root = _new(shop, "root")
    for n in range(9):
        branch = _new(shop, f"{n}", root)
        for m in range(7):
            leaf = _new(shop, f"{n}-{m}", branch)
            _new(shop, f"{n}-{m}-1", leaf)
            _new(shop, f"{n}-{m}-2", leaf)
    lone = _new(shop, "lone", root)
    ask(shop, "DELETE", f"{PATH}/{lone}")
    before = _tree(shop)
    assert len(before) == 199
    assert ask(shop, "DELETE", f"{PATH}/{root}").status == 204
    assert _tree(shop) == {}
    assert ask(shop, "POST", f"{PATH}/{root}/restore").status == 200
    assert _tree(shop) == before


def test_what_went_with_another_may_come_back_alone_and_the_rest_later(either: Database) -> None:
    shop = make_shop()
    outer, inner, core = _chain(shop, *"abc")
    other = _new(shop, "d", outer)
    ask(shop, "DELETE", f"{PATH}/{outer}")
    assert _tree(shop) == {}
    assert ask(shop, "POST", f"{PATH}/{inner}/restore").status == 200
    assert _tree(shop) == {inner: None, core: inner}
    assert ask(shop, "POST", f"{PATH}/{outer}/restore").status == 200
    assert _tree(shop) == {inner: None, core: inner, outer: None, other: outer}


def test_a_slug_that_was_taken_inside_the_tree_is_named_too(either: Database) -> None:
    shop = make_shop()
    outer, _ = _chain(shop, "a", "b")
    ask(shop, "DELETE", f"{PATH}/{outer}")
    _new(shop, "b")
    answer = ask(shop, "POST", f"{PATH}/{outer}/restore")
    assert (answer.status, answer.json["errors"]) == (409, [{"loc": ["categories", "slug"], "message": "b"}])
    assert len(_tree(shop)) == 1


def test_without_its_parent_it_comes_back_at_the_top(either: Database) -> None:
    shop = make_shop()
    outer, inner, core = _chain(shop, *"abc")
    ask(shop, "DELETE", f"{PATH}/{inner}")
    ask(shop, "DELETE", f"{PATH}/{outer}")
    assert ask(shop, "POST", f"{PATH}/{inner}/restore").json["parent_id"] is None
    assert _tree(shop) == {inner: None, core: inner}


def test_where_it_would_be_too_deep_it_comes_back_at_the_top(either: Database) -> None:
    shop = make_shop()
    ids, deep = _chain(shop, *"abc"), _chain(shop, *"wxyz")
    ask(shop, "DELETE", f"{PATH}/{ids[1]}")
    _move(shop, ids[0], deep[2])
    assert ask(shop, "POST", f"{PATH}/{ids[1]}/restore").json["parent_id"] is None
    assert _tree(shop)[ids[2]] == ids[1]


def test_a_slug_that_was_taken_meanwhile_is_named(either: Database) -> None:
    shop = make_shop()
    first = _new(shop, "Lamps")
    assert ask(shop, "POST", PATH, {"name": "x", "slug": "lamps"}).status == 409
    ask(shop, "DELETE", f"{PATH}/{first}")
    second = _new(shop, "Lamps")
    answer = ask(shop, "POST", f"{PATH}/{first}/restore")
    assert (answer.status, answer.json["errors"]) == (409, [{"loc": ["categories", "slug"], "message": "lamps"}])
    ask(shop, "PATCH", f"{PATH}/{second}", {"slug": "lights"})
    assert ask(shop, "POST", f"{PATH}/{first}/restore").status == 200
    assert ask(shop, "POST", f"{PATH}/{first}/restore").status == 404
    assert ask(shop, "PATCH", f"{PATH}/{first}", {"slug": "lights"}).status == 409


def test_what_is_left_out_stays_and_null_empties_what_may_be_empty(either: Database) -> None:
    shop = make_shop()
    first = made(shop, PATH, {"name": "A", "description": "<script>x</script><p>B</p>", "display_order": 3})
    assert first["description"] == "<p>B</p>"
    path = f"{PATH}/{first['id']}"
    found = ask(shop, "PATCH", path, {"description": None, "name": None, "display_order": None}).json
    assert (found["name"], found["description"], found["display_order"]) == ("A", None, 3)
    assert ask(shop, "PATCH", path, {"name": "C"}, if_match='"1"').status == 412
