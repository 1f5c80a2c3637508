"""The demo shops."""

from sqlalchemy import text

from local.seeding import seed
from tests.conftest import Database


def test_seeding_again_changes_no_row(own_shops: Database) -> None:
    def state() -> list[tuple[str, str]]:
        with own_shops.engine("PLATFORM_DATABASE_URL").connect() as connection:
            found = connection.execute(
                text("SELECT id, xmin::text FROM products UNION ALL SELECT id, xmin::text FROM stores")
            )
            return sorted((row[0], row[1]) for row in found)

    before = state()
    assert seed() == {"aurora": 0, "borealis": 0}
    assert state() == before


def test_each_shop_has_its_own_classic_tee(own_shops: Database) -> None:
    query = text("""
        SELECT s.slug, s.currency, p.price_min FROM products p JOIN stores s ON s.id = p.store_id
        WHERE p.slug = 'classic-tee' ORDER BY s.slug
    """)
    with own_shops.engine("PLATFORM_DATABASE_URL").connect() as connection:
        found = [(row.slug, row.currency, str(row.price_min)) for row in connection.execute(query)]

    assert found == [("aurora", "USD", "18.000"), ("borealis", "PLN", "79.000")]


def test_sqlite_holds_the_same_shops(sqlite: Database) -> None:
    assert seed() == {"aurora": 38, "borealis": 33}
    with sqlite.engine().connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM variants")).scalar_one() == 174
