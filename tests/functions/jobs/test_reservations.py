"""What is held back for a while is given back on time."""

from datetime import datetime, timedelta

from sqlalchemy import select

from shared.models import Cart, StockReservation, Variant
from shared.models.base import new_id
from shared.stock import Holder, reserve
from shared.tenancy import tenant_session
from tests.conftest import Database
from tests.factories import make_product, make_store
from tests.functions.jobs.clockwork import NOON, SECOND, counts, run_together

JOB = "expire_reservations"


def _hold(store_id: str, units: int, until: datetime) -> str:
    """Hold units of a new variant for a cart. Returns the variant's id."""
    product_id = make_product(store_id)
    with tenant_session(store_id) as session:
        variant_id = session.scalars(select(Variant.id).where(Variant.product_id == product_id)).one()
        cart = Cart(id=new_id(), token_hash=new_id(), expires_at=until + timedelta(days=30))
        session.add(cart)
        session.flush()
        reserve(session, {variant_id: units}, Holder(cart_id=cart.id), until)
        return variant_id


def _reserved(store_id: str, variant_id: str) -> tuple[int, int]:
    """What is reserved by the variant's count, and by the rows."""
    with tenant_session(store_id) as session:
        count = session.scalars(select(Variant.reserved_quantity).where(Variant.id == variant_id)).one()
        rows = session.scalars(select(StockReservation.quantity).where(StockReservation.variant_id == variant_id))
        return count, sum(rows)


def test_what_was_held_comes_back_at_its_moment_and_not_before(either: Database) -> None:
    shop = make_store()
    variant = _hold(shop, 3, NOON)

    assert counts(JOB, NOON - SECOND) == {}
    assert _reserved(shop, variant) == (3, 3)
    assert counts(JOB, NOON) == {"reservations": 1}
    assert _reserved(shop, variant) == (0, 0)


def test_after_a_day_off_it_all_comes_back_once(database: Database) -> None:
    shops = [make_store(), make_store()]
    held = [(shop, _hold(shop, 2, NOON - timedelta(minutes=minute))) for shop in shops for minute in range(3)]

    total = [counts(JOB, NOON + timedelta(days=1)) for _ in range(5)]

    assert total == [{"reservations": 6}, {}, {}, {}, {}]
    assert [_reserved(*one) for one in held] == [(0, 0)] * 6


def test_two_at_once_give_back_once(database: Database) -> None:
    shop = make_store()
    held = [_hold(shop, 2, NOON) for _ in range(5)]

    outcomes = run_together(JOB)

    assert sum(one["counts"].get("reservations", 0) for one in outcomes) == 5
    assert [_reserved(shop, variant) for variant in held] == [(0, 0)] * 5


def test_a_rehearsal_leaves_it_held(database: Database) -> None:
    shop = make_store()
    variant = _hold(shop, 3, NOON)

    assert counts(JOB, dry_run=True) == {"reservations": 1}
    assert _reserved(shop, variant) == (3, 3)
