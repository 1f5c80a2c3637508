"""A store with orders and variants, and what tests of the stock ask of it."""

from datetime import timedelta

from sqlalchemy import select

from shared.models import Cart, Variant
from shared.models.base import new_id, now
from shared.models.enums import AdjustmentReason
from shared.stock import Holder, Level, Quantities, Why, adjust, differences, reserve
from shared.tenancy import tenant_session
from shared.tenant_session import INCLUDE_DELETED
from tests.factories import make_store, order_of, product_of, variant_of

WHY = Why(AdjustmentReason.MANUAL)
SOLD = Why(AdjustmentReason.ORDER_PLACED)


class Shelf:
    """A store with as many variants as counts are given, each with its units and their line of the ledger."""

    def __init__(self, *counts: int, **given: object) -> None:
        self.store_id = make_store()
        with tenant_session(self.store_id) as session:
            product = product_of()
            session.add(product)
            session.flush()
            rows = [variant_of(product.id, stock_quantity=0, is_default=not n, **given) for n in range(len(counts))]
            session.add_all(rows)
            session.flush()
            self.ids = sorted(row.id for row in rows)
            adjust(session, dict(zip(self.ids, counts, strict=True)), WHY)

    def order(self) -> Holder:
        """An order, written."""
        order_id = new_id()
        with tenant_session(self.store_id) as session:
            session.add(order_of(id=order_id))
        return Holder(order_id=order_id)

    def cart(self) -> Holder:
        """A cart, written."""
        cart_id = new_id()
        with tenant_session(self.store_id) as session:
            session.add(Cart(id=cart_id, expires_at=now() + timedelta(days=1)))
        return Holder(cart_id=cart_id)

    def reserved(self, demand: Quantities, minutes: int = 15, holder: Holder | None = None) -> Holder:
        """An order, unless it is somebody else, that holds units."""
        holder = holder or self.order()
        self.reserve(demand, holder, minutes)
        return holder

    def reserve(self, demand: Quantities, holder: Holder, minutes: int = 15) -> None:
        """Hold units for an order."""
        with tenant_session(self.store_id) as session:
            reserve(session, demand, holder, now() + timedelta(minutes=minutes))

    def levels(self) -> list[Level]:
        """The levels, by id, those of deleted variants too."""
        columns = (Variant.id, Variant.sku, Variant.track_inventory, Variant.stock_quantity, Variant.reserved_quantity)
        query = select(*columns).order_by(Variant.id).execution_options(**{INCLUDE_DELETED: True})
        with tenant_session(self.store_id) as session:
            return [Level(*row) for row in session.execute(query)]

    def level(self) -> Level:
        """The level of the first variant."""
        return self.levels()[0]

    def counts(self) -> list[tuple[int, int]]:
        """What is on hand and reserved of each variant, when all adds up."""
        with tenant_session(self.store_id) as session:
            assert differences(session) == []
        return [(level.on_hand, level.reserved) for level in self.levels()]
