"""Slugs are made of names, short enough, and free."""

import pytest

from shared.models import Product
from shared.slugs import free_slug, is_taken
from shared.soft_delete import soft_delete
from shared.tenancy import tenant_session
from tests.conftest import Database
from tests.factories import make_product, make_store


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Classic Tee", "classic-tee"),
        ("  Ünïcödé -- Größe 42! ", "unicode-grosse-42"),
        ("颜色", "yan-se"),
        ("🎉", "product"),
        ("a%_b", "a-b"),
        ("x" * 500, "x" * 192),
    ],
)
def test_a_slug_is_made_of_what_can_be_read(either: Database, name: str, slug: str) -> None:
    with tenant_session(make_store()) as session:
        assert free_slug(session, Product, name) == slug


def test_the_first_number_that_is_free_is_taken(either: Database) -> None:
    store, other = make_store(), make_store()
    for slug in ("a", "a-2", "a-4", "a-b", "ab"):
        make_product(store, slug=slug)
    make_product(other, slug="a-3")
    with tenant_session(store) as session:
        assert free_slug(session, Product, "A") == "a-3"
        assert free_slug(session, Product, "A b") == "a-b-2"
        assert free_slug(session, Product, "abc") == "abc"


def test_the_longest_name_has_room_for_its_number(either: Database) -> None:
    store = make_store()
    make_product(store, slug="x" * 192)
    with tenant_session(store) as session:
        found = free_slug(session, Product, "x" * 200)
        assert found == "x" * 192 + "-2"


def test_a_slug_is_free_for_the_row_that_has_it_and_when_that_is_deleted(either: Database) -> None:
    store = make_store()
    own = make_product(store, slug="a")
    with tenant_session(store) as session:
        assert is_taken(session, Product, "a")
        assert not is_taken(session, Product, "a", own_id=own)
        assert free_slug(session, Product, "A", own_id=own) == "a"
        soft_delete(session, session.get_one(Product, own))
        assert not is_taken(session, Product, "a")
        assert free_slug(session, Product, "A") == "a"
